/* SPDX-License-Identifier: BSD-2-Clause */
/* A tree of files for the broker's targets. */

#include "tree.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static char base[PATH_MAX];

static const char *const watched[] = {
	"outside",           "outside/secret",
	"outside/fixed",     "outside/fixed/file",
	"outside/fixed/sub",
};
static struct stat before[LEN(watched)];

static void require(int holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	abort();
}

static void write_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	require(fd >= 0 && write(fd, "x", 1) == 1, path);
	close(fd);
}

static void make_folder(const char *path)
{
	require(mkdir(path, 0777) == 0, path);
}

static void make_link(const char *text, const char *path)
{
	require(symlink(text, path) == 0, path);
}

static int remove_one(const char *path, const struct stat *st, int type,
		      struct FTW *place)
{
	(void)st;
	(void)type;
	if (place->level > 0)
		require(remove(path) == 0, path);
	return 0;
}

void tree_reset(void)
{
	require(nftw("outside/root", remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0,
		"outside/root");
	make_folder("outside/root/sub");
	write_file("outside/root/sub/f");
	make_link("..", "outside/root/up");
	make_link("../secret", "outside/root/sub/out");
	make_link("../secret", "outside/root/leak");
	make_link("/etc/passwd", "outside/root/abs");
	make_link("sub/", "outside/root/in");
	make_link("loop", "outside/root/loop");
}

/* Times are those of the last tick. */
static void let_time_pass(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
}

void tree_start(void)
{
	char folder[] = "tree-XXXXXX"; /* several processes merge inputs */

	require(mkdtemp(folder) != NULL && chdir(folder) == 0, folder);
	require(getcwd(base, sizeof(base)) != NULL, "getcwd");
	make_folder("outside");
	make_folder("outside/root");
	make_folder("outside/fixed");
	make_folder("outside/fixed/sub");
	write_file("outside/secret");
	write_file("outside/fixed/file");
	make_link("../secret", "outside/fixed/leak");
	for (size_t i = 0; i < LEN(watched); i++)
		require(lstat(watched[i], &before[i]) == 0, watched[i]);
	let_time_pass();
	tree_reset();
}

void tree_check(void)
{
	struct stat now;

	for (size_t i = 0; i < LEN(watched); i++) {
		require(lstat(watched[i], &now) == 0, watched[i]);
		require(now.st_ino == before[i].st_ino &&
				now.st_mode == before[i].st_mode &&
				now.st_nlink == before[i].st_nlink &&
				now.st_size == before[i].st_size &&
				memcmp(&now.st_ctim, &before[i].st_ctim,
				       sizeof(now.st_ctim)) == 0,
			watched[i]);
	}
}

void tree_check_fd(int fd, const char *folder)
{
	char link[32], path[PATH_MAX], expected[2 * PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	require(len > 0, link);
	path[len] = '\0';
	snprintf(expected, sizeof(expected), "%s/outside/%s", base, folder);
	require(strncmp(path, expected, strlen(expected)) == 0, path);
}
