/* SPDX-License-Identifier: BSD-2-Clause */
/* What test programs have in common. */

#include "test.h"

#define STACK_LEN 65536

static void write_all(const char *text, size_t len)
{
	while (len > 0) {
		const cloudabi_ciovec_t iov = {text, len};
		size_t n;

		if (sys.fd_write(OUTPUT, &iov, 1, &n) != 0)
			sys.proc_exit(2);
		text += n;
		len -= n;
	}
}

void say(const char *text)
{
	write_all(text, strlen(text));
}

/* Large numbers in hexadecimal: 32-bit machines cannot divide them without
 * help from a library. */
void say_number(uint64_t number)
{
	static const char digits[] = "0123456789abcdef";
	uint32_t base = number > UINT32_MAX ? 16 : 10;
	char text[20];
	size_t i = sizeof(text);

	do {
		uint32_t digit =
			base == 16 ? number & 15 : (uint32_t)number % 10;

		text[--i] = digits[digit];
		number = base == 16 ? number >> 4 : (uint32_t)number / 10;
	} while (number > 0);
	if (base == 16)
		say("0x");
	write_all(text + i, sizeof(text) - i);
}

static void say_place(const char *file, int line, const char *what)
{
	say(file);
	say(":");
	say_number(line);
	say(": ");
	say(what);
}

_Noreturn void fail(const char *file, int line, const char *what)
{
	say_place(file, line, what);
	say("\n");
	sys.proc_exit(1);
	__builtin_trap();
}

void check_equal(uint64_t found, uint64_t expected, const char *file, int line,
		 const char *what)
{
	if (found == expected)
		return;
	say_place(file, line, what);
	say(" is ");
	say_number(found);
	say(", not ");
	say_number(expected);
	say("\n");
	sys.proc_exit(1);
}

void *allocate(size_t len)
{
	void *memory;

	OK(sys.mem_map(NULL, len, CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE,
		       CLOUDABI_MAP_ANON | CLOUDABI_MAP_PRIVATE,
		       CLOUDABI_MAP_ANON_FD, 0, &memory));
	return memory;
}

cloudabi_timestamp_t now(cloudabi_clockid_t clock)
{
	cloudabi_timestamp_t time;

	OK(sys.clock_time_get(clock, 1, &time));
	return time;
}

cloudabi_subscription_t clock_sub(cloudabi_clockid_t clock,
				  cloudabi_timestamp_t timeout,
				  cloudabi_subclockflags_t flags,
				  cloudabi_userdata_t userdata)
{
	return (cloudabi_subscription_t){
		.userdata = userdata,
		.type = CLOUDABI_EVENTTYPE_CLOCK,
		.clock =
			{
				.identifier = userdata,
				.clock_id = clock,
				.timeout = timeout,
				.flags = flags,
			},
	};
}

cloudabi_subscription_t fd_sub(cloudabi_eventtype_t type, cloudabi_fd_t fd,
			       cloudabi_userdata_t userdata)
{
	return (cloudabi_subscription_t){
		.userdata = userdata,
		.type = type,
		.fd_readwrite = {fd, CLOUDABI_SUBSCRIPTION_FD_READWRITE_POLL},
	};
}

size_t poll(const cloudabi_subscription_t *in, cloudabi_event_t *out,
	    size_t len)
{
	size_t n = 0;

	OK(sys.poll(in, out, len, &n));
	CHECK(n >= 1 && n <= len);
	return n;
}

cloudabi_errno_t poll_fd(cloudabi_eventtype_t type, cloudabi_fd_t fd)
{
	const cloudabi_subscription_t in = fd_sub(type, fd, 1);
	cloudabi_event_t event;

	poll(&in, &event, 1);
	EQUAL(event.type, type);
	EQUAL(event.userdata, 1);
	return event.error;
}

static cloudabi_subscription_t timeout_of(cloudabi_timestamp_t duration)
{
	return clock_sub(CLOUDABI_CLOCK_MONOTONIC, duration, 0, 0);
}

void sleep_ns(cloudabi_timestamp_t duration)
{
	const cloudabi_subscription_t in = timeout_of(duration);
	cloudabi_event_t event;
	size_t n;

	OK(sys.poll(&in, &event, 1, &n));
	EQUAL(n, 1);
	OK(event.error);
}

cloudabi_tid_t spawn(cloudabi_threadentry_t *entry, void *argument)
{
	cloudabi_threadattr_t attr = {
		.entry_point = entry,
		.stack = allocate(STACK_LEN),
		.stack_len = STACK_LEN,
		.argument = argument,
	};
	cloudabi_tid_t tid;

	OK(sys.thread_create(&attr, &tid));
	return tid;
}

_Noreturn void park(void)
{
	for (;;)
		sleep_ns(1000 * SECOND);
}

static void await(const uint32_t *word, uint32_t value, bool equal)
{
	cloudabi_timestamp_t end = now(CLOUDABI_CLOCK_MONOTONIC) + 60 * SECOND;

	while ((__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) != equal) {
		CHECK(now(CLOUDABI_CLOCK_MONOTONIC) < end);
		sys.thread_yield();
	}
}

void await_change(const uint32_t *word, uint32_t value)
{
	await(word, value, false);
}

void await_value(const uint32_t *word, uint32_t value)
{
	await(word, value, true);
}

/* timeout: 0 for none. */
static cloudabi_errno_t wait_for(const cloudabi_subscription_t *what,
				 cloudabi_timestamp_t timeout)
{
	const cloudabi_subscription_t in[] = {*what, timeout_of(timeout)};
	cloudabi_event_t events[2];
	size_t n;

	n = poll(in, events, timeout == 0 ? 1 : 2);
	EQUAL(n, 1);
	if (events[0].type == CLOUDABI_EVENTTYPE_CLOCK) {
		OK(events[0].error);
		return CLOUDABI_ETIMEDOUT;
	}
	EQUAL(events[0].type, what->type);
	return events[0].error;
}

cloudabi_errno_t lock_wait_for(cloudabi_lock_t *lock, bool write,
			       cloudabi_timestamp_t timeout)
{
	return wait_for(
		&(cloudabi_subscription_t){
			.type = write ? CLOUDABI_EVENTTYPE_LOCK_WRLOCK :
					CLOUDABI_EVENTTYPE_LOCK_RDLOCK,
			.lock = {lock, CLOUDABI_SCOPE_PRIVATE},
		},
		timeout);
}

cloudabi_errno_t lock_wait(cloudabi_lock_t *lock, bool write)
{
	return lock_wait_for(lock, write, 0);
}

cloudabi_errno_t condvar_wait_for(cloudabi_condvar_t *condvar,
				  cloudabi_lock_t *lock,
				  cloudabi_timestamp_t timeout)
{
	return wait_for(
		&(cloudabi_subscription_t){
			.type = CLOUDABI_EVENTTYPE_CONDVAR,
			.condvar = {condvar, lock, CLOUDABI_SCOPE_PRIVATE,
				    CLOUDABI_SCOPE_PRIVATE},
		},
		timeout);
}

cloudabi_errno_t condvar_wait(cloudabi_condvar_t *condvar,
			      cloudabi_lock_t *lock)
{
	return condvar_wait_for(condvar, lock, 0);
}
