/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the C library notes, and whom it tells. Descriptor 0 is a file that can
 * only be read, 1 a directory without any right, 2 a socket.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <program.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_TO_READ,
	FOLDER,
	PEER
};

static _Thread_local unsigned told;

static void check(int condition, int line)
{
	if (!condition)
		exit(line % 256);
}

#define CHECK(condition) check(condition, __LINE__)
#define CHECK_ERRNO(expression, error)                                         \
	(CHECK((expression) == -1), CHECK(errno == (error)))

static void hook(void)
{
	errno = ENOENT;
	program_note_line("file.py", ++told, "function");
}

static void open_above(void)
{
	CHECK_ERRNO(openat(AT_FDCWD, "/etc/passwd", O_RDONLY), ENOTCAPABLE);
}

static void *run(void *argument)
{
	open_above();
	CHECK(told == 1);
	return argument;
}

static void in_a_thread(void)
{
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, run, NULL) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
}

static void refusals_of_the_library(void)
{
	struct stat st;
	char buf[4];

	CHECK_ERRNO(fstatat(AT_FDCWD, "relative", &st, 0), ENOTCAPABLE);
	CHECK_ERRNO(faccessat(AT_FDCWD, "/a", R_OK, 0), ENOTCAPABLE);
	CHECK_ERRNO(utimensat(AT_FDCWD, "/b", NULL, 0), ENOTCAPABLE);
	CHECK_ERRNO(mkdirat(AT_FDCWD, "/c", 0777), ENOTCAPABLE);
	CHECK_ERRNO(unlinkat(AT_FDCWD, "/d", 0), ENOTCAPABLE);
	CHECK_ERRNO(renameat(FOLDER, "x", AT_FDCWD, "/e"), ENOTCAPABLE);
	CHECK_ERRNO(linkat(AT_FDCWD, "/f", FOLDER, "x", 0), ENOTCAPABLE);
	CHECK_ERRNO(symlinkat("x", AT_FDCWD, "/g"), ENOTCAPABLE);
	CHECK_ERRNO(readlinkat(AT_FDCWD, "/h", buf, sizeof(buf)), ENOTCAPABLE);
	CHECK_ERRNO(fchdirat(AT_FDCWD, "/i"), ENOTCAPABLE);
	CHECK(getcwd(NULL, 0) == NULL && errno == ENOTCAPABLE);
	CHECK_ERRNO(sendto(PEER, "x", 1, 0, (struct sockaddr *)&st, 4),
		    ENOTCAPABLE);
	CHECK(told == 12);
}

/* Programs see the errors that they expect; the refusals are told as such. */
static void refusals_of_the_runtime(void)
{
	CHECK_ERRNO(write(FILE_TO_READ, "x", 1), EBADF);
	CHECK_ERRNO(openat(AT_FDCWD, "/dev/fd/0", O_WRONLY), ENOTCAPABLE);
	CHECK(fdopendir(FOLDER) == NULL && errno == ENOTCAPABLE);
	CHECK_ERRNO(openat(FOLDER, "x", O_RDONLY), ENOTCAPABLE);
	CHECK(told == 4);
}

static void no_refusals(void)
{
	struct stat st;

	CHECK_ERRNO(lseek(PEER, 0, SEEK_CUR), ESPIPE);
	CHECK_ERRNO(openat(FILE_TO_READ, "x", O_RDONLY), ENOTDIR);
	CHECK_ERRNO(fstatat(FILE_TO_READ, "x", &st, 0), ENOTDIR);
	CHECK_ERRNO(write(99, "x", 1), EBADF);
	CHECK(told == 0);
}

static void long_texts(void)
{
	char path[6000];

	/* The byte where the text has to end is inside a character. */
	memset(path, '/', sizeof(path));
	memcpy(path + 4095, "\xe2\x82\xac", 3);
	path[sizeof(path) - 1] = '\0';
	CHECK_ERRNO(openat(AT_FDCWD, path, O_RDONLY), ENOTCAPABLE);
	memset(path + 4095, '/', 3);
	program_note_line(path, 7, "f");
}

static void without_hook(void)
{
	program_on_denied(NULL);
	open_above();
	CHECK(told == 0);
}

_Noreturn void program_main(const argdata_t *arguments)
{
	const void *letter;
	size_t len;

	(void)arguments;
	program_on_denied(hook);
	program_get_raw_argdata(&letter, &len);
	switch (len == 1 ? *(const char *)letter : 0) {
	case 'a':
		open_above();
		break;
	case 't':
		in_a_thread();
		break;
	case 'l':
		refusals_of_the_library();
		break;
	case 'r':
		refusals_of_the_runtime();
		break;
	case 'n':
		no_refusals();
		break;
	case 'x':
		long_texts();
		break;
	case '0':
		without_hook();
		break;
	default:
		exit(1);
	}
	exit(0);
}
