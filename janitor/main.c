/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cloudabi-janitor LAUNCHER LIFE [FOLDER NAME]...
 *
 * LAUNCHER is the process that is our parent, LIFE and FOLDER are descriptors.
 * A NAME that ends in a slash is that of a directory, any other that of a
 * socket. A byte i from LIFE says that entry i is made, or about to be. At the
 * end of LIFE or of the launcher, what is made is removed: so nothing stays,
 * however a launcher ends.
 */

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "janitor.h"

#define USAGE "usage: cloudabi-janitor LAUNCHER LIFE [FOLDER NAME]...\n"

/* A byte says which. */
#define ENTRIES_MAX 256

/* How long one tries to remove what comes back, or does not go. */
#define PATIENCE_S 5
#define PAUSE_NS (20 * 1000000)

struct job {
	pid_t launcher;
	int life; /* readable: bytes, each the number of an entry that is made */
	struct entry entries[ENTRIES_MAX];
	bool is_made[ENTRIES_MAX];
	size_t len;
};

static _Noreturn void refuse(void)
{
	fputs(USAGE, stderr);
	exit(2);
}

static int parse_number(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || number > INT_MAX)
		refuse();
	return (int)number;
}

static bool cut_slash(char *name)
{
	size_t len = strlen(name);
	bool has_slash = len > 0 && name[len - 1] == '/';

	if (has_slash)
		name[len - 1] = '\0';
	return has_slash;
}

static void parse(int argc, char **argv, struct job *job)
{
	if (argc < 3 || argc % 2 != 1 || argc > 2 * ENTRIES_MAX + 3)
		refuse();
	job->launcher = parse_number(argv[1]);
	job->life = parse_number(argv[2]);
	for (int i = 3; i < argc; i += 2) {
		struct entry *entry = &job->entries[job->len++];

		entry->folder = parse_number(argv[i]);
		entry->name = argv[i + 1];
		entry->is_directory = cut_slash(argv[i + 1]);
		if (!entry_is_proper(entry))
			refuse();
	}
}

static bool is_needed(const struct job *job, int fd)
{
	bool is_needed = fd == STDERR_FILENO || fd == job->life;

	for (size_t i = 0; i < job->len; i++)
		is_needed |= job->entries[i].folder == fd;
	return is_needed;
}

/* Who waits for the end of one of the launcher's pipes must not wait for us.
 * Anything above what we need goes without being looked at. */
static void close_others(const struct job *job)
{
	int last = job->life;

	for (size_t i = 0; i < job->len; i++)
		if (job->entries[i].folder > last)
			last = job->entries[i].folder;
	syscall(SYS_close_range, last > 2 ? last + 1u : 3u, UINT_MAX, 0);
	for (int fd = 0; fd < last; fd++)
		if (!is_needed(job, fd))
			close(fd);
}

/* What ends the launcher must not end us with it: signals to its process
 * group or from its terminal. */
static void stand_apart(void)
{
	sigset_t all;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(SIGPIPE, SIG_IGN);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* False at the end. */
static bool take_news(struct job *job)
{
	unsigned char numbers[64];
	ssize_t len = read(job->life, numbers, sizeof(numbers));

	for (ssize_t i = 0; i < len; i++)
		if (numbers[i] < job->len)
			job->is_made[numbers[i]] = true;
	return len > 0 || (len < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Negative if it is gone. Its number may by now be somebody else's, but then it
 * is not our parent's. */
static int watch_launcher(const struct job *job)
{
	int fd = (int)syscall(SYS_pidfd_open, job->launcher, 0);

	return getppid() == job->launcher ? fd : -1;
}

/* Until the launcher closes its end or is gone, which is noticed even where
 * somebody else still has that end. What it said before is heard. */
static void wait_for_end(struct job *job)
{
	int launcher = watch_launcher(job);
	struct pollfd fds[] = {
		{.fd = job->life, .events = POLLIN},
		{.fd = launcher, .events = POLLIN},
	};
	bool is_gone = launcher < 0;

	do {
		if (poll(fds, 2, is_gone ? 0 : -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents != 0 && !take_news(job))
			return;
		is_gone |= fds[1].revents != 0;
	} while (!is_gone || fds[0].revents != 0);
}

static bool clean_up(const struct job *job)
{
	bool is_clean = true;

	for (size_t i = 0; i < job->len; i++)
		if (job->is_made[i] && !entry_remove(&job->entries[i]))
			is_clean = false;
	return is_clean;
}

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

/* Who writes there may itself take a moment to die. */
static bool clean_up_patiently(const struct job *job)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};
	time_t end = 0;

	while (!clean_up(job)) {
		if (end == 0)
			end = now_s() + PATIENCE_S;
		else if (now_s() >= end)
			return false;
		nanosleep(&pause, NULL);
	}
	return true;
}

int main(int argc, char **argv)
{
	static struct job job;

	parse(argc, argv, &job);
	stand_apart();
	close_others(&job);
	wait_for_end(&job);
	if (clean_up_patiently(&job))
		return 0;
	fputs("cloudabi-run: temporary files could not be removed\n", stderr);
	return 1;
}
