/* SPDX-License-Identifier: BSD-2-Clause */
/* Files and directories: paths by number, rights, the current directory. */

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "libc_test.h"

static int dir;

/* The path of something below the test's directory, by number. */
static const char *numbered(const char *rest)
{
	static char text[8][100];
	static int next;

	next = (next + 1) % 8;
	snprintf(text[next], sizeof(text[next]), "/dev/fd/%d%s", dir, rest);
	return text[next];
}

static void check_open(void)
{
	struct stat st;
	char buf[8];
	int fd = openat(dir, "a", O_RDWR | O_CREAT | O_EXCL, 0600);

	CHECK(fd >= 0);
	CHECK_ERRNO(openat(dir, "a", O_RDWR | O_CREAT | O_EXCL), EEXIST);
	CHECK(write(fd, "0123456789", 10) == 10);
	CHECK(lseek(fd, -3, SEEK_END) == 7);
	CHECK(read(fd, buf, sizeof(buf)) == 3 && memcmp(buf, "789", 3) == 0);
	CHECK(lseek(fd, 2, SEEK_SET) == 2 && lseek(fd, 2, SEEK_CUR) == 4);
	CHECK_ERRNO(lseek(fd, 0, 7), EINVAL);
	CHECK(pread(fd, buf, 2, 1) == 2 && memcmp(buf, "12", 2) == 0);
	CHECK(pwrite(fd, "ab", 2, 1) == 2);
	CHECK(lseek(fd, 0, SEEK_CUR) == 4);
	CHECK(fstat(fd, &st) == 0);
	CHECK(st.st_mode == S_IFREG && st.st_size == 10 && st.st_nlink == 1);
	CHECK(st.st_uid == 0 && st.st_gid == 0 && st.st_ino != 0);
	CHECK(ftruncate(fd, 4) == 0 && fstat(fd, &st) == 0 && st.st_size == 4);
	CHECK(posix_fallocate(fd, 0, 100) == 0);
	CHECK(fstat(fd, &st) == 0 && st.st_size == 100);
	CHECK(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL) == 0);
	CHECK(fsync(fd) == 0 && fdatasync(fd) == 0);
	CHECK(close(fd) == 0);
	CHECK_ERRNO(close(fd), EBADF);
	CHECK_ERRNO(openat(dir, "none", O_RDONLY), ENOENT);
	CHECK_ERRNO(openat(dir, "", O_RDONLY), ENOENT);
	CHECK_ERRNO(openat(dir, "a/b", O_RDONLY), ENOTDIR);
}

static void check_vectors(void)
{
	char one[3];
	char two[9];
	struct iovec in[2] = {{one, sizeof(one)}, {two, sizeof(two)}};
	struct iovec out[2] = {{"ab", 2}, {"cdef", 4}};
	int fd = openat(dir, "vectors", O_RDWR | O_CREAT | O_TRUNC);

	CHECK(writev(fd, out, 2) == 6);
	CHECK(pwritev(fd, out, 2, 4) == 6);
	CHECK(preadv(fd, in, 2, 1) == 9);
	CHECK(memcmp(one, "bcd", 3) == 0 && memcmp(two, "abcdef", 6) == 0);
	CHECK(lseek(fd, 0, SEEK_SET) == 0 && readv(fd, in, 1) == 3);
	CHECK(close(fd) == 0);
}

static void check_modes(void)
{
	char buf[4];
	int fd = openat(dir, "a", O_WRONLY | O_APPEND);

	CHECK((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY);
	CHECK((fcntl(fd, F_GETFL) & O_APPEND) != 0);
	CHECK(fcntl(fd, F_SETFL, 0) == 0);
	CHECK((fcntl(fd, F_GETFL) & O_APPEND) == 0);
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && fcntl(fd, F_SETFD, 0) == 0);
	CHECK_ERRNO(read(fd, buf, 1), EBADF);
	CHECK(close(fd) == 0);
	fd = openat(dir, "a", O_RDONLY);
	CHECK((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
	CHECK_ERRNO(write(fd, "x", 1), EBADF);
	CHECK_ERRNO(fcntl(fd, 1000, 0), EINVAL);
	CHECK(close(fd) == 0);
	CHECK_ERRNO(fcntl(fd, F_GETFL), EBADF);
	CHECK_ERRNO(openat(dir, "a", O_WRONLY | O_RDWR), EINVAL);
	CHECK_ERRNO(openat(dir, ".", O_WRONLY), EISDIR);
}

static void check_duplicates(void)
{
	char buf[2];
	int fd = openat(dir, "a", O_RDONLY);
	int copy = dup(fd);
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 40);

	CHECK(copy >= 0 && copy != fd && high >= 40);
	CHECK(read(fd, buf, 2) == 2 && lseek(copy, 0, SEEK_CUR) == 2);
	CHECK(dup2(fd, high) == high && dup2(fd, fd) == fd);
	CHECK_ERRNO(dup3(fd, fd, O_CLOEXEC), EINVAL);
	CHECK(close(high) == 0 && close(copy) == 0);
	CHECK_ERRNO(dup2(fd, copy), EBADF);
	CHECK(!isatty(fd) && errno == ENOTTY);
	CHECK(close(fd) == 0);
	CHECK(!isatty(fd) && errno == EBADF);
}

static void check_names(void)
{
	struct stat st;
	struct stat target;
	char buf[20];

	CHECK(mkdirat(dir, "sub", 0777) == 0);
	CHECK_ERRNO(mkdirat(dir, "sub", 0777), EEXIST);
	CHECK(fstatat(dir, "sub", &st, 0) == 0 && S_ISDIR(st.st_mode));
	CHECK(linkat(dir, "a", dir, "sub/b", 0) == 0);
	CHECK(fstatat(dir, "sub/b", &st, 0) == 0 && st.st_nlink == 2);
	CHECK(symlinkat("a", dir, "link") == 0);
	CHECK(readlinkat(dir, "link", buf, sizeof(buf)) == 1 && *buf == 'a');
	CHECK_ERRNO(readlinkat(dir, "a", buf, sizeof(buf)), EINVAL);
	CHECK(fstatat(dir, "link", &st, AT_SYMLINK_NOFOLLOW) == 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK(fstatat(dir, "link", &st, 0) == 0 && S_ISREG(st.st_mode));
	CHECK(fstatat(dir, "a", &target, 0) == 0 && target.st_ino == st.st_ino);
	CHECK_ERRNO(openat(dir, "link", O_RDONLY | O_NOFOLLOW), ELOOP);
	CHECK(renameat(dir, "sub/b", dir, "c") == 0);
	CHECK_ERRNO(fstatat(dir, "sub/b", &st, 0), ENOENT);
	CHECK(faccessat(dir, "c", F_OK, 0) == 0);
	CHECK(faccessat(dir, "c", R_OK | W_OK, 0) == 0);
	CHECK_ERRNO(faccessat(dir, "none", F_OK, 0), ENOENT);
	CHECK(unlinkat(dir, "c", 0) == 0);
	CHECK_ERRNO(unlinkat(dir, "c", 0), ENOENT);
	CHECK_ERRNO(unlinkat(dir, "a", AT_REMOVEDIR), ENOTDIR);
	CHECK(unlinkat(dir, "sub", AT_REMOVEDIR) == 0);
	CHECK_ERRNO(fstatat(dir, "../x", &st, 0), ENOTCAPABLE);
	CHECK_ERRNO(fstatat(test_fd("file"), "x", &st, 0), ENOTDIR);
	CHECK_ERRNO(mkdirat(test_fd("file"), "x", 0), ENOTDIR);
}

static void check_times(void)
{
	const struct timespec times[2] = {{1, 500}, {2, 0}};
	const struct timespec partly[2] = {{0, UTIME_OMIT}, {7, 0}};
	const struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
	struct stat st;
	int fd = openat(dir, "a", O_RDWR);

	CHECK(utimensat(dir, "a", times, 0) == 0 && fstat(fd, &st) == 0);
	CHECK(st.st_atim.tv_sec == 1 && st.st_atim.tv_nsec == 500);
	CHECK(st.st_mtim.tv_sec == 2 && st.st_mtim.tv_nsec == 0);
	CHECK(utimensat(dir, "a", partly, 0) == 0 && fstat(fd, &st) == 0);
	CHECK(st.st_atim.tv_sec == 1 && st.st_mtim.tv_sec == 7);
	CHECK(utimensat(dir, "a", now, 0) == 0 && fstat(fd, &st) == 0);
	CHECK(st.st_atim.tv_sec > 1700000000);
	CHECK(close(fd) == 0);
	CHECK(futimens(dir, times) == 0 && fstat(dir, &st) == 0);
	CHECK(st.st_atim.tv_sec == 1 && st.st_mtim.tv_sec == 2);
}

static void check_numbers(void)
{
	struct stat st;
	struct stat same;
	char buf[4];
	int fd = openat(AT_FDCWD, numbered("/a"), O_RDONLY);
	int copy;

	CHECK(fd >= 0 && fstat(fd, &st) == 0);
	CHECK(fstatat(AT_FDCWD, numbered("//a"), &same, 0) == 0);
	CHECK(same.st_ino == st.st_ino);
	CHECK(fstatat(99, numbered("/./a"), &same, 0) == 0);
	CHECK(close(fd) == 0);
	CHECK(fstatat(AT_FDCWD, numbered(""), &st, 0) == 0);
	CHECK(S_ISDIR(st.st_mode));
	CHECK(fstatat(AT_FDCWD, numbered("/"), &same, 0) == 0);
	CHECK(same.st_ino == st.st_ino);
	fd = openat(AT_FDCWD, numbered(""), O_RDONLY | O_DIRECTORY);
	CHECK(fd >= 0 && fstat(fd, &same) == 0 && same.st_ino == st.st_ino);
	CHECK(close(fd) == 0);
	CHECK_ERRNO(fstatat(AT_FDCWD, numbered("x"), &st, 0), ENOTCAPABLE);
	CHECK_ERRNO(fstatat(AT_FDCWD, numbered("/../x"), &st, 0), ENOTCAPABLE);
	CHECK_ERRNO(fstatat(AT_FDCWD, "/dev/fd", &st, 0), ENOTCAPABLE);
	CHECK_ERRNO(fstatat(AT_FDCWD, "/dev/fd/", &st, 0), ENOTCAPABLE);
	CHECK_ERRNO(fstatat(AT_FDCWD, "/etc/passwd", &st, 0), ENOTCAPABLE);
	CHECK_ERRNO(fstatat(AT_FDCWD, "/", &st, 0), ENOTCAPABLE);
	CHECK_ERRNO(fstatat(AT_FDCWD, "/dev/fd/999/a", &st, 0), EBADF);
	CHECK_ERRNO(fstatat(AT_FDCWD, "/dev/fd/99999999999/a", &st, 0),
		    ENOTCAPABLE);

	/* A file by its number is a copy of the descriptor, from its start. */
	dir = test_fd("file");
	CHECK(read(dir, buf, 3) == 3);
	copy = openat(AT_FDCWD, numbered(""), O_RDONLY);
	CHECK(copy >= 0 && copy != dir);
	CHECK(read(copy, buf, 4) == 4 && memcmp(buf, "cont", 4) == 0);
	CHECK(close(copy) == 0);
	CHECK_ERRNO(openat(AT_FDCWD, numbered(""), O_WRONLY), ENOTCAPABLE);
	CHECK_ERRNO(openat(AT_FDCWD, numbered(""), O_RDONLY | O_DIRECTORY),
		    ENOTDIR);
	CHECK_ERRNO(openat(AT_FDCWD, numbered("/x"), O_RDONLY), ENOTDIR);
	CHECK_ERRNO(fstatat(AT_FDCWD, numbered("/"), &st, 0), ENOTDIR);
	CHECK(fstatat(AT_FDCWD, numbered(""), &st, 0) == 0);
	CHECK(S_ISREG(st.st_mode) && st.st_size == 9);
	CHECK_ERRNO(readlinkat(AT_FDCWD, numbered(""), buf, 4), EINVAL);
	dir = test_fd("dir");

	/* Only what the new descriptor asked for remains. */
	fd = openat(dir, "a", O_RDWR);
	dir = fd;
	copy = openat(AT_FDCWD, numbered(""), O_WRONLY | O_APPEND | O_TRUNC);
	CHECK(copy >= 0 && (fcntl(copy, F_GETFL) & O_ACCMODE) == O_WRONLY);
	CHECK((fcntl(copy, F_GETFL) & O_APPEND) != 0);
	CHECK(fstat(fd, &st) == 0 && st.st_size == 0);
	CHECK_ERRNO(read(copy, buf, 1), EBADF);
	CHECK(close(copy) == 0 && close(fd) == 0);
	dir = test_fd("dir");
}

static void check_current(void)
{
	struct stat st;
	char buf[100];
	char *text;

	CHECK(getcwd(buf, sizeof(buf)) == NULL && errno == ENOTCAPABLE);
	CHECK_ERRNO(fstatat(AT_FDCWD, "a", &st, 0), ENOTCAPABLE);
	CHECK_ERRNO(fchdir(test_fd("file")), ENOTDIR);
	CHECK(fchdir(dir) == 0);
	CHECK(strcmp(getcwd(buf, sizeof(buf)), numbered("")) == 0);
	CHECK(fstatat(AT_FDCWD, "a", &st, 0) == 0);
	CHECK(mkdirat(AT_FDCWD, "x", 0) == 0);
	CHECK(mkdirat(AT_FDCWD, "x/y", 0) == 0);
	CHECK(fchdirat(AT_FDCWD, "x//./y/.") == 0);
	CHECK(strcmp(getcwd(buf, sizeof(buf)), numbered("/x/y")) == 0);
	CHECK(fchdirat(AT_FDCWD, "..") == 0);
	text = getcwd(NULL, 0);
	CHECK(strcmp(text, numbered("/x")) == 0);
	free(text);
	CHECK(getcwd(buf, 4) == NULL && errno == ERANGE);
	CHECK(getcwd(buf, 0) == NULL && errno == EINVAL);
	CHECK(symlinkat("x/y", dir, "elsewhere") == 0);
	CHECK(fchdirat(dir, "elsewhere/..") == 0);
	CHECK(fstatat(AT_FDCWD, "y", &st, 0) == 0 && S_ISDIR(st.st_mode));
	CHECK(fchdirat(AT_FDCWD, numbered("/x/y")) == 0);
	CHECK(fstatat(AT_FDCWD, "../../a", &st, 0) == 0);
	CHECK_ERRNO(fchdirat(AT_FDCWD, "../../.."), ENOTCAPABLE);
	CHECK_ERRNO(fchdirat(AT_FDCWD, "none"), ENOENT);
	CHECK(unlinkat(AT_FDCWD, "../../elsewhere", 0) == 0);
	CHECK(fchdirat(dir, "") == -1 && errno == ENOENT);
}

static int count_entries(DIR *stream, const char *prefix)
{
	struct dirent *entry;
	int count = 0;

	errno = 0;
	while ((entry = readdir(stream)) != NULL)
		count += strncmp(entry->d_name, prefix, strlen(prefix)) == 0;
	CHECK(errno == 0);
	return count;
}

/* More names than one request brings. */
static void check_listing(void)
{
	enum {
		ENTRIES = 500
	};
	char name[100];
	struct dirent *entry;
	DIR *stream;
	long position;

	CHECK(mkdirat(dir, "many", 0) == 0);
	for (int i = 0; i < ENTRIES; ++i) {
		snprintf(name, sizeof(name), "many/a-rather-%070d", i);
		CHECK(mkdirat(dir, name, 0) == 0);
	}
	stream = opendirat(dir, "many");
	CHECK(stream != NULL);
	CHECK(count_entries(stream, "a-rather") == ENTRIES);
	CHECK(readdir(stream) == NULL);
	rewinddir(stream);
	for (int i = 0; i < 400; ++i)
		CHECK(readdir(stream) != NULL);
	position = telldir(stream);
	entry = readdir(stream);
	strcpy(name, entry->d_name);
	CHECK(count_entries(stream, "") == ENTRIES + 2 - 401);
	seekdir(stream, position);
	entry = readdir(stream);
	CHECK(strcmp(entry->d_name, name) == 0);
	CHECK(entry->d_type == DT_DIR && entry->d_ino != 0);
	CHECK(closedir(stream) == 0);
	CHECK(fdopendir(test_fd("file")) == NULL && errno == ENOTDIR);
	CHECK(opendirat(dir, "none") == NULL && errno == ENOENT);
	for (int i = 0; i < ENTRIES; ++i) {
		snprintf(name, sizeof(name), "many/a-rather-%070d", i);
		CHECK(unlinkat(dir, name, AT_REMOVEDIR) == 0);
	}
}

static void test(void)
{
	dir = test_fd("dir");
	check_open();
	check_vectors();
	check_modes();
	check_duplicates();
	check_names();
	check_times();
	check_numbers();
	check_current();
	check_listing();
}
