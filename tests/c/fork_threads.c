/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Eight threads use directories, descriptors, memory and locks while processes
 * are made, which do the same at the same time.
 */

#include "processes.h"

#define THREADS 8
#define CHILDREN 60
#define FORKS 40

static uint32_t stop;
static uint32_t ready;
static uint32_t done;
static cloudabi_lock_t lock;

static void use_directory(void)
{
	cloudabi_filestat_t stat;
	cloudabi_fd_t fd, copy;

	OK(open_at(DIRECTORY, "file", READ, 0, &fd));
	expect_text(fd, "content");
	OK(sys.fd_dup(fd, &copy));
	OK(sys.fd_close(copy));
	OK(sys.fd_close(fd));
	OK(sys.file_stat_get((cloudabi_lookup_t){DIRECTORY, 0}, TEXT("sub"),
			     &stat));
	EQUAL(stat.st_filetype, CLOUDABI_FILETYPE_DIRECTORY);
}

static void use_lock(cloudabi_tid_t tid)
{
	cloudabi_lock_t free = 0;
	cloudabi_lock_t own = tid | CLOUDABI_LOCK_WRLOCKED;

	if (!__atomic_compare_exchange_n(&lock, &free, own, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		OK(lock_wait(&lock, true));
	free = own;
	if (!__atomic_compare_exchange_n(&lock, &free, 0, false,
					 __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		OK(sys.lock_unlock(&lock, CLOUDABI_SCOPE_PRIVATE));
}

static void work(cloudabi_tid_t tid, void *unused)
{
	static cloudabi_lock_t nobodys[THREADS];
	uint32_t i = __atomic_fetch_add(&ready, 1, __ATOMIC_RELAXED);

	(void)unused;
	nobodys[i] = tid | CLOUDABI_LOCK_WRLOCKED;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		use_directory();
		use_lock(tid);
	}
	__atomic_fetch_add(&done, 1, __ATOMIC_RELEASE);
	sys.thread_exit(&nobodys[i], CLOUDABI_SCOPE_PRIVATE);
}

static void start(void)
{
	ready = done = stop = 0;
	for (int i = 0; i < THREADS; i++)
		spawn(work, NULL);
}

static void finish(void)
{
	uint32_t n;

	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	while ((n = __atomic_load_n(&done, __ATOMIC_ACQUIRE)) < THREADS)
		await_change(&done, n);
}

/* The lock belongs to a thread that is not here any more, or to nobody. */
static void be_child(void)
{
	lock = 0;
	for (int i = 0; i < FORKS; i++)
		use_directory();
	start();
	use_directory();
	finish();
	sys.proc_exit(5);
}

void test(void)
{
	start();
	for (int i = 0; i < CHILDREN; i += 3) {
		cloudabi_fd_t children[3];

		for (size_t j = 0; j < ARRAY_LEN(children); j++)
			if (fork_child(&children[j]))
				be_child();
		for (size_t j = 0; j < ARRAY_LEN(children); j++) {
			EQUAL(await_child(children[j]), 5);
			OK(sys.fd_close(children[j]));
		}
	}
	finish();
}
