/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts a test program, and what test programs have in common. */

#include "test.h"

#include <linux/elf.h>

#if __SIZEOF_POINTER__ == 8
#define ELF(name) ELF_NAME(Elf64_, name)
#define RELOCATION Rela
#define ADDEND(r, place) ((r)->r_addend)
#else
#define ELF(name) ELF_NAME(Elf32_, name)
#define RELOCATION Rel
#define ADDEND(r, place) ((size_t) * (place))
#endif
#define ELF_NAME(prefix, name) ELF_JOIN(prefix, name)
#define ELF_JOIN(prefix, name) prefix##name

#define STACK_LEN 65536

struct calls sys;
const char *argdata;
size_t argdata_len;
cloudabi_tid_t main_tid;
size_t page_size;
const cloudabi_auxv_t *vector;

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((char *)to)[i] = ((const char *)from)[i];
	return to;
}

void *memset(void *to, int value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		((char *)to)[i] = value;
	return to;
}

int memcmp(const void *a, const void *b, size_t len)
{
	const unsigned char *x = a;
	const unsigned char *y = b;

	for (size_t i = 0; i < len; i++) {
		if (x[i] != y[i])
			return x[i] - y[i];
	}
	return 0;
}

size_t strlen(const char *text)
{
	size_t len = 0;

	while (text[len] != '\0')
		len++;
	return len;
}

static bool is_equal(const char *a, const char *b)
{
	size_t len = strlen(a);

	return len == strlen(b) && memcmp(a, b, len) == 0;
}

/* As a program's start-up code does it, with DT_HASH for the count alone. */
static void *find_call(const char *image, const char *name)
{
	const ELF(Ehdr) *header = (const void *)image;
	const ELF(Phdr) *phdr = (const void *)(image + header->e_phoff);
	const ELF(Dyn) *dyn = (const void *)(image + phdr->p_vaddr);
	const ELF(Sym) *symbols = NULL;
	const uint32_t *hash = NULL;
	const char *strings = NULL;

	for (; dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_HASH)
			hash = (const void *)(image + dyn->d_un.d_ptr);
		else if (dyn->d_tag == DT_STRTAB)
			strings = image + dyn->d_un.d_ptr;
		else if (dyn->d_tag == DT_SYMTAB)
			symbols = (const void *)(image + dyn->d_un.d_ptr);
	}
	for (uint32_t i = 0; i < hash[1]; i++) {
		if (ELF64_ST_BIND(symbols[i].st_info) == STB_GLOBAL &&
		    ELF64_ST_TYPE(symbols[i].st_info) == STT_FUNC &&
		    is_equal(strings + symbols[i].st_name, name))
			return (char *)image + symbols[i].st_value;
	}
	return NULL;
}

static void find_calls(const char *image)
{
#define X(name) sys.name = find_call(image, "cloudabi_sys_" #name);
	CLOUDABI_SYSCALLS(X)
#undef X
}

/* A program relocates itself. There are no other relocations than RELATIVE. */
static void relocate(char *base, const ELF(Phdr) * phdr)
{
	const ELF(Dyn) * dyn;
	size_t table = 0;
	size_t len = 0;

	while (phdr->p_type != PT_DYNAMIC)
		phdr++;
	for (dyn = (void *)(base + phdr->p_vaddr); dyn->d_tag != DT_NULL;
	     dyn++) {
		if (dyn->d_tag == DT_RELA || dyn->d_tag == DT_REL)
			table = dyn->d_un.d_ptr;
		else if (dyn->d_tag == DT_RELASZ || dyn->d_tag == DT_RELSZ)
			len = dyn->d_un.d_val;
	}
	for (size_t i = 0; i < len / sizeof(ELF(RELOCATION)); i++) {
		const ELF(RELOCATION) *r =
			(const ELF(RELOCATION) *)(base + table) + i;
		char **place = (char **)(base + r->r_offset);

		*place = base + ADDEND(r, place);
	}
}

static void read_auxv(const cloudabi_auxv_t *auxv)
{
	char *base = NULL;
	const ELF(Phdr) *phdr = NULL;

	for (; auxv->a_type != CLOUDABI_AT_NULL; auxv++) {
		if (auxv->a_type == CLOUDABI_AT_SYSINFO_EHDR)
			find_calls(auxv->a_ptr);
		else if (auxv->a_type == CLOUDABI_AT_BASE)
			base = auxv->a_ptr;
		else if (auxv->a_type == CLOUDABI_AT_PHDR)
			phdr = auxv->a_ptr;
		else if (auxv->a_type == CLOUDABI_AT_ARGDATA)
			argdata = auxv->a_ptr;
		else if (auxv->a_type == CLOUDABI_AT_ARGDATALEN)
			argdata_len = auxv->a_val;
		else if (auxv->a_type == CLOUDABI_AT_TID)
			main_tid = auxv->a_val;
		else if (auxv->a_type == CLOUDABI_AT_PAGESZ)
			page_size = auxv->a_val;
	}
	relocate(base, phdr);
}

_Noreturn void _start(const cloudabi_auxv_t *auxv)
{
	vector = auxv;
	read_auxv(auxv);
	test();
	sys.proc_exit(0);
	__builtin_trap();
}

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

void say_number(uint64_t number)
{
	char digits[20];
	size_t i = sizeof(digits);

	do {
		digits[--i] = '0' + number % 10;
		number /= 10;
	} while (number > 0);
	write_all(digits + i, sizeof(digits) - i);
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

static cloudabi_subscription_t timeout_of(cloudabi_timestamp_t duration)
{
	return (cloudabi_subscription_t){
		.type = CLOUDABI_EVENTTYPE_CLOCK,
		.clock.clock_id = CLOUDABI_CLOCK_MONOTONIC,
		.clock.timeout = duration,
	};
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

void await_change(const uint32_t *word, uint32_t value)
{
	cloudabi_timestamp_t end =
		now(CLOUDABI_CLOCK_MONOTONIC) + UINT64_C(20000000000);

	while (__atomic_load_n(word, __ATOMIC_ACQUIRE) == value) {
		CHECK(now(CLOUDABI_CLOCK_MONOTONIC) < end);
		sys.thread_yield();
	}
}

/* timeout: 0 for none. */
static cloudabi_errno_t wait_for(const cloudabi_subscription_t *what,
				 cloudabi_timestamp_t timeout)
{
	const cloudabi_subscription_t in[] = {*what, timeout_of(timeout)};
	cloudabi_event_t events[2];
	size_t n;

	OK(sys.poll(in, events, timeout == 0 ? 1 : 2, &n));
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

void restrict_rights(cloudabi_fd_t fd, cloudabi_rights_t lost)
{
	cloudabi_fdstat_t stat;

	OK(sys.fd_stat_get(fd, &stat));
	stat.fs_rights_base &= ~lost;
	OK(sys.fd_stat_put(fd, &stat, CLOUDABI_FDSTAT_RIGHTS));
}

cloudabi_rights_t rights_of(cloudabi_fd_t fd)
{
	cloudabi_fdstat_t stat;

	OK(sys.fd_stat_get(fd, &stat));
	return stat.fs_rights_base;
}

cloudabi_errno_t put(cloudabi_fd_t fd, const char *text)
{
	const cloudabi_ciovec_t iov = {text, strlen(text)};
	size_t n;
	cloudabi_errno_t error = sys.fd_write(fd, &iov, 1, &n);

	if (error == 0)
		EQUAL(n, iov.buf_len);
	return error;
}

cloudabi_errno_t get(cloudabi_fd_t fd, char *buf, size_t len, size_t *n)
{
	const cloudabi_iovec_t iov = {buf, len};

	return sys.fd_read(fd, &iov, 1, n);
}

void expect_text(cloudabi_fd_t fd, const char *text)
{
	char buf[256];
	size_t n;

	OK(get(fd, buf, sizeof(buf), &n));
	EQUAL(n, strlen(text));
	EQUAL(memcmp(buf, text, n), 0);
}

cloudabi_errno_t open_at(cloudabi_fd_t dir, const char *path, int mode,
			 cloudabi_oflags_t oflags, cloudabi_fd_t *fd)
{
	const cloudabi_lookup_t lookup = {dir, CLOUDABI_LOOKUP_SYMLINK_FOLLOW};
	cloudabi_fdstat_t stat;
	cloudabi_errno_t error = sys.fd_stat_get(dir, &stat);

	if (error != 0)
		return error;
	stat.fs_flags = 0;
	stat.fs_rights_base = stat.fs_rights_inheriting;
	if (!(mode & READ))
		stat.fs_rights_base &= ~CLOUDABI_RIGHTS_READING;
	if (!(mode & WRITE))
		stat.fs_rights_base &= ~CLOUDABI_RIGHTS_WRITING;
	return sys.file_open(lookup, path, strlen(path), oflags, &stat, fd);
}

void make_pair(cloudabi_filetype_t type, cloudabi_fd_t *a, cloudabi_fd_t *b)
{
	OK(sys.fd_create2(type, a, b));
}

cloudabi_fd_t make_memory(cloudabi_filesize_t size)
{
	const cloudabi_filestat_t stat = {.st_size = size};
	cloudabi_fd_t fd;

	OK(sys.fd_create1(CLOUDABI_FILETYPE_SHARED_MEMORY, &fd));
	OK(sys.file_stat_fput(fd, &stat, CLOUDABI_FILESTAT_SIZE));
	return fd;
}
