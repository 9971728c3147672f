/* SPDX-License-Identifier: BSD-2-Clause */
/* Describes each descriptor that it gets, then ends as its manifest says.
 *
 * output: where to write. status: what to exit with; abort: do that instead;
 * sleep: wait for somebody to end the program. All other keys: see below. */

#include <argdata.h>
#include <cloudabi.h>
#include <cloudabi_syscalls.h>
#include <inttypes.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct request {
	int output;
	int status;
	bool abort;
	bool sleep;
};

/* The line of a descriptor: key, number, file type, rights, inheriting. */
static void describe(int output, const char *name, int fd)
{
	cloudabi_fdstat_t stat;
	cloudabi_errno_t error = cloudabi_sys_fd_stat_get(fd, &stat);

	if (error != 0)
		dprintf(output, "%s %d error %d\n", name, fd, error);
	else
		dprintf(output, "%s %d %d %#" PRIx64 " %#" PRIx64 "\n", name,
			fd, stat.fs_filetype, stat.fs_rights_base,
			stat.fs_rights_inheriting);
}

static void read_key(struct request *request, const argdata_t *key,
		     const argdata_t *value)
{
	const char *name;
	int fd;

	if (argdata_get_str_c(key, &name) != 0)
		return;
	if (strcmp(name, "output") == 0)
		argdata_get_fd(value, &request->output);
	else if (strcmp(name, "status") == 0)
		argdata_get_int(value, &request->status);
	else if (strcmp(name, "abort") == 0)
		argdata_get_bool(value, &request->abort);
	else if (strcmp(name, "sleep") == 0)
		argdata_get_bool(value, &request->sleep);
	else if (argdata_get_fd(value, &fd) == 0)
		describe(request->output, name, fd);
}

void program_main(const argdata_t *ad)
{
	struct request request = {.output = -1};
	argdata_map_iterator_t it;
	const argdata_t *key, *value;

	argdata_map_iterate(ad, &it);
	for (; argdata_map_get(&it, &key, &value); argdata_map_next(&it))
		read_key(&request, key, value);
	dprintf(request.output, "ready\n");
	if (request.abort)
		abort();
	if (request.sleep)
		nanosleep(&(struct timespec){.tv_sec = 600}, NULL);
	exit(request.status);
}
