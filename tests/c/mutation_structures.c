/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * As mutation_storm.c, with what says in memory what to wait for, how to start
 * a thread and where to put a message, and with memory that comes and goes.
 * Argument: how many thousands of calls to make.
 */

#include "test.h"

#define MUTATORS 4
#define SUBS 4
#define STACK_LEN 16384
#define FDS_MAX 8
/* What nobody may write to. */
#define CANARY 0xc0ffeec0ffeec0ffull

static struct {
	/* The last one is left alone, so that there is an end to waiting. */
	cloudabi_subscription_t subs[SUBS];
	cloudabi_subscription_t lock_subs[2];
	cloudabi_threadattr_t attr;
	cloudabi_recv_in_t in;
	cloudabi_iovec_t iovs[2];
	char text[32];
} shared;

/* Where messages and events are put: each has something behind it. */
static struct {
	cloudabi_event_t events[SUBS];
	uint64_t canary;
	cloudabi_fd_t fds[FDS_MAX];
	uint64_t canary2;
	cloudabi_event_t event;
	uint64_t canary3;
} results = {.canary = CANARY, .canary2 = CANARY, .canary3 = CANARY};

static volatile bool is_over;
static uint64_t calls, events, messages, threads, naive_wins;
static cloudabi_fd_t pair[2];
static char *page;
static cloudabi_lock_t locks[2], thread_lock;
static _Alignas(16) char stacks[2][2 * STACK_LEN];
static uint32_t targets[2];

static uint32_t next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static cloudabi_fd_t some_fd(uint32_t random)
{
	const cloudabi_fd_t fds[] = {READ_ONLY, DIRECTORY,  NO_FD,   SOCKET,
				     pair[0],   UINT32_MAX, 1 << 20, OUTPUT};

	return fds[random % ARRAY_LEN(fds)];
}

static void mutate_sub(cloudabi_subscription_t *sub, uint32_t random)
{
	static const cloudabi_eventtype_t types[] = {
		CLOUDABI_EVENTTYPE_CLOCK,    CLOUDABI_EVENTTYPE_FD_READ,
		CLOUDABI_EVENTTYPE_FD_WRITE, CLOUDABI_EVENTTYPE_FD_READ,
		CLOUDABI_EVENTTYPE_FD_WRITE, CLOUDABI_EVENTTYPE_PROC_TERMINATE,
		CLOUDABI_EVENTTYPE_CLOCK,    77,
	};

	if (random & 1)
		sub->fd_readwrite.fd = some_fd(random >> 4);
	else if (random & 2)
		sub->type = types[random >> 4 & 7];
	else if (random & 4)
		sub->clock.timeout = random >> 4 & 1 ? UINT64_MAX : 1;
	else
		sub->clock.flags = random >> 4 & 1;
}

/* One that takes a lock that it has already has to wait for it until the time
 * is over. */
static void mutate_lock_sub(uint32_t random)
{
	cloudabi_subscription_t *sub = &shared.lock_subs[0];

	if (random & 1)
		sub->lock.lock = &locks[random >> 4 & 1];
	else if (random & 2)
		sub->type = random & 16 ? CLOUDABI_EVENTTYPE_LOCK_RDLOCK :
					  CLOUDABI_EVENTTYPE_LOCK_WRLOCK;
	else
		sub->lock.lock_scope =
			random & 16 ? CLOUDABI_SCOPE_PRIVATE : 77;
}

static void one_thread(cloudabi_tid_t tid, void *argument);
static void another_thread(cloudabi_tid_t tid, void *argument);

static void mutate_attr(uint32_t random)
{
	uint32_t bit = random >> 4 & 1;

	switch (random & 3) {
	case 0:
		shared.attr.entry_point = bit ? one_thread : another_thread;
		break;
	case 1:
		shared.attr.stack = stacks[bit];
		break;
	case 2:
		shared.attr.stack_len = bit ? STACK_LEN : 2 * STACK_LEN;
		break;
	default:
		shared.attr.argument = &targets[bit];
	}
}

static void mutate_in(uint32_t random)
{
	static const size_t lengths[] = {0, 1, 2, SIZE_MAX, 2, 1, 1 << 20, 1};
	uint32_t value = random >> 4;

	switch (random & 7) {
	case 0:
		shared.in.ri_data_len = lengths[value & 7];
		break;
	case 1:
		shared.in.ri_fds = &results.fds[value & 3];
		break;
	case 2:
		shared.in.ri_fds_len = value & 3;
		break;
	case 3:
		shared.in.ri_flags =
			value & 1 ? CLOUDABI_SOCK_RECV_PEEK : value & 2;
		break;
	case 4:
		shared.iovs[value & 1].buf = value & 2 ? shared.text :
					     value & 4 ? (void *)page :
							 NOWHERE;
		break;
	default:
		shared.iovs[value & 1].buf_len = lengths[value >> 1 & 7] & 31;
	}
}

/* Memory that the kernel finds there or not. */
static void mutate_page(uint32_t random)
{
	OK(sys.mem_protect(
		page, page_size,
		random & 16 ? CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE : 0));
}

static void mutate(uint32_t random, uint32_t more)
{
	switch (random >> 4 & 7) {
	case 0:
		mutate_lock_sub(more);
		break;
	case 1:
		mutate_attr(more);
		break;
	case 2:
	case 3:
		mutate_in(more);
		break;
	case 4:
		if (random >> 8 & 15)
			break;
		mutate_page(more);
		break;
	default:
		mutate_sub(&shared.subs[random >> 8 & 1], more);
	}
}

static void mutator(cloudabi_tid_t tid, void *argument)
{
	uint32_t state = tid * 2654435761u | 1;

	(void)argument;
	for (unsigned n = 0; !is_over; n++) {
		mutate(next(&state), next(&state));
		if (n % 64 == 0)
			sys.thread_yield();
	}
	park();
}

static void check_canaries(void)
{
	CHECK(results.canary == CANARY && results.canary2 == CANARY &&
	      results.canary3 == CANARY);
}

/* What makes no sense is nothing to wait for, whatever it was at first. */
static void check_event(const cloudabi_event_t *event)
{
	CHECK(event->userdata < SUBS);
	CHECK(event->type <= CLOUDABI_EVENTTYPE_PROC_TERMINATE ||
	      event->error == CLOUDABI_EINVAL);
	if (event->userdata == SUBS - 1)
		EQUAL(event->type, CLOUDABI_EVENTTYPE_CLOCK);
}

static void use_subscriptions(void)
{
	size_t n = 0;

	calls++;
	if (sys.poll(shared.subs, results.events, SUBS, &n) != 0)
		return;
	CHECK(n > 0 && n <= SUBS);
	for (size_t i = 0; i < n; i++)
		check_event(&results.events[i]);
	events += n;
	check_canaries();
}

/* Both are held, by this very thread, and nobody gets them. */
static void use_locks(void)
{
	size_t n = 0;

	OK(sys.poll(shared.lock_subs, &results.event, 2, &n));
	EQUAL(n, 1);
	if (results.event.error == 0)
		EQUAL(results.event.type, CLOUDABI_EVENTTYPE_CLOCK);
	for (size_t i = 0; i < ARRAY_LEN(locks); i++)
		EQUAL(locks[i] & ~CLOUDABI_LOCK_KERNEL_MANAGED,
		      main_tid | CLOUDABI_LOCK_WRLOCKED);
	check_canaries();
	calls++;
}

static void be_thread(cloudabi_tid_t tid, void *argument)
{
	const char *here = (const char *)&tid;

	CHECK(here > stacks[0] && here < stacks[0] + sizeof(stacks));
	CHECK(argument == &targets[0] || argument == &targets[1]);
	__atomic_store_n(&thread_lock, tid | CLOUDABI_LOCK_WRLOCKED,
			 __ATOMIC_RELEASE);
	__atomic_store_n((uint32_t *)argument, 1, __ATOMIC_RELEASE);
	sys.thread_exit(&thread_lock, CLOUDABI_SCOPE_PRIVATE);
}

static void one_thread(cloudabi_tid_t tid, void *argument)
{
	be_thread(tid, argument);
}

static void another_thread(cloudabi_tid_t tid, void *argument)
{
	be_thread(tid, argument);
}

static void use_attributes(void)
{
	cloudabi_tid_t tid = 0;

	thread_lock = targets[0] = targets[1] = 0;
	OK(sys.thread_create(&shared.attr, &tid));
	CHECK(tid != 0 && tid != main_tid);
	while (__atomic_load_n(&targets[0], __ATOMIC_ACQUIRE) == 0 &&
	       __atomic_load_n(&targets[1], __ATOMIC_ACQUIRE) == 0)
		sys.thread_yield();
	OK(lock_wait(&thread_lock, false));
	threads++;
	calls += 3;
}

/* Only what was sent arrives, with no more rights than it had. */
static void check_fd(cloudabi_fd_t fd)
{
	const cloudabi_fdstat_t stat = fdstat_of(fd);
	const cloudabi_ciovec_t iov = {"x", 1};
	size_t n;

	EQUAL(stat.fs_filetype, CLOUDABI_FILETYPE_REGULAR_FILE);
	CHECK((stat.fs_rights_base & CLOUDABI_RIGHT_FD_WRITE) == 0);
	FAILS(sys.fd_pwrite(fd, &iov, 1, 0, &n), ENOTCAPABLE);
	OK(sys.fd_close(fd));
}

static void take_fds(void)
{
	for (size_t i = 0; i < FDS_MAX; i++) {
		if (results.fds[i] != NO_FD)
			check_fd(results.fds[i]);
		results.fds[i] = NO_FD;
	}
}

/* Until nothing is left, as what follows has to find room. */
static void drain(void)
{
	cloudabi_recv_out_t out;
	char text[8];

	while (receive(pair[1], text, sizeof(text), results.fds, 2, 0, &out) ==
	       0) {
		take_fds();
		messages++;
	}
}

static void use_messages(void)
{
	static const cloudabi_fd_t sent[] = {READ_ONLY, READ_ONLY};
	cloudabi_recv_out_t out = {0};

	for (int i = 0; i < 4; i++)
		OK(send_fds(pair[0], sent, i & 1 ? 1 : 2));
	for (int i = 0; i < 4; i++) {
		if (sys.sock_recv(pair[1], &shared.in, &out) == 0)
			CHECK(out.ro_fdslen <= 2 && out.ro_datalen <= 1);
		check_canaries();
		take_fds();
	}
	drain();
	calls += 12;
}

static void look_and_act(void)
{
	const volatile cloudabi_fd_t *fd = &shared.subs[0].fd_readwrite.fd;

	if (*fd >= NO_FD)
		return;
	sys.thread_yield();
	naive_wins += *fd >= NO_FD;
}

static uint64_t parse(const char *text)
{
	uint64_t number = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (uint64_t)(*text - '0');
	return number;
}

static void start(void)
{
	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &pair[0], &pair[1]);
	OK(put_flags(pair[1], CLOUDABI_FDFLAG_NONBLOCK));
	page = allocate(page_size);
	for (size_t i = 0; i < ARRAY_LEN(locks); i++)
		locks[i] = main_tid | CLOUDABI_LOCK_WRLOCKED;
	for (size_t i = 0; i < FDS_MAX; i++)
		results.fds[i] = NO_FD;
	for (size_t i = 0; i < SUBS; i++)
		shared.subs[i] = clock_sub(CLOUDABI_CLOCK_MONOTONIC, 1, 0, i);
	shared.lock_subs[0] = (cloudabi_subscription_t){
		.type = CLOUDABI_EVENTTYPE_LOCK_WRLOCK,
		.lock = {&locks[0], CLOUDABI_SCOPE_PRIVATE},
	};
	shared.lock_subs[1] = clock_sub(CLOUDABI_CLOCK_MONOTONIC, 1, 0, 1);
	shared.attr = (cloudabi_threadattr_t){one_thread, stacks[0], STACK_LEN,
					      &targets[0]};
	shared.in = (cloudabi_recv_in_t){
		.ri_data = shared.iovs,
		.ri_data_len = 1,
		.ri_fds = results.fds,
		.ri_fds_len = 2,
	};
	shared.iovs[0] = (cloudabi_iovec_t){shared.text, sizeof(shared.text)};
	for (int i = 0; i < MUTATORS; i++)
		spawn(mutator, NULL);
}

void test(void)
{
	const uint64_t wanted = parse(argdata + 1) * 1000;

	start();
	while (calls < wanted) {
		for (int i = 0; i < 20; i++)
			use_subscriptions();
		use_locks();
		use_messages();
		use_attributes();
		look_and_act();
	}
	is_over = true;
	say_number(calls);
	say(" ");
	say_number(events);
	say(" ");
	say_number(messages);
	say(" ");
	say_number(threads);
	say(" ");
	say_number(naive_wins);
}
