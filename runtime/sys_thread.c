/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: their start, their end, and their records. */

#include "mutex.h"
#include "process.h"
#include "sys.h"
#include "thread.h"
#include "trace.h"
#include "wait.h"

static struct thread main_thread;

/* How many threads there are; only honest programs care about it. */
static uint32_t threads_len = 1;

/* Records of threads that have ended or are about to, oldest first. */
static struct mutex ended_mutex;
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
	main_thread.tid = host_call(__NR_set_tid_address, &main_thread.tid);
	return arch_set_thread(&main_thread);
}

static void give_back(struct thread *thread)
{
	thread->next_free = NULL;
	mutex_lock(&ended_mutex);
	if (ended_first == NULL)
		ended_first = thread;
	else
		ended_last->next_free = thread;
	ended_last = thread;
	mutex_unlock(&ended_mutex);
}

/* Returns the oldest record if the kernel says that its thread is gone. */
static struct thread *reuse(void)
{
	struct thread *thread;

	mutex_lock(&ended_mutex);
	thread = ended_first;
	if (thread != NULL &&
	    __atomic_load_n(&thread->tid, __ATOMIC_ACQUIRE) == 0)
		ended_first = thread->next_free;
	else
		thread = NULL;
	mutex_unlock(&ended_mutex);
	return thread;
}

static struct thread *allocate(void)
{
	struct thread *thread = reuse();

	if (thread == NULL)
		thread =
			host_mmap(NULL, sizeof(*thread), PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (host_failed(thread))
		return NULL;
	prepare(thread);
	return thread;
}

void thread_start(struct thread *self)
{
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
		       &thread->tid, thread);
	if (r < 0) {
		thread->tid = 0;
		give_back(thread);
		return error_of(r);
	}
	*tid = r;
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

/* Runs on the record's own stack: with the lock goes the program's. */
static void finish(void *lock)
{
	/* Who waits for the lock may start another thread right away. */
	count_one_less();
	wait_unlock(lock);
	give_back(arch_thread());
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
