/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Feeds damaged files to the loader, on a kernel of our own that checks every
 * mapping: elf_fuzz FILE ROUNDS SEED
 */

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../runtime/elf.h"
#include "../../runtime/host.h"
#include "../../runtime/process.h"

#define PAGE 4096ul
#define FILE_MAX 65536
#define MAPPINGS_MAX 256
#define FIELDS_MAX 64

struct process process = {.page_size = PAGE};

struct mapping {
	unsigned long begin, end;
	unsigned long prot;
	bool is_memory;
};

static unsigned char original[FILE_MAX], file[FILE_MAX];
static size_t original_len, file_len;
static struct mapping room; /* what was reserved */
static struct mapping mappings[MAPPINGS_MAX];
static size_t mappings_len;
static jmp_buf refused;
static uint64_t random_state;

static uint64_t random_number(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

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
	*st = (struct stat){.st_mode = HOST_S_IFREG, .st_size = (long)file_len};
	return 0;
}

static const struct mapping *find(unsigned long begin, unsigned long end)
{
	for (size_t i = 0; i < mappings_len; i++)
		if (begin >= mappings[i].begin && end <= mappings[i].end)
			return &mappings[i];
	return NULL;
}

static long fake_read(const struct iovec *iov, unsigned long offset)
{
	unsigned long to = (unsigned long)iov->iov_base;
	const struct mapping *mapping = find(to, to + iov->iov_len);
	size_t len;

	if (offset >= file_len)
		return 0;
	len = MIN(iov->iov_len, file_len - offset);
	if (to >= room.begin && to < room.end) {
		check(mapping != NULL && mapping->is_memory &&
			      mapping->prot & PROT_WRITE,
		      "reads into what is not its memory");
		return (long)len;
	}
	memcpy(iov->iov_base, file + offset, len); /* the sanitizer looks */
	return (long)len;
}

static long fake_reserve(unsigned long len, unsigned long prot)
{
	check(prot == PROT_NONE, "reserves usable memory");
	if (len == 0)
		return -EINVAL;
	if (len > 1ul << 46)
		return -ENOMEM;
	room.begin = 0x100000000000 + (random_number() & 0xffffff) * PAGE;
	room.end = room.begin + ((len + PAGE - 1) & -PAGE);
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
		return fake_reserve(len, prot);
	check_mapping(&mapping);
	if (!mapping.is_memory)
		check(offset % PAGE == 0 && offset <= file_len,
		      "maps what the file does not have");
	check(mappings_len < MAPPINGS_MAX, "too many mappings");
	mappings[mappings_len++] = mapping;
	return (long)addr;
}

long arch_call(long nr, unsigned long a, unsigned long b, unsigned long c,
	       unsigned long d, unsigned long e, unsigned long f)
{
	(void)e;
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

/* A value that is likely to be on some edge. */
static uint64_t edge(uint64_t value)
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

	switch (random_number() % 5) {
	case 0:
		return edges[random_number() % ARRAY_LEN(edges)];
	case 1:
		return value + (random_number() % 3 - 1) * PAGE;
	case 2:
		return value + random_number() % 17 - 8;
	case 3:
		return value ^ UINT64_C(1) << random_number() % 64;
	default:
		return random_number() >> random_number() % 64;
	}
}

/* Changes a word of a header, of any size. */
static void damage(void)
{
	static const size_t sizes[] = {1, 2, 4, 8};
	size_t headers = sizeof(elf_ehdr) + 12 * sizeof(elf_phdr);
	size_t size = sizes[random_number() % ARRAY_LEN(sizes)];
	size_t at = random_number() % (headers / size) * size;
	uint64_t value = 0;

	memcpy(&value, file + at, size);
	value = edge(value);
	memcpy(file + at, &value, size);
}

static void prepare(void)
{
	unsigned n = random_number() % 4;

	memcpy(file, original, original_len);
	file_len = original_len;
	mappings_len = 0;
	room = (struct mapping){0, 0, 0, false};
	for (unsigned i = 0; i < n; i++)
		damage();
	if (random_number() % 8 == 0)
		file_len = random_number() % (original_len + 1);
}

static void check_program(const struct elf_program *program)
{
	const struct mapping *text = find((unsigned long)program->entry,
					  (unsigned long)program->entry + 1);
	unsigned long phdrs = (unsigned long)program->phdrs;

	check(text != NULL && text->prot & PROT_EXEC, "a wild entry point");
	check(find(phdrs, phdrs + 1) != NULL, "wild program headers");
	check(program->phdrs_len <= 64, "too many program headers");
}

static unsigned long run(unsigned long rounds)
{
	volatile unsigned long accepted = 0;
	struct elf_program program;

	for (volatile unsigned long i = 0; i < rounds; i++) {
		prepare();
		if (setjmp(refused) != 0)
			continue;
		elf_load(0, &program);
		check_program(&program);
		accepted++;
	}
	return accepted;
}

int main(int argc, char **argv)
{
	FILE *stream = argc == 4 ? fopen(argv[1], "rb") : NULL;

	if (stream == NULL)
		return 2;
	original_len = fread(original, 1, sizeof(original), stream);
	fclose(stream);
	random_state = strtoull(argv[3], NULL, 10) * 2654435761u + 1;
	printf("%lu\n", run(strtoul(argv[2], NULL, 10)));
	return 0;
}
