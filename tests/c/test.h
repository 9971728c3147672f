/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For programs that test the system calls as the runtime offers them, without
 * a C library: start.c finds the calls and runs test(), whose end is success.
 */

#ifndef TEST_H
#define TEST_H

#include <stdbool.h>

#include <cloudabi.h>
#include <cloudabi_rights.h>
#include <cloudabi_syscalls.h>

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* The calls; NULL stands for one that the runtime lacks. */
struct calls {
#define X(name) __typeof__(cloudabi_sys_##name) *name;
	CLOUDABI_SYSCALLS(X)
#undef X
};

extern struct calls sys;

/* What the auxiliary vector said. */
extern const char *argdata;
extern size_t argdata_len;
extern cloudabi_tid_t main_tid;
extern size_t page_size;
extern const cloudabi_auxv_t *vector;

/* The descriptors that every program gets. */
enum {
	OUTPUT,     /* takes what a test has to say */
	DIRECTORY,  /* holds `file` with "content", `sub/` and `link` to file */
	READ_WRITE, /* a file with "0123456789" */
	READ_ONLY,  /* another one */
	SOCKET,     /* a UNIX stream; the other end sends back all it gets */
	LISTENER,   /* on 127.0.0.1; a client is waiting, which has sent "hi" */
	FDS_LEN,
};

void test(void);

void say(const char *text);
void say_number(uint64_t number);
_Noreturn void fail(const char *file, int line, const char *what);

void check_equal(uint64_t found, uint64_t expected, const char *file, int line,
		 const char *what);

/* Ends the program with status 1 unless the condition holds. */
#define CHECK(condition)                                                       \
	((condition) ? (void)0 : fail(__FILE__, __LINE__, #condition))
#define EQUAL(found, expected)                                                 \
	check_equal(found, expected, __FILE__, __LINE__, #found)
#define OK(call) EQUAL(call, CLOUDABI_ESUCCESS)
#define FAILS(call, error) EQUAL(call, CLOUDABI_##error)

void *memcpy(void *restrict to, const void *restrict from, size_t len);
void *memset(void *to, int value, size_t len);
int memcmp(const void *a, const void *b, size_t len);
size_t strlen(const char *text);

/* Memory and threads, for the tests that need them. */
void *allocate(size_t len);
cloudabi_timestamp_t now(cloudabi_clockid_t clock);
void sleep_ns(cloudabi_timestamp_t duration);
cloudabi_tid_t spawn(cloudabi_threadentry_t *entry, void *argument);

/* Waits until the word is not the value any more; fails after a while. */
void await_change(const uint32_t *word, uint32_t value);

/* One poll for a lock, and for a condition variable. */
cloudabi_errno_t lock_wait(cloudabi_lock_t *lock, bool write);
cloudabi_errno_t condvar_wait(cloudabi_condvar_t *condvar,
			      cloudabi_lock_t *lock);

/* The same with a timeout on CLOCK_MONOTONIC; ETIMEDOUT if it passed. */
cloudabi_errno_t lock_wait_for(cloudabi_lock_t *lock, bool write,
			       cloudabi_timestamp_t timeout);
cloudabi_errno_t condvar_wait_for(cloudabi_condvar_t *condvar,
				  cloudabi_lock_t *lock,
				  cloudabi_timestamp_t timeout);

/* Takes rights away, so that a call must fail with ENOTCAPABLE. */
void restrict_rights(cloudabi_fd_t fd, cloudabi_rights_t lost);

/* The rights a descriptor has. */
cloudabi_rights_t rights_of(cloudabi_fd_t fd);

/* A socket pair; a piece of shared memory. */
void make_pair(cloudabi_filetype_t type, cloudabi_fd_t *a, cloudabi_fd_t *b);
cloudabi_fd_t make_memory(cloudabi_filesize_t size);

/* Reads or writes a text in one go; the result is the call's. */
cloudabi_errno_t put(cloudabi_fd_t fd, const char *text);
cloudabi_errno_t get(cloudabi_fd_t fd, char *buf, size_t len, size_t *n);

/* Fails unless exactly this text can be read in one go. */
void expect_text(cloudabi_fd_t fd, const char *text);

/* file_open with all rights that the directory passes on for the mode. */
enum {
	READ = 1,
	WRITE = 2
};
cloudabi_errno_t open_at(cloudabi_fd_t dir, const char *path, int mode,
			 cloudabi_oflags_t oflags, cloudabi_fd_t *fd);

/* Expands to a text and its length without terminator. */
#define TEXT(text) (text), sizeof(text) - 1

#endif
