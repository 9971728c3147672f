/* SPDX-License-Identifier: BSD-2-Clause */
/* lock_unlock and waiting for locks by poll: who gets it, in which order. */

#include "test.h"

#define WRLOCKED CLOUDABI_LOCK_WRLOCKED
#define MANAGED CLOUDABI_LOCK_KERNEL_MANAGED
#define OTHER (main_tid + 1)

static cloudabi_lock_t lock;
static cloudabi_condvar_t condvar;

struct contender {
	bool write;
	bool by_condvar; /* comes into the queue when it is signalled */
	uint32_t waits;
	uint32_t has_lock;
	uint32_t may_unlock;
	cloudabi_tid_t tid;
};

static cloudabi_errno_t unlock(void)
{
	return sys.lock_unlock(&lock, CLOUDABI_SCOPE_PRIVATE);
}

static cloudabi_lock_t word(void)
{
	return __atomic_load_n(&lock, __ATOMIC_ACQUIRE);
}

static void contend(cloudabi_tid_t tid, void *argument)
{
	struct contender *self = argument;

	self->tid = tid;
	if (self->by_condvar) {
		OK(lock_wait(&lock, true));
		__atomic_store_n(&self->waits, 1, __ATOMIC_RELEASE);
		OK(condvar_wait(&condvar, &lock));
	} else {
		OK(lock_wait(&lock, self->write));
	}
	__atomic_store_n(&self->has_lock, 1, __ATOMIC_RELEASE);
	if (self->write) {
		await_change(&self->may_unlock, 0);
		OK(unlock());
	}
	park();
}

/* Starts the first thread that waits for the lock: the word tells when. */
static void queue_first(struct contender *contender)
{
	CHECK(!(word() & MANAGED));
	spawn(contend, contender);
	for (cloudabi_lock_t seen; !((seen = word()) & MANAGED);)
		await_change(&lock, seen);
	EQUAL(contender->has_lock, 0);
}

/*
 * Starts a writer that waits for the condition variable, from where a signal
 * moves it to the end of the queue. Preconditions: nobody holds the lock.
 */
static void prepare(struct contender *contender)
{
	contender->write = true;
	contender->by_condvar = true;
	spawn(contend, contender);
	await_change(&contender->waits, 0);
	OK(lock_wait(&lock, true));
	OK(unlock());
}

static void queue_prepared(void)
{
	OK(sys.condvar_signal(&condvar, CLOUDABI_SCOPE_PRIVATE, 1));
}

static void expect_owner(struct contender *contender, cloudabi_lock_t managed)
{
	await_change(&contender->has_lock, 0);
	EQUAL(word(), contender->tid | WRLOCKED | managed);
}

static void let_unlock(struct contender *contender)
{
	__atomic_store_n(&contender->may_unlock, 1, __ATOMIC_RELEASE);
}

CASE(free_for_writing)
{
	lock = 0;
	OK(lock_wait(&lock, true));
	EQUAL(lock, main_tid | WRLOCKED);
	OK(unlock());
	EQUAL(lock, 0);
}

CASE(free_for_reading)
{
	lock = 0;
	OK(lock_wait(&lock, false));
	EQUAL(lock, 1);
	OK(lock_wait(&lock, false));
	EQUAL(lock, 2);
}

CASE(twice_for_writing)
{
	lock = main_tid | WRLOCKED;
	FAILS(lock_wait(&lock, true), EDEADLK);
	FAILS(lock_wait_for(&lock, true, MILLISECOND), EDEADLK);
	EQUAL(lock, main_tid | WRLOCKED);
}

/* The state that no lock is in. */
CASE(bogus)
{
	lock = CLOUDABI_LOCK_BOGUS;
	FAILS(lock_wait(&lock, true), EINVAL);
	FAILS(lock_wait(&lock, false), EINVAL);
	EQUAL(lock, CLOUDABI_LOCK_BOGUS);
}

/* It says that threads sleep, but none does. */
CASE(managed_by_nobody)
{
	lock = OTHER | WRLOCKED | MANAGED;
	FAILS(lock_wait(&lock, true), EINVAL);
	FAILS(lock_wait(&lock, false), EINVAL);
	lock = 3 | MANAGED;
	FAILS(lock_wait(&lock, true), EINVAL);
}

CASE(owner_gives_it_to_a_writer)
{
	static struct contender writer = {.write = true};

	lock = main_tid | WRLOCKED;
	queue_first(&writer);
	EQUAL(word(), main_tid | WRLOCKED | MANAGED);
	OK(unlock());
	expect_owner(&writer, 0);
	let_unlock(&writer);
	await_value(&lock, 0);
}

CASE(owner_gives_it_to_a_reader)
{
	static struct contender reader;

	lock = main_tid | WRLOCKED;
	queue_first(&reader);
	EQUAL(word(), main_tid | WRLOCKED | MANAGED);
	OK(unlock());
	await_change(&reader.has_lock, 0);
	EQUAL(word(), 1);
}

/* The last of them turns its lock into one for writing first. */
CASE(reader_gives_it_to_a_writer)
{
	static struct contender writer = {.write = true};

	lock = 1;
	queue_first(&writer);
	EQUAL(word(), 1 | MANAGED);
	lock = main_tid | WRLOCKED | MANAGED;
	OK(unlock());
	expect_owner(&writer, 0);
	let_unlock(&writer);
	await_value(&lock, 0);
}

CASE(second_reader_waits_behind_a_writer)
{
	static struct contender writer = {.write = true};

	lock = 1;
	queue_first(&writer);
	FAILS(lock_wait_for(&lock, false, MILLISECOND), ETIMEDOUT);
	EQUAL(word(), 1 | MANAGED);
	lock = main_tid | WRLOCKED | MANAGED;
	OK(unlock());
	expect_owner(&writer, 0);
	let_unlock(&writer);
	await_value(&lock, 0);
}

/* A writer goes before a reader that has waited for longer. */
CASE(writers_go_first)
{
	static struct contender reader;
	static struct contender writer;

	lock = 0;
	prepare(&writer);
	OK(lock_wait(&lock, true));
	queue_first(&reader);
	queue_prepared();
	OK(unlock());
	expect_owner(&writer, MANAGED);
	EQUAL(reader.has_lock, 0);
	let_unlock(&writer);
	await_change(&reader.has_lock, 0);
	EQUAL(word(), 1);
}

CASE(writers_keep_their_order)
{
	static struct contender writers[4];

	lock = 0;
	for (size_t i = 0; i < 4; i++)
		prepare(&writers[i]);
	OK(lock_wait(&lock, true));
	for (size_t i = 0; i < 4; i++)
		queue_prepared();
	OK(unlock());
	for (size_t i = 0; i < 4; i++) {
		expect_owner(&writers[i], i < 3 ? MANAGED : 0);
		let_unlock(&writers[i]);
	}
	await_value(&lock, 0);
}

/* Those who come too late for it find a lock that is held for reading. */
CASE(readers_get_it_together)
{
	static struct contender readers[4];

	lock = main_tid | WRLOCKED;
	queue_first(&readers[0]);
	for (size_t i = 1; i < 4; i++)
		spawn(contend, &readers[i]);
	sleep_ns(5 * MILLISECOND);
	OK(unlock());
	for (size_t i = 0; i < 4; i++)
		await_change(&readers[i].has_lock, 0);
	await_value(&lock, 4);
}

/* One that gives up leaves the others in the queue. */
CASE(timeout_with_others_waiting)
{
	static struct contender writer = {.write = true};

	lock = OTHER | WRLOCKED;
	queue_first(&writer);
	FAILS(lock_wait_for(&lock, true, MILLISECOND), ETIMEDOUT);
	EQUAL(word(), OTHER | WRLOCKED | MANAGED);
	lock = main_tid | WRLOCKED | MANAGED;
	OK(unlock());
	expect_owner(&writer, 0);
	let_unlock(&writer);
	await_value(&lock, 0);
}

CASE(owner_waits_with_others_waiting)
{
	static struct contender writer = {.write = true};

	lock = main_tid | WRLOCKED;
	queue_first(&writer);
	FAILS(lock_wait(&lock, true), EDEADLK);
	OK(unlock());
	expect_owner(&writer, 0);
	FAILS(unlock(), EPERM);
	let_unlock(&writer);
	await_value(&lock, 0);
}

CASE(unlocking_what_is_not_ours)
{
	lock = OTHER | WRLOCKED;
	FAILS(unlock(), EPERM);
	EQUAL(lock, OTHER | WRLOCKED);
	lock = 2;
	FAILS(unlock(), EPERM);
	EQUAL(lock, 2);
}

CASE(unlocking_with_nobody_waiting)
{
	lock = main_tid | WRLOCKED;
	OK(unlock());
	EQUAL(lock, 0);
	lock = main_tid | WRLOCKED | MANAGED;
	OK(unlock());
	EQUAL(lock, 0);
}

/* Two locks side by side do not know of each other. */
CASE(other_lock)
{
	static cloudabi_lock_t locks[2];

	OK(lock_wait(&locks[0], true));
	OK(lock_wait(&locks[1], true));
	OK(sys.lock_unlock(&locks[0], CLOUDABI_SCOPE_PRIVATE));
	EQUAL(locks[0], 0);
	EQUAL(locks[1], main_tid | WRLOCKED);
}

static cloudabi_errno_t wait_in(cloudabi_eventtype_t type,
				cloudabi_scope_t scope)
{
	const cloudabi_subscription_t in = {
		.type = type,
		.lock = {&lock, scope},
	};
	cloudabi_event_t event;

	EQUAL(poll(&in, &event, 1), 1);
	EQUAL(event.type, type);
	return event.error;
}

/* A deviation: locks in shared memory are not there. */
CASE(shared_scope)
{
	lock = main_tid | WRLOCKED;
	FAILS(sys.lock_unlock(&lock, CLOUDABI_SCOPE_SHARED), ENOTSUP);
	EQUAL(lock, main_tid | WRLOCKED);
	lock = 0;
	FAILS(wait_in(CLOUDABI_EVENTTYPE_LOCK_WRLOCK, CLOUDABI_SCOPE_SHARED),
	      ENOTSUP);
	FAILS(wait_in(CLOUDABI_EVENTTYPE_LOCK_RDLOCK, CLOUDABI_SCOPE_SHARED),
	      ENOTSUP);
	EQUAL(lock, 0);
}

CASE(unknown_scope)
{
	lock = main_tid | WRLOCKED;
	FAILS(sys.lock_unlock(&lock, 0), EINVAL);
	FAILS(sys.lock_unlock(&lock, 255), EINVAL);
	EQUAL(lock, main_tid | WRLOCKED);
	lock = 0;
	FAILS(wait_in(CLOUDABI_EVENTTYPE_LOCK_WRLOCK, 0), EINVAL);
	FAILS(wait_in(CLOUDABI_EVENTTYPE_LOCK_RDLOCK, 12), EINVAL);
	EQUAL(lock, 0);
}

ENDS(lock_nowhere, -11)
{
	sys.lock_unlock(NULL, CLOUDABI_SCOPE_PRIVATE);
}
