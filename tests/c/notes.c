/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Does what the argument data says, one letter each, for a test that reads the
 * notes on it. The descriptors are those of the enum below.
 */

#include "test.h"

#include <cloudabi_notes.h>

enum {
	FILE_TO_READ = OUTPUT + 1,
	FOLDER, /* a socket to the test, which is no broker */
	PEER,
};

#define MANY 100000

static struct cloudabi_notes *notes;
static uint32_t told;

static void count_refusal(void)
{
	told++;
}

static void find_notes(void)
{
	for (const cloudabi_auxv_t *entry = vector;
	     entry->a_type != CLOUDABI_AT_NULL; entry++) {
		if (entry->a_type == AT_CLOUDABI_NOTES)
			notes = entry->a_ptr;
	}
}

static void write_to(cloudabi_fd_t fd)
{
	FAILS(put(fd, "x"), ENOTCAPABLE);
}

static void write_to_copy(void)
{
	cloudabi_fd_t copy;

	OK(sys.fd_dup(FILE_TO_READ, &copy));
	write_to(copy);
	OK(sys.fd_close(copy));
}

static void write_to_own(void)
{
	cloudabi_fd_t a, b;

	make_pair(CLOUDABI_FILETYPE_SOCKET_STREAM, &a, &b);
	restrict_rights(a, CLOUDABI_RIGHT_FD_WRITE);
	write_to(a);
}

static void stat_below(void)
{
	const cloudabi_lookup_t lookup = {FOLDER, 0};
	cloudabi_filestat_t stat;

	FAILS(sys.file_stat_get(lookup, TEXT("some/file"), &stat), ENOTCAPABLE);
}

static void stat_long_path(void)
{
	static char path[2 * CLOUDABI_NOTE_TEXT_MAX];
	const cloudabi_lookup_t lookup = {FOLDER, 0};
	cloudabi_filestat_t stat;

	memset(path, 'p', sizeof(path));
	FAILS(sys.file_stat_get(lookup, path, sizeof(path), &stat),
	      ENOTCAPABLE);
}

static void ask_broker(void)
{
	FAILS(sys.file_unlink(FOLDER, TEXT("gone"), 0), EACCES);
}

static void rename_to_peer(void)
{
	FAILS(sys.file_rename(FOLDER, TEXT("from"), FOLDER, TEXT("to")),
	      ENOTCAPABLE);
}

static void poll_for(cloudabi_eventtype_t type)
{
	const cloudabi_subscription_t in = {
		.type = type,
		.fd_readwrite.fd = FILE_TO_READ,
	};
	cloudabi_event_t event;
	size_t n;

	OK(sys.poll(&in, &event, 1, &n));
	EQUAL(n, 1);
	EQUAL(event.error,
	      type == CLOUDABI_EVENTTYPE_FD_WRITE ? CLOUDABI_ENOTCAPABLE : 0);
}

static cloudabi_errno_t map(size_t len, cloudabi_mprot_t prot)
{
	void *mem;

	return sys.mem_map(NULL, len, prot,
			   CLOUDABI_MAP_ANON | CLOUDABI_MAP_PRIVATE,
			   CLOUDABI_MAP_ANON_FD, 0, &mem);
}

static void map_for_writing(void)
{
	void *mem;

	FAILS(sys.mem_map(NULL, page_size,
			  CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE,
			  CLOUDABI_MAP_SHARED, FILE_TO_READ, 0, &mem),
	      ENOTCAPABLE);
}

static cloudabi_errno_t pass_descriptor(void)
{
	const cloudabi_ciovec_t iov = {"x", 1};
	const cloudabi_fd_t fd = FILE_TO_READ;
	const cloudabi_send_in_t in = {&iov, 1, &fd, 1, 0};
	cloudabi_send_out_t out;

	return sys.sock_send(PEER, &in, &out);
}

static void make_memory_file(void)
{
	cloudabi_fd_t fd;

	FAILS(sys.fd_create1(CLOUDABI_FILETYPE_SHARED_MEMORY, &fd), ENOTSUP);
}

static void take_more_rights(void)
{
	const cloudabi_fdstat_t more = {
		.fs_rights_base = rights_of(FILE_TO_READ) |
				  CLOUDABI_RIGHT_FD_DATASYNC |
				  UINT64_C(1) << 63,
	};

	FAILS(sys.fd_stat_put(FILE_TO_READ, &more, CLOUDABI_FDSTAT_RIGHTS),
	      ENOTCAPABLE);
}

/* What no descriptor of these kinds can do. */
static void try_nonsense(void)
{
	cloudabi_filesize_t position;
	cloudabi_fd_t fd;
	size_t n;

	FAILS(sys.fd_seek(PEER, 0, CLOUDABI_WHENCE_CUR, &position),
	      ENOTCAPABLE);
	FAILS(get(FOLDER, NULL, 0, &n), ENOTCAPABLE);
	FAILS(open_at(FILE_TO_READ, "file", READ, 0, &fd), ENOTCAPABLE);
}

static void look_at(cloudabi_fd_t fd)
{
	cloudabi_filestat_t stat;
	cloudabi_filesize_t position;
	cloudabi_fd_t copy;

	rights_of(fd);
	OK(sys.file_stat_fget(fd, &stat));
	OK(sys.fd_seek(fd, 0, CLOUDABI_WHENCE_CUR, &position));
	OK(sys.fd_dup(fd, &copy));
	OK(sys.fd_close(copy));
}

static void read_copy(void)
{
	cloudabi_fd_t copy;
	char byte;
	size_t n;

	OK(sys.fd_dup(FILE_TO_READ, &copy));
	OK(get(copy, &byte, 1, &n));
	OK(sys.fd_close(copy));
}

static void use_up_descriptors(void)
{
	cloudabi_fd_t fd;
	cloudabi_errno_t error;

	do {
		error = sys.fd_dup(FILE_TO_READ, &fd);
	} while (error == 0);
	EQUAL(error, CLOUDABI_EMFILE);
	FAILS(sys.fd_dup(FILE_TO_READ, &fd), EMFILE);
}

static void write_large_file(void)
{
	const cloudabi_filestat_t stat = {.st_size = 1 << 20};

	FAILS(sys.file_stat_fput(OUTPUT, &stat, CLOUDABI_FILESTAT_SIZE), EFBIG);
}

/* Far more than the limit, and than there is. */
#define MUCH (SIZE_MAX / 4 + 1)

static void use_up_memory(void)
{
	FAILS(map(MUCH, CLOUDABI_PROT_READ | CLOUDABI_PROT_WRITE), ENOMEM);
}

/* A search for addresses, which can do without. */
static void look_for_room(void)
{
	FAILS(map(MUCH, 0), ENOMEM);
}

struct short_life {
	cloudabi_lock_t lock;
	uint32_t owned;
	uint32_t may_end;
};

static void live(cloudabi_tid_t tid, void *argument)
{
	struct short_life *life = argument;

	life->lock = tid | CLOUDABI_LOCK_WRLOCKED;
	__atomic_store_n(&life->owned, 1, __ATOMIC_RELEASE);
	await_change(&life->may_end, 0);
	sys.thread_exit(&life->lock, CLOUDABI_SCOPE_PRIVATE);
}

/* With room for three threads, this one among them. */
static void use_up_threads(void)
{
	static struct short_life lives[2];
	static char stack[16384];
	cloudabi_threadattr_t attr = {live, stack, sizeof(stack), &lives[0]};
	cloudabi_tid_t tid;

	for (size_t i = 0; i < ARRAY_LEN(lives); i++) {
		spawn(live, &lives[i]);
		await_change(&lives[i].owned, 0);
	}
	for (size_t i = 0; i < 50; i++) {
		FAILS(sys.thread_create(&attr, &tid), EAGAIN);
		__atomic_store_n(&lives[0].may_end, 1, __ATOMIC_RELEASE);
		OK(lock_wait(&lives[0].lock, true));
		lives[0] = (struct short_life){0};
		spawn(live, &lives[0]);
		await_change(&lives[0].owned, 0);
	}
}

static void abuse_socket(void)
{
	cloudabi_fdstat_t stat;
	cloudabi_fd_t fd;

	FAILS(sys.fd_close(notes->fd), EBADF);
	FAILS(sys.fd_dup(notes->fd, &fd), EBADF);
	FAILS(sys.fd_replace(OUTPUT, notes->fd), EBADF);
	FAILS(sys.fd_stat_get(notes->fd, &stat), EBADF);
	FAILS(sys.sock_shutdown(notes->fd, CLOUDABI_SHUT_WR), EBADF);
	OK(put(notes->fd, "packet"));
}

static void overfill(void)
{
	for (size_t i = 0; i < MANY; i++)
		write_to(FILE_TO_READ);
}

static void count_calls(void)
{
	__atomic_store_n(&notes->on_denied, count_refusal, __ATOMIC_RELEASE);
	write_to(FILE_TO_READ);
	EQUAL(told, 1);
	poll_for(CLOUDABI_EVENTTYPE_FD_WRITE);
	EQUAL(told, 2);
	try_nonsense();
	FAILS(put(1000, "x"), EBADF);
	EQUAL(told, 2);
	ask_broker();
	EQUAL(told, 3);
}

static void refuse_once_more(void)
{
	told++;
	write_to(FILE_TO_READ);
}

static void count_nested_calls(void)
{
	__atomic_store_n(&notes->on_denied, refuse_once_more, __ATOMIC_RELEASE);
	write_to(FILE_TO_READ);
	EQUAL(told, 1);
}

static void perform(char letter)
{
	switch (letter) {
	case 'w':
		return write_to(FILE_TO_READ);
	case 'd':
		return write_to_copy();
	case 'o':
		return write_to_own();
	case 's':
		return stat_below();
	case 'l':
		return stat_long_path();
	case 'b':
		return ask_broker();
	case 'r':
		return rename_to_peer();
	case 'p':
		return poll_for(CLOUDABI_EVENTTYPE_FD_WRITE);
	case 'P':
		return poll_for(CLOUDABI_EVENTTYPE_FD_READ);
	case 'm':
		return map_for_writing();
	case 'x':
		FAILS(map(page_size, CLOUDABI_PROT_EXEC), ENOTSUP);
		return;
	case 'f':
		FAILS(pass_descriptor(), ENOTSUP);
		return;
	case 'g':
		OK(pass_descriptor());
		return;
	case 'c':
		return make_memory_file();
	case 't':
		return take_more_rights();
	case 'n':
		return try_nonsense();
	case 'L':
		return look_at(FILE_TO_READ);
	case 'R':
		return read_copy();
	case 'D':
		return use_up_descriptors();
	case 'F':
		return write_large_file();
	case 'M':
		return use_up_memory();
	case 'A':
		return look_for_room();
	case 'T':
		return use_up_threads();
	case 'a':
		return abuse_socket();
	case 'O':
		return overfill();
	case 'h':
		return count_calls();
	case 'H':
		return count_nested_calls();
	case 'u':
		CHECK(notes == NULL);
		return;
	default:
		CHECK(!"a known letter");
	}
}

void test(void)
{
	find_notes();
	for (size_t i = 0; i < argdata_len; i++)
		perform(argdata[i]);
}
