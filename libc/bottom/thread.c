/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads: creation, end, join. */

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cloudabi_impl.h"
#include "fork_locks.h"
#include "lock.h"
#include "lock_word.h"
#include "pthread_impl.h"
#include "stdio_impl.h"

/* Threads that nobody will join. Their memory can go once they have released
 * their join lock, which the system does after they left their stacks. */
static struct pthread *dead;
static volatile int dead_lock[1];

volatile int *const __dead_lockptr = dead_lock;

static size_t round_up(size_t size)
{
	return (size + PAGE_SIZE - 1) & -(size_t)PAGE_SIZE;
}

/* Maps a guard, a stack and a thread-local block, from low to high. */
int __thread_map(struct pthread **td, size_t stack_size, size_t guard_size)
{
	size_t guard = round_up(guard_size);
	size_t stack = round_up(stack_size);
	size_t size = guard + stack + round_up(__tls_size());
	char *mapping;

	if (stack < stack_size || size < stack)
		return EAGAIN;
	mapping = __mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
	if (mapping == MAP_FAILED)
		return EAGAIN;
	if (__mprotect(mapping + guard, size - guard, PROT_READ | PROT_WRITE)) {
		__munmap(mapping, size);
		return EAGAIN;
	}
	*td = __tls_place(mapping + guard + stack);
	(*td)->mapping = mapping;
	(*td)->mapping_size = size;
	(*td)->guard_size = guard;
	(*td)->stack = mapping + guard;
	(*td)->stack_size = stack;
	(*td)->locale = &libc.global_locale;
	(*td)->join = CLOUDABI_LOCK_BOGUS;
	return 0;
}

/* Parent and child both do this; whoever comes first knows enough. */
static void hold_join_lock(struct pthread *td, cloudabi_tid_t tid)
{
	cloudabi_lock_t expected = CLOUDABI_LOCK_BOGUS;

	__atomic_compare_exchange_n(&td->join, &expected,
				    tid | CLOUDABI_LOCK_WRLOCKED, false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/* Not inlined: the thread pointer is another one here than in the caller. */
__attribute__((noinline)) static _Noreturn void run(struct pthread *td)
{
	pthread_exit(td->start(td->argument));
}

static void enter(cloudabi_tid_t tid, void *argument)
{
	struct pthread *td = argument;
	cloudabi_tcb_t *tcb = (cloudabi_tcb_t *)TP_ADJ(td);

	*tcb = *(cloudabi_tcb_t *)__get_tp();
	td->tid = tid;
	hold_join_lock(td, tid);
	__set_tp(tcb);
	run(td);
}

/* From now on musl's locks and streams are really locked. */
static void become_threaded(void)
{
	FILE *const standard[] = {__stdin_used, __stdout_used, __stderr_used};

	for (FILE *f = *__ofl_lock(); f != NULL; f = f->next)
		f->lock = 0;
	__ofl_unlock();
	for (size_t i = 0; i < sizeof(standard) / sizeof(*standard); ++i)
		if (standard[i] != NULL)
			standard[i]->lock = 0;
	libc.need_locks = 1;
	libc.threaded = 1;
}

static void bury(struct pthread *td)
{
	LOCK(dead_lock);
	td->next_dead = dead;
	dead = td;
	UNLOCK(dead_lock);
}

/* The memory of the others stays as it is: nobody knows what refers to it. */
void __threads_forget(void)
{
	dead = NULL;
	libc.threads_minus_1 = 0;
}

static bool has_left(const struct pthread *td)
{
	return __atomic_load_n(&td->join, __ATOMIC_ACQUIRE) ==
	       CLOUDABI_LOCK_UNLOCKED;
}

static void unmap_dead(void)
{
	struct pthread **link = &dead;
	struct pthread *td;

	LOCK(dead_lock);
	while ((td = *link) != NULL) {
		if (has_left(td)) {
			*link = td->next_dead;
			__munmap(td->mapping, td->mapping_size);
		} else {
			link = &td->next_dead;
		}
	}
	UNLOCK(dead_lock);
}

static int start(struct pthread *td)
{
	cloudabi_threadattr_t attr = {
		.entry_point = enter,
		.stack = td->stack,
		.stack_len = td->stack_size,
		.argument = td,
	};
	cloudabi_tid_t tid;
	int error;

	if (!libc.threaded)
		become_threaded();
	__atomic_add_fetch(&libc.threads_minus_1, 1, __ATOMIC_RELAXED);
	error = cloudabi_sys_thread_create(&attr, &tid);
	if (error == 0)
		hold_join_lock(td, tid);
	else
		__atomic_sub_fetch(&libc.threads_minus_1, 1, __ATOMIC_RELAXED);
	return error;
}

/* A stack of the program's own keeps the thread-local block apart. */
static int map_for(struct pthread **td, const pthread_attr_t *attr)
{
	int error;

	if (attr->_a_stackaddr == 0)
		return __thread_map(td, attr->_a_stacksize, attr->_a_guardsize);
	error = __thread_map(td, 0, 0);
	if (error != 0)
		return error;
	(*td)->stack = (char *)attr->_a_stackaddr - attr->_a_stacksize;
	(*td)->stack_size = attr->_a_stacksize;
	return 0;
}

int pthread_create(pthread_t *restrict thread,
		   const pthread_attr_t *restrict attr, void *(*run)(void *),
		   void *restrict argument)
{
	pthread_attr_t standard;
	struct pthread *td;
	int error;

	unmap_dead();
	pthread_attr_init(&standard);
	if (attr == NULL)
		attr = &standard;
	error = map_for(&td, attr);
	if (error != 0)
		return error;
	td->start = run;
	td->argument = argument;
	td->state = attr->_a_detach ? THREAD_DETACHED : THREAD_JOINABLE;
	*thread = td;
	error = start(td);
	if (error != 0)
		__munmap(td->mapping, td->mapping_size);
	return error;
}

static bool change_state(struct pthread *td, int from, int to)
{
	return __atomic_compare_exchange_n(&td->state, &from, to, false,
					   __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

_Noreturn void pthread_exit(void *result)
{
	struct pthread *self = __pthread_self();

	self->result = result;
	while (self->cleanup != NULL)
		_pthread_cleanup_pop(self->cleanup, 1);
	__tsd_run_destructors(self);
	if (__atomic_fetch_sub(&libc.threads_minus_1, 1, __ATOMIC_ACQ_REL) == 0)
		exit(0);
	if (!change_state(self, THREAD_JOINABLE, THREAD_EXITED))
		bury(self);
	cloudabi_sys_thread_exit(&self->join, CLOUDABI_SCOPE_PRIVATE);
}

static int join_until(pthread_t thread, void **result, clockid_t clock,
		      const struct timespec *until)
{
	int error = __word_read((lock_word *)&thread->join, clock, until);

	if (error != 0)
		return error;
	--__pthread_self()->read_locks;
	if (result != NULL)
		*result = thread->result;
	__munmap(thread->mapping, thread->mapping_size);
	return 0;
}

int pthread_join(pthread_t thread, void **result)
{
	return join_until(thread, result, CLOCK_REALTIME, NULL);
}

int pthread_timedjoin_np(pthread_t thread, void **result,
			 const struct timespec *until)
{
	return join_until(thread, result, CLOCK_REALTIME, until);
}

int pthread_tryjoin_np(pthread_t thread, void **result)
{
	return has_left(thread) ? pthread_join(thread, result) : EBUSY;
}

int pthread_detach(pthread_t thread)
{
	if (change_state(thread, THREAD_JOINABLE, THREAD_DETACHED))
		return 0;
	if (!change_state(thread, THREAD_EXITED, THREAD_DETACHED))
		return EINVAL;
	bury(thread);
	unmap_dead();
	return 0;
}

int sched_yield(void)
{
	return __result(cloudabi_sys_thread_yield());
}
