/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cloudabi-janitor LIFE [FOLDER NAME]...
 *
 * FOLDER is the number of a descriptor; a NAME in there that ends in a slash
 * is that of a directory, any other that of a socket. A byte i from LIFE says
 * that entry i exists from now on. When LIFE ends, or the parent process does,
 * the entries that exist are removed. Nobody else tells the janitor anything:
 * neither what is in the directories, nor signals.
 */

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "janitor.h"

#define ENTRIES_MAX 256

struct entry {
	int folder;
	char *name;
	bool is_directory;
	bool exists;
};

static struct entry entries[ENTRIES_MAX];
static int entries_len;

static _Noreturn void give_up(const char *what)
{
	dprintf(STDERR_FILENO, "cloudabi-run: %s\n", what);
	exit(1);
}

static int parse_number(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || number > INT_MAX)
		give_up("usage: cloudabi-janitor LIFE [FOLDER NAME]...");
	return (int)number;
}

static void parse_entries(int argc, char **argv)
{
	if (argc < 2 || argc % 2 != 0 || argc / 2 - 1 > ENTRIES_MAX)
		give_up("usage: cloudabi-janitor LIFE [FOLDER NAME]...");
	for (int i = 2; i < argc; i += 2) {
		struct entry *entry = &entries[entries_len++];
		size_t len = strlen(argv[i + 1]);

		entry->folder = parse_number(argv[i]);
		entry->name = argv[i + 1];
		entry->is_directory = len > 0 && entry->name[len - 1] == '/';
		if (entry->is_directory)
			entry->name[len - 1] = '\0';
		if (*entry->name == '\0' || strchr(entry->name, '/') != NULL)
			give_up("the janitor takes names, not paths");
	}
}

static bool is_ours(int fd, int life)
{
	bool found = fd == life || fd == STDERR_FILENO;

	for (int i = 0; i < entries_len; i++)
		found |= fd == entries[i].folder;
	return found;
}

/* Others wait for the end of what the launcher inherited. */
static void close_others(int life)
{
	int last = life > STDERR_FILENO ? life : STDERR_FILENO;

	for (int i = 0; i < entries_len; i++)
		if (entries[i].folder > last)
			last = entries[i].folder;
	for (int fd = 0; fd < last; fd++)
		if (!is_ours(fd, life))
			close(fd);
	syscall(SYS_close_range, last + 1, UINT_MAX, 0);
}

static void ignore_signals(void)
{
	static const int numbers[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
				      SIGPIPE, SIGUSR1, SIGUSR2, SIGALRM};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		signal(numbers[i], SIG_IGN);
}

/* Whether LIFE goes on. */
static bool take_bytes(int life)
{
	unsigned char bytes[64];
	ssize_t len = read(life, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < len; i++)
		if (bytes[i] < entries_len)
			entries[bytes[i]].exists = true;
	return len > 0 || (len < 0 && errno == EINTR);
}

/* Where the kernel does not tell of the parent's end, LIFE has to do. What was
 * written before either end is still read. */
static void wait_for_end(int life, int parent)
{
	struct pollfd ends[] = {{life, POLLIN, 0}, {parent, POLLIN, 0}};
	bool goes_on = true;

	while (goes_on) {
		if (poll(ends, 2, -1) < 0)
			continue; /* the process was stopped and continued */
		if (ends[0].revents != 0)
			goes_on = take_bytes(life);
		else if (ends[1].revents != 0)
			return;
	}
}

static bool remove_entry(const struct entry *entry)
{
	int error = entry->is_directory ?
			    remove_directory(entry->folder, entry->name) :
			    remove_socket(entry->folder, entry->name);

	if (error != 0)
		dprintf(STDERR_FILENO, "cloudabi-run: cannot remove `%s`: %s\n",
			entry->name, strerror(error));
	return error == 0;
}

int main(int argc, char **argv)
{
	bool is_clean = true;
	int life, parent;

	ignore_signals();
	parse_entries(argc, argv);
	life = parse_number(argv[1]);
	close_others(life);
	parent = (int)syscall(SYS_pidfd_open, getppid(), 0);
	wait_for_end(life, parent);
	for (int i = 0; i < entries_len; i++)
		if (entries[i].exists)
			is_clean &= remove_entry(&entries[i]);
	return is_clean ? 0 : 1;
}
