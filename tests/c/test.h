/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For programs that test the system calls as the runtime offers them, without
 * a C library. A program is a list of cases, which start.c runs in their
 * order; one that defines test() has no cases. A check that fails ends it.
 */

#ifndef TEST_H
#define TEST_H

#include <stdbool.h>

#include <cloudabi.h>
#include <cloudabi_rights.h>
#include <cloudabi_syscalls.h>

#define ARRAY_LEN(array) (sizeof(array) / sizeof((array)[0]))

/* What the processor's C interface wants of a stack. */
#if defined(__i386__)
#define STACK_ALIGNMENT 4
#elif defined(__arm__)
#define STACK_ALIGNMENT 8
#else
#define STACK_ALIGNMENT 16
#endif

/* How often to do something; machines that are emulated are slow. */
#ifdef EMULATED
#define ROUNDS(n) ((n) / 32 + 1)
#else
#define ROUNDS(n) (n)
#endif

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

struct test_case {
	void (*run)(void);
	const char *name;
	bool is_last;
};

/*
 * Begins a case. tests/conformance_harness.py finds these lines and knows the
 * names that way, so the macros stand in the first column.
 */
#define CASE(name) TEST_CASE(name, false)

/*
 * Begins a case that ends the program, which is why it gets a process of its
 * own: with this exit status, by the host's signal of that negative number, or
 * by TRAP, the one that __builtin_trap() stands for.
 */
#define ENDS(name, status) TEST_CASE(name, true)

/* Begins a case that takes a kernel and is left out under an emulator, which
 * gets something wrong or does not know it: the reason tells what. */
#ifdef EMULATED
#define NATIVE(name, reason)                                                   \
	__attribute__((unused)) static void case_##name(void)
#else
#define NATIVE(name, reason) CASE(name)
#endif

#define TEST_CASE(title, last)                                                 \
	static void case_##title(void);                                        \
	__attribute__((section("cases"),                                       \
		       used)) static const struct test_case entry_##title = {  \
		case_##title, #title, last};                                   \
	static void case_##title(void)

/* The descriptors that every program gets. */
enum {
	OUTPUT,     /* takes what a test has to say */
	DIRECTORY,  /* see new_directory() */
	READ_WRITE, /* a file with "0123456789" */
	READ_ONLY,  /* another one */
	SOCKET,     /* a UNIX stream; the other end sends back all it gets */
	LISTENER,   /* on 127.0.0.1; a client is waiting, which has sent "hi" */
	ELSEWHERE,  /* an empty directory on another file system, in memory */
	DEVICE,     /* has room for nothing, and gives zeros */
	PROGRAM,    /* the program itself */
	FDS_LEN,
};

/* A number that no descriptor has. */
#define NO_FD 1020

/* A pointer that leads nowhere. */
#define NOWHERE ((void *)8)

#define SECOND UINT64_C(1000000000)
#define MILLISECOND UINT64_C(1000000)

void test(void);

/* What a program does that another one starts, by argument data of its own: a
 * NUL, then what is asked of it. */
_Noreturn void be_started(unsigned char what);

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

/* Expands to a text and its length without terminator. */
#define TEXT(text) (text), sizeof(text) - 1

/* Memory, clocks and threads. */
void *allocate(size_t len);
cloudabi_timestamp_t now(cloudabi_clockid_t clock);
void sleep_ns(cloudabi_timestamp_t duration);
cloudabi_tid_t spawn(cloudabi_threadentry_t *entry, void *argument);

/* What a thread does that has nothing to do any more. */
_Noreturn void park(void);

/* Waits until the word is not the value any more, or has the value; fails
 * after a while. */
void await_change(const uint32_t *word, uint32_t value);
void await_value(const uint32_t *word, uint32_t value);

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

/* Subscriptions; and poll, which returns how many events there were. */
cloudabi_subscription_t clock_sub(cloudabi_clockid_t clock,
				  cloudabi_timestamp_t timeout,
				  cloudabi_subclockflags_t flags,
				  cloudabi_userdata_t userdata);
cloudabi_subscription_t fd_sub(cloudabi_eventtype_t type, cloudabi_fd_t fd,
			       cloudabi_userdata_t userdata);
size_t poll(const cloudabi_subscription_t *in, cloudabi_event_t *out,
	    size_t len);

/* Polls a descriptor alone; the result is the event's error. */
cloudabi_errno_t poll_fd(cloudabi_eventtype_t type, cloudabi_fd_t fd);

/* What a descriptor is. */
cloudabi_fdstat_t fdstat_of(cloudabi_fd_t fd);
cloudabi_rights_t rights_of(cloudabi_fd_t fd);

/* Takes base rights away, so that a call must fail with ENOTCAPABLE. */
void restrict_rights(cloudabi_fd_t fd, cloudabi_rights_t lost);

/* Duplicates: with these rights at most, or without some base rights. */
cloudabi_fd_t limited(cloudabi_fd_t fd, cloudabi_rights_t base,
		      cloudabi_rights_t inheriting);
cloudabi_fd_t without(cloudabi_fd_t fd, cloudabi_rights_t lost);

/* Changes the modes of a descriptor. */
cloudabi_errno_t put_flags(cloudabi_fd_t fd, cloudabi_fdflags_t flags);

/* A socket pair; a piece of shared memory. */
void make_pair(cloudabi_filetype_t type, cloudabi_fd_t *a, cloudabi_fd_t *b);
cloudabi_fd_t make_memory(cloudabi_filesize_t size);

/* Reads or writes a text in one go; the result is the call's. */
cloudabi_errno_t put(cloudabi_fd_t fd, const char *text);
cloudabi_errno_t get(cloudabi_fd_t fd, char *buf, size_t len, size_t *n);

/* Fails unless exactly this text can be read in one go. */
void expect_text(cloudabi_fd_t fd, const char *text);

/* Sends a byte with descriptors; receives bytes and descriptors. */
cloudabi_errno_t send_fds(cloudabi_fd_t sock, const cloudabi_fd_t *fds,
			  size_t len);
cloudabi_errno_t receive(cloudabi_fd_t sock, char *buf, size_t len,
			 cloudabi_fd_t *fds, size_t fds_len,
			 cloudabi_riflags_t flags, cloudabi_recv_out_t *out);

/* Sends a descriptor to ourselves; returns what arrives. */
cloudabi_fd_t pass(cloudabi_fd_t fd);

/* file_open with all rights that the directory passes on for the mode. */
enum {
	READ = 1,
	WRITE = 2
};
cloudabi_errno_t open_at(cloudabi_fd_t dir, const char *path, int mode,
			 cloudabi_oflags_t oflags, cloudabi_fd_t *fd);

/* file_open with these base rights and no inheriting ones. */
cloudabi_errno_t open_with(cloudabi_fd_t dir, const char *path,
			   cloudabi_oflags_t oflags, cloudabi_rights_t base,
			   cloudabi_fd_t *fd);

/*
 * A new directory with all rights. It holds `file` with "content", the empty
 * directory `sub` and `link`, which leads to `file`.
 */
cloudabi_fd_t new_directory(void);

/* A new file with this text, open for reading and writing at its start. */
cloudabi_fd_t new_file(const char *text);

/* Makes things in a directory. */
void make_file(cloudabi_fd_t dir, const char *name, const char *text);
void make_directory(cloudabi_fd_t dir, const char *name);
void make_link(cloudabi_fd_t dir, const char *name, const char *text);

/* Fails unless the file has exactly this text. */
void expect_file(cloudabi_fd_t dir, const char *path, const char *text);

bool exists(cloudabi_fd_t dir, const char *path);
cloudabi_filestat_t stat_of(cloudabi_fd_t fd);
cloudabi_filestat_t stat_at(cloudabi_fd_t dir, const char *path);

#endif
