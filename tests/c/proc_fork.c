/* SPDX-License-Identifier: BSD-2-Clause */
/* proc_fork: what parent and child share, and what not. */

#include "processes.h"

static uint32_t counter;

NATIVE(exit_code, "nobody lets processes be made")
{
	cloudabi_fd_t child;

	if (fork_child(&child))
		sys.proc_exit(42);
	EQUAL(await_child(child), 42);
	EQUAL(await_child(child), 42);
	OK(sys.fd_close(child));
}

/* Memory is copied, and the thread keeps its id, for the sake of its locks. */
NATIVE(memory, "nobody lets processes be made")
{
	static cloudabi_lock_t lock;
	cloudabi_tid_t tid = main_tid;
	cloudabi_fd_t child;

	lock = tid | CLOUDABI_LOCK_WRLOCKED;
	counter = 1;
	if (fork_child(&child)) {
		EQUAL(main_tid, tid);
		EQUAL(counter, 1);
		counter = 2;
		EQUAL(lock, tid | CLOUDABI_LOCK_WRLOCKED);
		OK(sys.lock_unlock(&lock, CLOUDABI_SCOPE_PRIVATE));
		EQUAL(lock, 0);
		sys.proc_exit(0);
	}
	EQUAL(await_child(child), 0);
	EQUAL(counter, 1);
	EQUAL(lock, tid | CLOUDABI_LOCK_WRLOCKED);
	OK(sys.fd_close(child));
}

static void expect_content(cloudabi_fd_t dir)
{
	cloudabi_fd_t fd;

	OK(open_at(dir, "file", READ, 0, &fd));
	expect_text(fd, "content");
	OK(sys.fd_close(fd));
}

/* Both use the same directory at the same time, and each has its own. */
NATIVE(directories, "nobody lets processes be made")
{
	cloudabi_fd_t child;
	bool is_child = fork_child(&child);

	for (int i = 0; i < 200; i++)
		expect_content(DIRECTORY);
	if (is_child) {
		OK(sys.fd_close(DIRECTORY));
		FAILS(sys.fd_close(DIRECTORY), EBADF);
		sys.proc_exit(7);
	}
	EQUAL(await_child(child), 7);
	expect_content(DIRECTORY);
	OK(sys.fd_close(child));
}

static void add_one(cloudabi_tid_t tid, void *unused)
{
	static cloudabi_lock_t lock = 0;

	(void)unused;
	lock = tid | CLOUDABI_LOCK_WRLOCKED;
	__atomic_add_fetch(&counter, 1, __ATOMIC_SEQ_CST);
	sys.thread_exit(&lock, CLOUDABI_SCOPE_PRIVATE);
}

/* The child has one thread, and may make more. */
NATIVE(threads, "nobody lets processes be made")
{
	cloudabi_fd_t child;

	counter = 0;
	if (fork_child(&child)) {
		for (uint32_t i = 0; i < 50; i++) {
			cloudabi_tid_t tid = spawn(add_one, NULL);

			CHECK(tid != main_tid);
			await_change(&counter, i);
		}
		sys.proc_exit(0);
	}
	EQUAL(await_child(child), 0);
	EQUAL(counter, 0);
	OK(sys.fd_close(child));
}

/* Children have children. */
static void have_children(int n)
{
	cloudabi_fd_t child;

	if (n == 0)
		return;
	if (fork_child(&child)) {
		expect_content(DIRECTORY);
		have_children(n - 1);
		sys.proc_exit(10 + n);
	}
	EQUAL(await_child(child), 10 + n);
	OK(sys.fd_close(child));
}

NATIVE(generations, "nobody lets processes be made")
{
	have_children(3);
}

/* The limit that the harness sets is four, this one included. */
NATIVE(limit, "nobody lets processes be made")
{
	cloudabi_fd_t children[3];
	cloudabi_tid_t tid;
	cloudabi_fd_t fd;

	for (size_t i = 0; i < ARRAY_LEN(children); i++) {
		if (!fork_child(&children[i]))
			continue;
		for (;;)
			sleep_ns(1000000000);
	}
	FAILS(sys.proc_fork(&fd, &tid), EAGAIN);
	FAILS(sys.proc_fork(&fd, &tid), EAGAIN);
	for (size_t i = 0; i < ARRAY_LEN(children); i++)
		OK(sys.fd_close(children[i]));
	/* Until the last one is gone. */
	while (sys.proc_fork(&fd, &tid) == CLOUDABI_EAGAIN)
		sleep_ns(1000000);
	if (fd == CLOUDABI_PROCESS_CHILD)
		sys.proc_exit(3);
	EQUAL(await_child(fd), 3);
	OK(sys.fd_close(fd));
}
