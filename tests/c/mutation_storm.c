/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What calls are given in memory changes while they run: some threads write
 * other paths, lengths, pointers, rights and flags there all the time. No call
 * may act on a value that nobody has checked; the host looks at what has
 * become of its files. Argument: how many thousands of calls to make.
 */

#include "test.h"

#include "../../broker/protocol.h"

#define MUTATORS 8
#define PATH_LEN 20
#define IOVS 3
/* What everything inside begins with. */
#define INSIDE 'c'

/* All that is in memory. */
static struct {
	char path[PATH_LEN];
	char path2[PATH_LEN];
	cloudabi_iovec_t iovs[IOVS];
	cloudabi_ciovec_t ciovs[IOVS];
	cloudabi_fdstat_t fdstat;
	cloudabi_filestat_t filestat;
	cloudabi_fd_t fds[2];
	cloudabi_send_in_t send;
	cloudabi_send_out_t sent;
	cloudabi_recv_out_t received;
	char buffer[64];
} shared;

/* To the broker, without the runtime in between. */
static struct {
	struct broker_request head;
	char path[PATH_LEN];
} frame;

static volatile bool is_over;
static uint64_t calls, opened, answered, naive_wins;
static cloudabi_fd_t pair[2], directory = NO_FD;

/* Of the same length, so that any mixture of them is a path as well. Those that
 * lead out come last. */
static const char paths[][PATH_LEN + 1] = {
	".///////////////file", "sub/../sub/..///file", ".///////////////link",
	"./////////////////nw", "..////////////secret", "out///////////secret",
	"sub/../../////secret", "sub/////////////out2",
};

static uint32_t next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void put_path(volatile char *path, uint32_t random)
{
	const char *from = paths[random % ARRAY_LEN(paths)];
	size_t at = random >> 8 & 15;

	/* As a rule all of it, at times a part. */
	for (size_t i = random & 0x40 ? at : 0; i < PATH_LEN; i++)
		path[i] = from[i];
}

static void *some_pointer(uint32_t random)
{
	void *const pointers[] = {shared.buffer, shared.buffer + 32, NOWHERE,
				  (void *)~(uintptr_t)4095};

	return pointers[random % ARRAY_LEN(pointers)];
}

static size_t some_length(uint32_t random)
{
	static const size_t lengths[] = {
		0, 1, 8, 32, SIZE_MAX, SIZE_MAX / 2 + 2, 16, 9};

	return lengths[random % ARRAY_LEN(lengths)];
}

static cloudabi_fd_t some_fd(uint32_t random)
{
	static const cloudabi_fd_t fds[] = {READ_ONLY,  DIRECTORY, NO_FD,
					    UINT32_MAX, 5,         1 << 20};

	return fds[random % ARRAY_LEN(fds)];
}

static cloudabi_rights_t some_rights(uint32_t random)
{
	static const cloudabi_rights_t rights[] = {
		CLOUDABI_RIGHT_FD_READ, CLOUDABI_RIGHT_FD_READ, 0, ~0ull,
		CLOUDABI_RIGHT_FD_WRITE};

	return rights[random % ARRAY_LEN(rights)];
}

/* Each field of a frame has values that make sense and others. */
static void mutate_frame(uint32_t random)
{
	struct broker_request *head = &frame.head;
	uint32_t value = random >> 8;

	switch (random & 7) {
	case 0:
		head->op = value % 18;
		break;
	case 1:
		head->lookup_flags = value & 1;
		head->oflags = value & 2 ? 0 : value >> 2 & 31;
		break;
	case 2:
		head->rights_base = some_rights(value);
		break;
	case 3:
		head->rights_inheriting = some_rights(value);
		break;
	case 4:
		head->path1_len = value & 3 ? PATH_LEN : some_length(value);
		break;
	case 5:
		head->path2_len = value & 3 ? 0 : some_length(value);
		break;
	case 6:
		head->data_len = value & 3 ? 512 : some_length(value);
		break;
	default:
		put_path(frame.path, value);
	}
}

static void mutate(uint32_t random, uint32_t more)
{
	size_t i = more % IOVS;

	switch (random >> 4 & 15) {
	case 0:
		shared.iovs[i].buf = some_pointer(more >> 4);
		break;
	case 1:
		shared.iovs[i].buf_len = some_length(more >> 4);
		break;
	case 2:
		shared.ciovs[i].buf = some_pointer(more >> 4);
		break;
	case 3:
		shared.ciovs[i].buf_len = some_length(more >> 4);
		break;
	case 4:
		shared.fdstat.fs_rights_base = some_rights(more >> 4);
		break;
	case 5:
		shared.fdstat.fs_rights_inheriting = some_rights(more >> 4);
		break;
	case 6:
		shared.fdstat.fs_flags = more & 16 ? more : 0;
		break;
	case 7:
		shared.filestat.st_size = more;
		shared.filestat.st_mtim = more;
		break;
	case 8:
		shared.fds[more & 1] = some_fd(more >> 4);
		break;
	case 9:
		shared.send.si_fds_len = more & 16 ? 2 : some_length(more >> 5);
		shared.send.si_data_len = more & 32 ? 1 : IOVS;
		break;
	case 10:
	case 11:
	case 12:
		mutate_frame(more);
		break;
	default:
		put_path(more & 16 ? shared.path : shared.path2, more >> 5);
	}
}

static void mutator(cloudabi_tid_t tid, void *argument)
{
	uint32_t state = tid * 2654435761u | 1;

	(void)argument;
	for (unsigned n = 0; !is_over; n++) {
		mutate(next(&state), next(&state));
		/* Others want to go on as well. */
		if (n % 64 == 0)
			sys.thread_yield();
	}
	park();
}

/* As a program would do it that looks first and acts then: there is something
 * to win. */
static bool leads_out(const volatile char *path)
{
	return path[0] == '.' && path[1] == '.';
}

static void look_and_act(void)
{
	const volatile char *path = shared.path;

	if (leads_out(path))
		return;
	sys.thread_yield();
	naive_wins += leads_out(path);
}

static void check_content(cloudabi_fd_t fd)
{
	char text[32];
	const cloudabi_iovec_t iov = {text, sizeof(text)};
	size_t n = 0;

	if (sys.fd_pread(fd, &iov, 1, 0, &n) == 0 && n > 0)
		CHECK(text[0] == INSIDE);
}

/* Rights can only be those that were there to be had. */
static void open_file(void)
{
	const cloudabi_rights_t had = fdstat_of(DIRECTORY).fs_rights_inheriting;
	cloudabi_fd_t fd;
	cloudabi_fdstat_t got;

	if (sys.file_open((cloudabi_lookup_t){.fd = DIRECTORY, .flags = 1},
			  shared.path, PATH_LEN, 0, &shared.fdstat, &fd) != 0)
		return;
	opened++;
	if (sys.fd_stat_get(fd, &got) == 0)
		CHECK((got.fs_rights_base & ~had) == 0);
	check_content(fd);
	OK(sys.fd_close(fd));
}

static void use_paths(void)
{
	const cloudabi_lookup_t lookup = {.fd = DIRECTORY, .flags = 1};
	size_t n;

	sys.file_stat_get(lookup, shared.path, PATH_LEN, &shared.filestat);
	sys.file_stat_put(lookup, shared.path, PATH_LEN, &shared.filestat,
			  CLOUDABI_FILESTAT_MTIM);
	sys.file_unlink(DIRECTORY, shared.path2, PATH_LEN,
			CLOUDABI_UNLINK_REMOVEDIR);
	sys.file_create(DIRECTORY, shared.path, PATH_LEN,
			CLOUDABI_FILETYPE_DIRECTORY);
	sys.file_readlink(DIRECTORY, shared.path2, PATH_LEN, shared.buffer, 9,
			  &n);
	sys.file_link(lookup, shared.path, PATH_LEN, DIRECTORY, "stolen", 6);
	sys.file_unlink(DIRECTORY, "stolen", 6, 0);
	calls += 7;
}

/* A file that is open for reading alone stays as it is; the other one does not
 * grow beyond what the lengths that make sense allow. */
static void use_vectors(void)
{
	size_t n = 0;

	FAILS(sys.fd_pwrite(READ_ONLY, shared.ciovs, IOVS, 0, &n), ENOTCAPABLE);
	if (sys.fd_pread(READ_WRITE, shared.iovs, IOVS, 0, &n) == 0)
		CHECK(n <= IOVS * 32);
	if (sys.fd_pwrite(READ_WRITE, shared.ciovs, IOVS, 0, &n) == 0)
		CHECK(n <= IOVS * 32);
	calls += 3;
}

static void use_rights(void)
{
	cloudabi_fd_t fd;
	cloudabi_rights_t before, after;

	OK(sys.fd_dup(READ_ONLY, &fd));
	before = rights_of(fd);
	sys.fd_stat_put(fd, &shared.fdstat, CLOUDABI_FDSTAT_RIGHTS);
	after = rights_of(fd);
	CHECK((after & ~before) == 0);
	sys.fd_stat_put(fd, &shared.fdstat, CLOUDABI_FDSTAT_FLAGS);
	OK(sys.fd_close(fd));
	calls += 6;
}

/* What was received is given up again, if its number can still be told. */
static void use_messages(void)
{
	cloudabi_fd_t fds[2] = {NO_FD, NO_FD};
	cloudabi_recv_in_t in;
	char text[16];
	const cloudabi_iovec_t iov = {text, sizeof(text)};

	shared.send.si_fds = shared.fds;
	shared.send.si_data = shared.ciovs;
	calls += 4;
	if (sys.sock_send(pair[0], &shared.send, &shared.sent) != 0)
		return;
	in = (cloudabi_recv_in_t){
		.ri_data = &iov,
		.ri_data_len = 1,
		.ri_fds = fds,
		.ri_fds_len = 2,
	};
	sys.sock_recv(pair[1], &in, &shared.received);
	for (int i = 0; i < 2; i++)
		if (fds[i] != NO_FD)
			OK(sys.fd_close(fds[i]));
}

#ifdef __x86_64__

#define HOST_READV 19
#define HOST_WRITEV 20
#define HOST_RECVMSG 47
#define HOST_CLOSE 3

static long host_call(long number, long a, const void *b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

/* Returns the descriptor that came along, -1 if there is none, or less if the
 * capability has ended. */
static long take_reply(void)
{
	static char reply[sizeof(struct broker_reply) + BROKER_DATA_MAX];
	const cloudabi_iovec_t iov = {reply, sizeof(reply)};
	struct {
		size_t len;
		int level, type, fd, padding;
	} control = {.fd = -1};
	struct {
		void *name;
		unsigned name_len;
		const cloudabi_iovec_t *iov;
		size_t iov_len;
		void *control;
		size_t control_len;
		int flags;
	} message = {.iov = &iov,
		     .iov_len = 1,
		     .control = &control,
		     .control_len = sizeof(control)};

	if (host_call(HOST_RECVMSG, directory, &message, 0x40000000) <= 0)
		return -2;
	answered++;
	return message.control_len > 0 ? control.fd : -1;
}

static void check_received(long fd)
{
	char text[32];
	const cloudabi_iovec_t iov = {text, sizeof(text)};

	if (host_call(HOST_READV, fd, &iov, 1) > 0)
		CHECK(text[0] == INSIDE);
	host_call(HOST_CLOSE, fd, NULL, 0);
}

static void use_frames(void)
{
	const cloudabi_ciovec_t iov = {&frame, sizeof(frame)};
	long fd = -2;

	if (directory == NO_FD) {
		const cloudabi_fdstat_t all = fdstat_of(DIRECTORY);

		OK(sys.file_open((cloudabi_lookup_t){.fd = DIRECTORY}, ".", 1,
				 0, &all, &directory));
	}
	calls += 2;
	if (host_call(HOST_WRITEV, directory, &iov, 1) == sizeof(frame))
		fd = take_reply();
	if (fd >= 0)
		check_received(fd);
	if (fd == -2) {
		sys.fd_close(directory);
		directory = NO_FD;
	}
}

#else

static void use_frames(void)
{
	answered++;
}

#endif

static void use_small_calls(void)
{
	cloudabi_timestamp_t time;

	for (int i = 0; i < 40; i++) {
		sys.clock_time_get(CLOUDABI_CLOCK_MONOTONIC, 1, &time);
		sys.random_get(shared.buffer, 8);
		sys.fd_stat_get(READ_ONLY, &shared.fdstat);
		use_vectors();
		calls += 3;
	}
}

static uint64_t parse(const char *text)
{
	uint64_t number = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		number = number * 10 + (uint64_t)(*text - '0');
	return number;
}

void test(void)
{
	const uint64_t wanted = parse(argdata + 1) * 1000;

	make_pair(CLOUDABI_FILETYPE_SOCKET_DGRAM, &pair[0], &pair[1]);
	put_path(shared.path, 0);
	put_path(shared.path2, 0);
	for (int i = 0; i < MUTATORS; i++)
		spawn(mutator, NULL);
	while (calls < wanted) {
		use_small_calls();
		use_rights();
		use_messages();
		open_file();
		use_paths();
		look_and_act();
		for (int i = 0; i < 8; i++)
			use_frames();
		calls += 5;
	}
	is_over = true;
	say_number(calls);
	say(" ");
	say_number(opened);
	say(" ");
	say_number(answered);
	say(" ");
	say_number(naive_wins);
	CHECK(opened > 0 && answered > 0);
}
