/* SPDX-License-Identifier: BSD-2-Clause */
/* Ends, or reaches a limit, in the way that the manifest's key `how` says.
 * `output` is written to, `folder` is filled. */

#include <argdata.h>
#include <errno.h>
#include <fcntl.h>
#include <program.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXECVE 59
#define BLOCK 65536
#define MANY 5000

static int output = -1, folder = -1;
static char block[BLOCK];

static void spin(void)
{
	for (;;)
		__asm__ volatile("");
}

static void wait_long(void)
{
	for (;;)
		nanosleep(&(struct timespec){.tv_sec = 600}, NULL);
}

static void crash(void)
{
	*(volatile int *)8 = 1;
}

static void execute(void)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(EXECVE), "D"("/bin/true"), "S"(0), "d"(0)
			 : "rcx", "r11", "memory");
	dprintf(output, "still here\n");
}

/* Fills every block, so that nothing is left out on the disk. */
static void fill(int fd)
{
	memset(block, 'x', sizeof(block));
	while (write(fd, block, sizeof(block)) > 0)
		;
}

static void flood(void)
{
	fill(output);
}

static void fill_one(void)
{
	fill(openat(folder, "file", O_WRONLY | O_CREAT, 0666));
	wait_long();
}

static void fill_many(void)
{
	memset(block, 'x', sizeof(block));
	for (int i = 0;; i++) {
		char name[16];
		int fd;

		snprintf(name, sizeof(name), "file%d", i);
		fd = openat(folder, name, O_WRONLY | O_CREAT, 0666);
		write(fd, block, sizeof(block));
		close(fd);
	}
}

static void *sleeper(void *argument)
{
	(void)argument;
	wait_long();
	return NULL;
}

/* Says how many there can be besides the first. */
static void start_threads(void)
{
	pthread_t thread;
	int count = 0;

	while (count < MANY &&
	       pthread_create(&thread, NULL, sleeper, NULL) == 0)
		count++;
	dprintf(output, "%d", count);
}

static void open_files(void)
{
	int count = 0;

	while (count < MANY && dup(output) >= 0)
		count++;
	dprintf(output, "%s", count < MANY && errno == EMFILE ? "EMFILE" : "");
}

/* Says how many blocks there can be. */
static void take_memory(void)
{
	/* What nobody looks at need not be allocated, says the compiler. */
	static char *volatile memory;
	int count = 0;

	for (; (memory = malloc(1024 * 1024)) != NULL; count++)
		memset(memory, 'x', 1024 * 1024);
	dprintf(output, "%d", count);
}

static const struct {
	const char *how;
	void (*behave)(void);
} ways[] = {
	{"spin", spin},          {"wait", wait_long},
	{"crash", crash},        {"execute", execute},
	{"flood", flood},        {"fill one", fill_one},
	{"abort", abort},        {"fill many", fill_many},
	{"files", open_files},   {"threads", start_threads},
	{"memory", take_memory},
};

static void misbehave(const char *how)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (strcmp(ways[i].how, how) == 0)
			ways[i].behave();
}

void program_main(const argdata_t *ad)
{
	argdata_map_iterator_t it;
	const argdata_t *key, *value;
	const char *name, *how = "";

	argdata_map_iterate(ad, &it);
	for (; argdata_map_get(&it, &key, &value); argdata_map_next(&it)) {
		if (argdata_get_str_c(key, &name) != 0)
			continue;
		if (strcmp(name, "output") == 0)
			argdata_get_fd(value, &output);
		else if (strcmp(name, "folder") == 0)
			argdata_get_fd(value, &folder);
		else if (strcmp(name, "how") == 0)
			argdata_get_str_c(value, &how);
	}
	misbehave(how);
	exit(0);
}
