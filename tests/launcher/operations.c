/* SPDX-License-Identifier: BSD-2-Clause */
/* Performs operations and writes the errno of each, one a line. The manifest
 * gives `output`, `entry` to work on, and `operations`: lists of a name, a
 * path and two numbers. */

#include <argdata.h>
#include <cloudabi.h>
#include <cloudabi_syscalls.h>
#include <program.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct operation {
	const char *name;
	const char *path;
	uint64_t numbers[2];
};

/* Where operations take place: the entry, or what was entered below it. */
static cloudabi_fd_t here;
static char buf[4096];

static size_t path_len(const struct operation *o)
{
	return strlen(o->path);
}

static cloudabi_lookup_t lookup(void)
{
	return (cloudabi_lookup_t){.fd = here};
}

static cloudabi_errno_t open_at(const struct operation *o,
				cloudabi_rights_t base,
				cloudabi_rights_t inheriting,
				cloudabi_oflags_t oflags, cloudabi_fd_t *fd)
{
	const cloudabi_fdstat_t wanted = {
		.fs_rights_base = base,
		.fs_rights_inheriting = inheriting,
	};

	return cloudabi_sys_file_open(lookup(), o->path, path_len(o), oflags,
				      &wanted, fd);
}

/* With every right that there is to be had. */
static cloudabi_errno_t enter(const struct operation *o)
{
	cloudabi_fdstat_t stat;
	cloudabi_fd_t fd;
	cloudabi_errno_t error = cloudabi_sys_fd_stat_get(here, &stat);

	if (error == 0)
		error = open_at(o, stat.fs_rights_inheriting,
				stat.fs_rights_inheriting, CLOUDABI_O_DIRECTORY,
				&fd);
	if (error == 0)
		here = fd;
	return error;
}

static cloudabi_errno_t open_file(const struct operation *o)
{
	cloudabi_fd_t fd;
	cloudabi_errno_t error = open_at(o, o->numbers[0], 0,
					 (cloudabi_oflags_t)o->numbers[1], &fd);

	if (error == 0)
		cloudabi_sys_fd_close(fd);
	return error;
}

static cloudabi_errno_t create(const struct operation *o)
{
	return cloudabi_sys_file_create(here, o->path, path_len(o),
					CLOUDABI_FILETYPE_DIRECTORY);
}

static cloudabi_errno_t unlink_file(const struct operation *o)
{
	return cloudabi_sys_file_unlink(here, o->path, path_len(o),
					(cloudabi_ulflags_t)o->numbers[0]);
}

static cloudabi_errno_t rename_file(const struct operation *o)
{
	return cloudabi_sys_file_rename(here, o->path, path_len(o), here, "new",
					3);
}

static cloudabi_errno_t link_file(const struct operation *o)
{
	int len = snprintf(buf, sizeof(buf), "%s.link", o->path);

	return cloudabi_sys_file_link(lookup(), o->path, path_len(o), here, buf,
				      (size_t)len);
}

static cloudabi_errno_t symlink_file(const struct operation *o)
{
	return cloudabi_sys_file_symlink("target", 6, here, o->path,
					 path_len(o));
}

static cloudabi_errno_t readlink_file(const struct operation *o)
{
	size_t used;

	return cloudabi_sys_file_readlink(here, o->path, path_len(o), buf,
					  sizeof(buf), &used);
}

static cloudabi_errno_t stat_get(const struct operation *o)
{
	cloudabi_filestat_t stat;

	return cloudabi_sys_file_stat_get(lookup(), o->path, path_len(o),
					  &stat);
}

static cloudabi_errno_t stat_put(const struct operation *o)
{
	const cloudabi_filestat_t stat = {.st_mtim = 1};

	return cloudabi_sys_file_stat_put(lookup(), o->path, path_len(o), &stat,
					  CLOUDABI_FILESTAT_MTIM);
}

static cloudabi_errno_t stat_fget(const struct operation *o)
{
	cloudabi_filestat_t stat;

	(void)o;
	return cloudabi_sys_file_stat_fget(here, &stat);
}

static cloudabi_errno_t stat_fput(const struct operation *o)
{
	const cloudabi_filestat_t stat = {.st_mtim = 1, .st_size = 5};

	return cloudabi_sys_file_stat_fput(here, &stat,
					   (cloudabi_fsflags_t)o->numbers[0]);
}

static cloudabi_errno_t list(const struct operation *o)
{
	size_t used;

	(void)o;
	return cloudabi_sys_file_readdir(here, buf, sizeof(buf),
					 CLOUDABI_DIRCOOKIE_START, &used);
}

static cloudabi_errno_t sync_file(const struct operation *o)
{
	(void)o;
	return cloudabi_sys_fd_sync(here);
}

static cloudabi_errno_t datasync(const struct operation *o)
{
	(void)o;
	return cloudabi_sys_fd_datasync(here);
}

static cloudabi_errno_t read_file(const struct operation *o)
{
	const cloudabi_iovec_t iov = {buf, 1};
	size_t len;

	(void)o;
	return cloudabi_sys_fd_read(here, &iov, 1, &len);
}

static cloudabi_errno_t pread_file(const struct operation *o)
{
	const cloudabi_iovec_t iov = {buf, 1};
	size_t len;

	return cloudabi_sys_fd_pread(here, &iov, 1, o->numbers[0], &len);
}

static cloudabi_errno_t write_file(const struct operation *o)
{
	const cloudabi_ciovec_t iov = {"x", 1};
	size_t len;

	(void)o;
	return cloudabi_sys_fd_write(here, &iov, 1, &len);
}

static cloudabi_errno_t pwrite_file(const struct operation *o)
{
	const cloudabi_ciovec_t iov = {"x", 1};
	size_t len;

	return cloudabi_sys_fd_pwrite(here, &iov, 1, o->numbers[0], &len);
}

static cloudabi_errno_t seek(const struct operation *o)
{
	cloudabi_filesize_t offset;

	return cloudabi_sys_fd_seek(here, (cloudabi_filedelta_t)o->numbers[0],
				    CLOUDABI_WHENCE_CUR, &offset);
}

static cloudabi_errno_t advise(const struct operation *o)
{
	(void)o;
	return cloudabi_sys_file_advise(here, 0, 1, CLOUDABI_ADVICE_NORMAL);
}

static cloudabi_errno_t allocate(const struct operation *o)
{
	return cloudabi_sys_file_allocate(here, 0, o->numbers[0]);
}

static cloudabi_errno_t map(const struct operation *o)
{
	void *memory;
	cloudabi_errno_t error = cloudabi_sys_mem_map(
		NULL, 4096, (cloudabi_mprot_t)o->numbers[0],
		(cloudabi_mflags_t)o->numbers[1], here, 0, &memory);

	if (error == 0)
		cloudabi_sys_mem_unmap(memory, 4096);
	return error;
}

static const struct {
	const char *name;
	cloudabi_errno_t (*perform)(const struct operation *o);
} performers[] = {
	{"enter", enter},          {"file_open", open_file},
	{"file_create", create},   {"file_unlink", unlink_file},
	{"file_link", link_file},  {"file_rename", rename_file},
	{"fd_sync", sync_file},    {"file_symlink", symlink_file},
	{"fd_seek", seek},         {"file_readlink", readlink_file},
	{"fd_read", read_file},    {"file_stat_get", stat_get},
	{"fd_write", write_file},  {"file_stat_put", stat_put},
	{"fd_pread", pread_file},  {"file_stat_fget", stat_fget},
	{"mem_map", map},          {"file_stat_fput", stat_fput},
	{"file_readdir", list},    {"file_allocate", allocate},
	{"file_advise", advise},   {"fd_pwrite", pwrite_file},
	{"fd_datasync", datasync},
};

static cloudabi_errno_t perform(const struct operation *o)
{
	for (size_t i = 0; i < sizeof(performers) / sizeof(performers[0]); i++)
		if (strcmp(performers[i].name, o->name) == 0)
			return performers[i].perform(o);
	abort();
}

static void perform_one(int output, const argdata_t *list)
{
	struct operation operation = {0};
	argdata_seq_iterator_t it;
	const argdata_t *member;

	argdata_seq_iterate(list, &it);
	for (int i = 0; argdata_seq_get(&it, &member);
	     argdata_seq_next(&it), i++) {
		if (i == 0)
			argdata_get_str_c(member, &operation.name);
		else if (i == 1)
			argdata_get_str_c(member, &operation.path);
		else if (i < 4)
			argdata_get_int(member, &operation.numbers[i - 2]);
	}
	dprintf(output, "%d\n", perform(&operation));
}

static void perform_all(int output, const argdata_t *lists)
{
	argdata_seq_iterator_t it;
	const argdata_t *list;

	argdata_seq_iterate(lists, &it);
	for (; argdata_seq_get(&it, &list); argdata_seq_next(&it))
		perform_one(output, list);
}

void program_main(const argdata_t *ad)
{
	argdata_map_iterator_t it;
	const argdata_t *key, *value, *lists = NULL;
	const char *name;
	int output = -1, entry = -1;

	argdata_map_iterate(ad, &it);
	for (; argdata_map_get(&it, &key, &value); argdata_map_next(&it)) {
		if (argdata_get_str_c(key, &name) != 0)
			continue;
		if (strcmp(name, "output") == 0)
			argdata_get_fd(value, &output);
		else if (strcmp(name, "entry") == 0)
			argdata_get_fd(value, &entry);
		else if (strcmp(name, "operations") == 0)
			lists = value;
	}
	here = (cloudabi_fd_t)entry;
	perform_all(output, lists);
	exit(0);
}
