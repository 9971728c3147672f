/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: their start, their end, and their records. */

#include "mutex.h"
#include "process.h"
#include "sys.h"
#include "thread.h"
#include "trace.h"
#include "wait.h"

/* A thread has the kernel's number, but for one that made this process: that
 * one keeps its number, as words of locks name it, and the kernel may give the
 * same one to another thread. */
#define OTHER_ID (1u << 29)

static struct thread main_thread;
static uint32_t kept_id;

/* How many threads there are; only honest programs care about it. */
static uint32_t threads_len = 1;

/* Held for the records: which there are, and those of threads that have ended
 * or are about to, oldest first. */
static struct mutex ended_mutex;
static struct thread *all;
static struct thread *ended_first;
static struct thread *ended_last;

static void prepare(struct thread *thread)
{
	thread->self = thread;
	thread->first_tcb.parent = thread;
	thread->tcb = &thread->first_tcb;
}

long thread_init_main(void)
{
	prepare(&main_thread);
	all = &main_thread;
	main_thread.host_tid =
		host_call(__NR_set_tid_address, &main_thread.host_tid);
	main_thread.tid = main_thread.host_tid;
	return arch_set_thread(&main_thread);
}

/* Preconditions: threads are locked. */
static void append(struct thread *thread)
{
	thread->next_free = NULL;
	if (ended_first == NULL)
		ended_first = thread;
	else
		ended_last->next_free = thread;
	ended_last = thread;
}

static void give_back(struct thread *thread)
{
	mutex_lock(&ended_mutex);
	append(thread);
	mutex_unlock(&ended_mutex);
}

/* Returns the oldest record if the kernel says that its thread is gone. */
static struct thread *reuse(void)
{
	struct thread *thread;

	mutex_lock(&ended_mutex);
	thread = ended_first;
	if (thread != NULL &&
	    __atomic_load_n(&thread->host_tid, __ATOMIC_ACQUIRE) == 0)
		ended_first = thread->next_free;
	else
		thread = NULL;
	mutex_unlock(&ended_mutex);
	return thread;
}

static struct thread *make(void)
{
	struct thread *thread =
		host_mmap(NULL, sizeof(*thread), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (host_failed(thread))
		return NULL;
	mutex_lock(&ended_mutex);
	thread->next = all;
	all = thread;
	mutex_unlock(&ended_mutex);
	return thread;
}

static struct thread *allocate(void)
{
	struct thread *thread = reuse();

	if (thread == NULL)
		thread = make();
	if (thread != NULL)
		prepare(thread);
	return thread;
}

void threads_lock(void)
{
	mutex_lock(&ended_mutex);
}

void threads_unlock(void)
{
	mutex_unlock(&ended_mutex);
}

void threads_reset(void)
{
	struct thread *self = arch_thread();

	kept_id = self->tid;
	threads_len = 1;
	ended_first = NULL;
	for (struct thread *thread = all; thread != NULL;
	     thread = thread->next) {
		if (thread == self)
			continue;
		thread->host_tid = 0;
		append(thread);
	}
}

static uint32_t id_of(uint32_t host_tid)
{
	return host_tid == kept_id ? host_tid | OTHER_ID : host_tid;
}

void thread_start(struct thread *self)
{
	self->tid = id_of(self->host_tid);
	self->entry(self->tid, self->argument);
	__builtin_trap();
}

static cloudabi_errno_t start(cloudabi_threadattr_t *attr, cloudabi_tid_t *tid)
{
	struct thread *thread = allocate();
	long r;

	if (thread == NULL)
		return trace_exhaustion();
	thread->entry = attr->entry_point;
	thread->argument = attr->argument;
	r = arch_clone(HOST_CLONE_FLAGS, (char *)attr->stack + attr->stack_len,
		       &thread->host_tid, thread);
	if (r < 0) {
		thread->host_tid = 0;
		give_back(thread);
		return error_of(r);
	}
	*tid = id_of(r);
	return 0;
}

static bool count_one_more(void)
{
	uint32_t len = __atomic_add_fetch(&threads_len, 1, __ATOMIC_RELAXED);

	return process.threads_max == 0 || len <= process.threads_max;
}

static void count_one_less(void)
{
	__atomic_sub_fetch(&threads_len, 1, __ATOMIC_RELAXED);
}

cloudabi_errno_t sys_thread_create(cloudabi_threadattr_t *attr,
				   cloudabi_tid_t *tid)
{
	cloudabi_errno_t error = CLOUDABI_EAGAIN;

	if (count_one_more())
		error = start(attr, tid);
	else
		trace_limit(CLOUDABI_NOTE_LIMIT_THREADS);
	if (error != 0)
		count_one_less();
	return error;
}

/* Runs on the record's own stack: with the lock goes the program's, and where
 * a register leads there by way of the TCB, finding out who we are. */
static void finish(void *lock)
{
	struct thread *self = arch_thread();

	/* Who waits for the lock may start another thread right away. */
	count_one_less();
	wait_unlock(lock);
	give_back(self);
	for (;;)
		host_call(__NR_exit, 0);
}

void sys_thread_exit(cloudabi_lock_t *lock, cloudabi_scope_t scope)
{
	struct thread *self = arch_thread();

	if (wait_check_scope(scope) != 0)
		__builtin_trap();
	arch_switch_stack(self->exit_stack + sizeof(self->exit_stack), finish,
			  lock);
}

cloudabi_errno_t sys_thread_yield(void)
{
	return error_of(host_call(__NR_sched_yield));
}
