/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libFuzzer: a program for the loader, on a kernel of our own that checks every
 * mapping. With ELF32 it is the loader of 32-bit machines, whose addresses are
 * as good as any to a kernel that maps nothing.
 */

/* The kernel's headers do not go together with all of the C library's. */
#undef _GNU_SOURCE

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtime/host.h"
#include "../../runtime/process.h"

#ifdef ELF32
#pragma clang diagnostic ignored "-Wbuiltin-macro-redefined"
#pragma clang diagnostic ignored "-Wint-to-void-pointer-cast"
#pragma clang diagnostic ignored "-Wvoid-pointer-to-int-cast"
#undef __SIZEOF_POINTER__
#define __SIZEOF_POINTER__ 4
#define ROOM_BEGIN 0x40000000ul
#define ROOM_END 0xc0000000ul
#else
#define ROOM_BEGIN 0x100000000000ul
#define ROOM_END 0x500000000000ul
#endif

/* All of it, because it has to be the loader of that machine. */
#include "../../runtime/elf.c"

#define PAGE 4096ul
#define MAPPINGS_MAX 256

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t len);
size_t LLVMFuzzerCustomMutator(unsigned char *input, size_t len, size_t max,
			       unsigned seed);
size_t LLVMFuzzerMutate(unsigned char *input, size_t len, size_t max);

/* What an input begins with; the file follows. */
struct plan {
	uint32_t zeros;    /* what the file goes on with, in bytes */
	uint8_t shrinks;   /* reads until it becomes shorter, or 0 */
	uint8_t fails;     /* calls until one fails, or 0 */
	uint8_t errno_low; /* why it does */
	uint8_t type;      /* of the file; mostly a regular one */
};

struct mapping {
	unsigned long begin, end;
	unsigned long prot;
	bool is_memory;
};

struct process process = {.page_size = PAGE};

static struct plan plan;
static const unsigned char *content;
static size_t content_len;
static uint64_t file_len;
static unsigned calls, reads;
static struct mapping room; /* what was reserved */
static struct mapping mappings[MAPPINGS_MAX];
static size_t mappings_len;
static jmp_buf refused;

static void check(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s\n", what);
	abort();
}

_Noreturn void start_refuse(enum start_stage stage, long error,
			    const char *message)
{
	check(stage == START_STAGE_ELF || stage == START_STAGE_MEMORY,
	      "unexpected stage");
	check(error <= 0 && strlen(message) < 120, "bad refusal");
	longjmp(refused, 1);
}

static long fake_fstat(struct stat *st)
{
	*st = (struct stat){
		.st_mode = plan.type == 1 ? HOST_S_IFCHR : HOST_S_IFREG,
		.st_size = (long)file_len,
	};
	return 0;
}

static const struct mapping *find(unsigned long begin, unsigned long end)
{
	for (size_t i = 0; i < mappings_len; i++)
		if (begin >= mappings[i].begin && end <= mappings[i].end)
			return &mappings[i];
	return NULL;
}

/* The sanitizers look where it goes, if that is real memory. */
static void copy_out(unsigned char *to, size_t len, uint64_t offset)
{
	size_t have = offset < content_len ? content_len - offset : 0;

	if (have > len)
		have = len;
	memcpy(to, content + offset, have);
	memset(to + have, 0, len - have);
}

static long fake_read(const struct iovec *iov, unsigned long offset)
{
	unsigned long to = (unsigned long)iov->iov_base;
	const struct mapping *mapping = find(to, to + iov->iov_len);
	size_t len;

	if (plan.shrinks != 0 && ++reads > plan.shrinks)
		file_len /= 2;
	if (offset >= file_len)
		return 0;
	len = MIN(iov->iov_len, file_len - offset);
	if (to >= room.begin && to < room.end) {
		check(mapping != NULL && mapping->is_memory &&
			      mapping->prot & PROT_WRITE,
		      "reads into what is not its memory");
		return (long)len;
	}
	check(to < ROOM_BEGIN || to >= ROOM_END, "reads into nothing");
	copy_out(iov->iov_base, len, offset);
	return (long)len;
}

static long fake_reserve(unsigned long addr, unsigned long len,
			 unsigned long prot)
{
	check(prot == PROT_NONE, "reserves usable memory");
	if (len == 0)
		return -EINVAL;
	if (len > ROOM_END - ROOM_BEGIN - 256 * PAGE)
		return -ENOMEM;
	len = (len + PAGE - 1) & -PAGE;
	room.begin = ROOM_BEGIN + plan.errno_low * PAGE;
	if (addr != 0 && addr % PAGE == 0 && plan.type != 2)
		room.begin = addr;
	room.end = room.begin + len;
	return (long)room.begin;
}

static void check_mapping(const struct mapping *mapping)
{
	check(mapping->begin % PAGE == 0, "an address is not aligned");
	check(mapping->begin < mapping->end, "maps nothing");
	check(mapping->begin >= room.begin && mapping->end <= room.end,
	      "maps outside of the room");
	check((mapping->prot & (PROT_WRITE | PROT_EXEC)) !=
		      (PROT_WRITE | PROT_EXEC),
	      "writable and executable");
	check(!mapping->is_memory || !(mapping->prot & PROT_EXEC),
	      "executable memory");
	for (size_t i = 0; i < mappings_len; i++)
		check(mapping->end <= mappings[i].begin ||
			      mapping->begin >= mappings[i].end,
		      "maps twice");
}

static long fake_mmap(unsigned long addr, unsigned long len, unsigned long prot,
		      unsigned long flags, unsigned long offset)
{
	struct mapping mapping = {
		.begin = addr,
		.end = addr + ((len + PAGE - 1) & -PAGE),
		.prot = prot,
		.is_memory = (flags & MAP_ANONYMOUS) != 0,
	};

	if (!(flags & MAP_FIXED))
		return fake_reserve(addr, len, prot);
	check_mapping(&mapping);
	if (!mapping.is_memory)
		check(offset % PAGE == 0 &&
			      (offset <= file_len || plan.shrinks != 0),
		      "maps what the file does not have");
	check(mappings_len < MAPPINGS_MAX, "too many mappings");
	mappings[mappings_len++] = mapping;
	return (long)addr;
}

long arch_call(long nr, unsigned long a, unsigned long b, unsigned long c,
	       unsigned long d, unsigned long e, unsigned long f)
{
	(void)e;
	if (plan.fails != 0 && ++calls == plan.fails)
		return -1 - plan.errno_low % 40;
	switch (nr) {
	case __NR_fstat:
		return fake_fstat((struct stat *)b);
	case __NR_preadv:
		check(c == 1, "more than one buffer");
		return fake_read((const struct iovec *)b, d);
	case __NR_mmap:
		return fake_mmap(a, b, c, d, f);
	}
	check(false, "unexpected call");
	return -ENOSYS;
}

static void check_program(const struct elf_program *program)
{
	unsigned long phdrs_at = (unsigned long)program->phdrs;
	const struct mapping *text = find((unsigned long)program->entry,
					  (unsigned long)program->entry + 1);

	check(text != NULL && text->prot & PROT_EXEC, "a wild entry point");
	check(find(phdrs_at, phdrs_at + 1) != NULL, "wild program headers");
	check(program->phdrs_len <= PHDRS_MAX, "too many program headers");
}

static void prepare(const unsigned char *input, size_t len)
{
	memcpy(&plan, input, sizeof(plan));
	content = input + sizeof(plan);
	content_len = len - sizeof(plan);
	file_len = content_len + plan.zeros;
	room = (struct mapping){0, 0, 0, false};
	mappings_len = calls = reads = 0;
}

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t len)
{
	struct elf_program program;

	if (len < sizeof(plan))
		return -1;
	prepare(input, len);
	if (setjmp(refused) != 0)
		return 0;
	elf_load(0, &program);
	check_program(&program);
	return 0;
}

/* A value that is likely to be on some edge. */
static uint64_t edge(uint64_t value, unsigned seed)
{
	static const uint64_t edges[] = {
		0,
		1,
		PAGE - 1,
		PAGE,
		PAGE + 1,
		INT32_MAX,
		UINT32_MAX,
		INT64_MAX,
		UINT64_MAX,
		UINT64_MAX - PAGE,
		UINT64_C(1) << 46,
	};

	switch (seed % 4) {
	case 0:
		return edges[seed / 4 % ARRAY_LEN(edges)];
	case 1:
		return value + (seed / 4 % 3 - 1) * PAGE;
	case 2:
		return value + seed / 4 % 17 - 8;
	default:
		return value ^ UINT64_C(1) << seed / 4 % 64;
	}
}

/* Changes a word of a header, of any size; or bytes as libFuzzer does. */
size_t LLVMFuzzerCustomMutator(unsigned char *input, size_t len, size_t max,
			       unsigned seed)
{
	size_t size = (size_t)1 << (seed >> 8 & 3);
	uint64_t value = 0;
	size_t at;

	if (seed % 3 == 0 || len < sizeof(plan) + size)
		return LLVMFuzzerMutate(input, len, max);
	at = seed / 1024 % (len / size) * size;
	memcpy(&value, input + at, size);
	value = edge(value, seed / 3);
	memcpy(input + at, &value, size);
	return len;
}
