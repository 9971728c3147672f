/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts a test program: finds the calls, relocates it and runs its cases. */

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

/* What compilers call instead on 32-bit ARM, by the alignment they know. */
#ifdef __arm__
#define EABI(suffix)                                                           \
	void __aeabi_memcpy##suffix(void *to, const void *from, size_t len)    \
	{                                                                      \
		memcpy(to, from, len);                                         \
	}                                                                      \
	void __aeabi_memset##suffix(void *to, size_t len, int value)           \
	{                                                                      \
		memset(to, value, len);                                        \
	}                                                                      \
	void __aeabi_memclr##suffix(void *to, size_t len)                      \
	{                                                                      \
		memset(to, 0, len);                                            \
	}

EABI()
EABI(4)
EABI(8)
#endif

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

/* What the auxiliary vector says about the program itself. */
struct image {
	char *base;
	const ELF(Phdr) * phdrs;
	size_t phdrs_len;
};

/* Programs with a fixed address have no such segment. */
static const ELF(Dyn) * find_dynamic(const struct image *image)
{
	for (size_t i = 0; i < image->phdrs_len; i++) {
		if (image->phdrs[i].p_type == PT_DYNAMIC)
			return (void *)(image->base + image->phdrs[i].p_vaddr);
	}
	return NULL;
}

/* A program relocates itself. There are no other relocations than RELATIVE. */
static void relocate(const struct image *image)
{
	const ELF(Dyn) *dyn = find_dynamic(image);
	size_t table = 0;
	size_t len = 0;

	for (; dyn != NULL && dyn->d_tag != DT_NULL; dyn++) {
		if (dyn->d_tag == DT_RELA || dyn->d_tag == DT_REL)
			table = dyn->d_un.d_ptr;
		else if (dyn->d_tag == DT_RELASZ || dyn->d_tag == DT_RELSZ)
			len = dyn->d_un.d_val;
	}
	for (size_t i = 0; i < len / sizeof(ELF(RELOCATION)); i++) {
		const ELF(RELOCATION) *r =
			(const ELF(RELOCATION) *)(image->base + table) + i;
		char **place = (char **)(image->base + r->r_offset);

		*place = image->base + ADDEND(r, place);
	}
}

static void read_auxv(const cloudabi_auxv_t *auxv)
{
	struct image image = {0};

	for (; auxv->a_type != CLOUDABI_AT_NULL; auxv++) {
		if (auxv->a_type == CLOUDABI_AT_SYSINFO_EHDR)
			find_calls(auxv->a_ptr);
		else if (auxv->a_type == CLOUDABI_AT_BASE)
			image.base = auxv->a_ptr;
		else if (auxv->a_type == CLOUDABI_AT_PHDR)
			image.phdrs = auxv->a_ptr;
		else if (auxv->a_type == CLOUDABI_AT_PHNUM)
			image.phdrs_len = auxv->a_val;
		else if (auxv->a_type == CLOUDABI_AT_ARGDATA)
			argdata = auxv->a_ptr;
		else if (auxv->a_type == CLOUDABI_AT_ARGDATALEN)
			argdata_len = auxv->a_val;
		else if (auxv->a_type == CLOUDABI_AT_TID)
			main_tid = auxv->a_val;
		else if (auxv->a_type == CLOUDABI_AT_PAGESZ)
			page_size = auxv->a_val;
	}
	relocate(&image);
}

/* The linker names both ends of the section. */
extern const struct test_case __start_cases[]
	__attribute__((weak, visibility("hidden")));
extern const struct test_case __stop_cases[]
	__attribute__((weak, visibility("hidden")));

/* argdata is a string; the program may be given the name of one case. */
static bool is_asked_for(const struct test_case *c)
{
	size_t len = strlen(c->name);

	return argdata_len == len + 2 && memcmp(argdata + 1, c->name, len) == 0;
}

static void run_alone(const struct test_case *c)
{
	say("runs ");
	say(c->name);
	say("\n");
	c->run();
}

__attribute__((weak)) void test(void)
{
	for (const struct test_case *c = __start_cases; c < __stop_cases; c++) {
		if (is_asked_for(c)) {
			run_alone(c);
			return;
		}
	}
	for (const struct test_case *c = __start_cases; c < __stop_cases; c++) {
		if (c->is_last)
			continue;
		c->run();
		say("ok ");
		say(c->name);
		say("\n");
	}
}

__attribute__((weak)) void be_started(unsigned char what)
{
	sys.proc_exit(what);
	__builtin_trap();
}

_Noreturn void _start(const cloudabi_auxv_t *auxv)
{
	vector = auxv;
	read_auxv(auxv);
	if (argdata_len >= 2 && argdata[0] == 0)
		be_started(argdata[1]);
	test();
	sys.proc_exit(0);
	__builtin_trap();
}
