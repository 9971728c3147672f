/* SPDX-License-Identifier: BSD-2-Clause */
/* Flags of openat() and fcntl(). */

/*
 * The modes of a descriptor and the ways of opening are the ABI's bits,
 * shifted to make room for the access mode. That one is 0, 1 or 2 as
 * everywhere: too much code takes O_RDONLY for zero.
 */
#define __FDFLAGS_TO_O(flags) ((flags) << 4)
#define __O_TO_FDFLAGS(flags) (((flags) >> 4) & 0x1f)
#define __O_TO_OFLAGS(flags) (((flags) >> 12) & 0xf)

#define O_APPEND 0x10
#define O_DSYNC 0x20
#define O_NONBLOCK 0x40
#define O_RSYNC 0x80
#define O_SYNC 0x100
#define O_CREAT 0x1000
#define O_DIRECTORY 0x2000
#define O_EXCL 0x4000
#define O_TRUNC 0x8000

#define O_NOFOLLOW 0x10000
#define O_CLOEXEC 0x20000 /* always the case */
#define O_NOCTTY 0x40000  /* always the case */
#define O_PATH 0x80000    /* neither reading nor writing */
#define O_NDELAY O_NONBLOCK

#define F_DUPFD 0
#define F_GETFD 1
#define F_SETFD 2
#define F_GETFL 3
#define F_SETFL 4
