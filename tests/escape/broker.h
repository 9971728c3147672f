/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations on held directories: requests to the broker, on Linux calls. */

#ifndef ESCAPE_BROKER_H
#define ESCAPE_BROKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a directory is asked to open a file for. */
enum dir_mode {
	DIR_READ,
	DIR_WRITE,
	DIR_TRUNCATE,
	DIR_CREATE,
	DIR_FOLDER,
	DIR_FOLDER_WRITE, /* with the right to change what is in it */
};

/* A descriptor, or as all of them a negative errno of whoever refuses. */
long dir_open(long dir, const char *path, enum dir_mode mode);
long dir_open_nofollow(long dir, const char *path, enum dir_mode mode);
long dir_mkdir(long dir, const char *path);
long dir_unlink(long dir, const char *path);
long dir_rmdir(long dir, const char *path);
long dir_link(long from, const char *path, long to, const char *new_path);
long dir_rename(long from, const char *path, long to, const char *new_path);
long dir_symlink(const char *target, long dir, const char *path);
/* Sets a file's times. */
long dir_touch(long dir, const char *path);
/* These say what they find. */
long dir_readlink(long dir, const char *path);
long dir_stat(long dir, const char *path);
long dir_list(long dir);
/* Another descriptor for the directory, with every right. */
long dir_clone(long dir);

/* Opens for writing and writes. */
long dir_overwrite(long dir, const char *path);

#endif
