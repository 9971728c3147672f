/* SPDX-License-Identifier: BSD-2-Clause */
/* A second process that goes on where this one is. */

#include <program.h>
#include <unistd.h>

#include "cloudabi_impl.h"
#include "fork_impl.h"
#include "fork_locks.h"
#include "lock.h"
#include "pthread_impl.h"

static volatile int *const none = NULL;

weak_alias(none, __at_quick_exit_lockptr);
weak_alias(none, __atexit_lockptr);
weak_alias(none, __gettext_lockptr);
weak_alias(none, __locale_lockptr);
weak_alias(none, __random_lockptr);
weak_alias(none, __stdio_ofl_lockptr);
weak_alias(none, __timezone_lockptr);
weak_alias(none, __children_lockptr);
weak_alias(none, __keys_lockptr);
weak_alias(none, __current_lockptr);
weak_alias(none, __dead_lockptr);

static void nothing(void)
{
}

weak_alias(nothing, __threads_forget);
weak_alias(nothing, __children_forget);

/* That of malloc(), which is in every program. */
extern hidden int __malloc_lock[1];

/* Whoever holds one of these may want one that comes later. */
static volatile int *const *const locks[] = {
	&__children_lockptr, &__at_quick_exit_lockptr, &__atexit_lockptr,
	&__gettext_lockptr,  &__locale_lockptr,        &__random_lockptr,
	&__timezone_lockptr, &__stdio_ofl_lockptr,     &__keys_lockptr,
	&__current_lockptr,  &__dead_lockptr,
};

enum {
	LOCKS_LEN = sizeof(locks) / sizeof(*locks)
};

static void lock_all(void)
{
	for (int i = 0; i < LOCKS_LEN; ++i)
		if (*locks[i] != NULL)
			LOCK(*locks[i]);
	LOCK(__malloc_lock);
	LOCK(__blocks_lockptr);
}

static void unlock_all(void)
{
	UNLOCK(__blocks_lockptr);
	UNLOCK(__malloc_lock);
	for (int i = LOCKS_LEN; i-- > 0;)
		if (*locks[i] != NULL)
			UNLOCK(*locks[i]);
}

/* The system has given it a UUID of its own. */
static void be_copy(cloudabi_tid_t tid, pid_t parent)
{
	__pthread_self()->tid = tid;
	__system_facts.number = 0;
	__system_facts.parent = parent;
	__children_forget();
	__threads_forget();
}

/* The thread has the same id in both, so that both can release what it holds.
 */
int program_fork(int *process)
{
	cloudabi_fd_t fd;
	cloudabi_tid_t tid;
	cloudabi_errno_t error;
	pid_t own = getpid();
	bool is_copy;

	lock_all();
	error = cloudabi_sys_proc_fork(&fd, &tid);
	is_copy = error == 0 && fd == CLOUDABI_PROCESS_CHILD;
	if (is_copy)
		be_copy(tid, own);
	else if (error == 0)
		*process = (int)fd;
	unlock_all();
	if (error != 0)
		return __result(error);
	return is_copy;
}
