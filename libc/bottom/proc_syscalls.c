/* SPDX-License-Identifier: BSD-2-Clause */
/* The system calls as functions, and how they are found in the vDSO. */

#include <cloudabi_syscalls.h>
#include <string.h>

#include "elf_arch.h"
#include "pthread_impl.h"
#include "start.h"
#include "syscall_stub.h"

/* One word per call in the order of their numbers. The words lie in the part
 * of the program that is protected against writing once they are filled. */
__asm__(".section .data.rel.ro,\"aw\",%progbits\n"
	".p2align 3\n"
	"__syscall_table:\n" CLOUDABI_SYSCALLS(
		SYSCALL_SLOT) ".text\n" CLOUDABI_SYSCALLS(SYSCALL_STUB)
		SYSCALL_COMMON);

extern hidden void *__syscall_table[CLOUDABI_SYSCALLS_LEN];

hidden cloudabi_errno_t __syscall_missing(void);

cloudabi_errno_t __syscall_missing(void)
{
	return CLOUDABI_ENOSYS;
}

#define NAME(name) #name,
static const char *const names[] = {CLOUDABI_SYSCALLS(NAME)};

#define PREFIX "cloudabi_sys_"

static int number(const char *name)
{
	static int likely; /* vDSOs tend to list the calls in order */

	if (strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0)
		return -1;
	name += sizeof(PREFIX) - 1;
	for (int i = 0; i < CLOUDABI_SYSCALLS_LEN; ++i) {
		int candidate = (likely + i) % CLOUDABI_SYSCALLS_LEN;

		if (strcmp(name, names[candidate]) == 0) {
			likely = candidate + 1;
			return candidate;
		}
	}
	return -1;
}

static bool callable(const elf_sym *symbol)
{
	return ELF_ST_BIND(symbol->st_info) == STB_GLOBAL &&
	       ELF_ST_TYPE(symbol->st_info) == STT_FUNC &&
	       symbol->st_other == STV_DEFAULT && symbol->st_name != 0;
}

static void install(const char *vdso, const elf_sym *symbols, size_t count,
		    const char *strings)
{
	for (size_t i = 0; i < count; ++i) {
		int call = callable(&symbols[i]) ?
				   number(strings + symbols[i].st_name) :
				   -1;

		if (call >= 0)
			__syscall_table[call] =
				(char *)vdso + symbols[i].st_value;
	}
}

static void read_dynamic(const char *vdso, const elf_dyn *dynamic)
{
	const elf_sym *symbols = NULL;
	const char *strings = NULL;
	size_t count = 0;

	for (; dynamic->d_tag != DT_NULL; ++dynamic) {
		const void *target = vdso + dynamic->d_un.d_ptr;

		if (dynamic->d_tag == DT_HASH)
			count = ((const uint32_t *)target)[1];
		else if (dynamic->d_tag == DT_STRTAB)
			strings = target;
		else if (dynamic->d_tag == DT_SYMTAB)
			symbols = target;
	}
	if (symbols != NULL && strings != NULL)
		install(vdso, symbols, count, strings);
}

void __syscalls_find(const void *vdso)
{
	const elf_ehdr *header = vdso;
	const elf_phdr *phdr = (void *)((char *)vdso + header->e_phoff);

	for (size_t i = 0; i < header->e_phnum; ++i) {
		if (phdr[i].p_type == PT_DYNAMIC) {
			read_dynamic(vdso,
				     (void *)((char *)vdso + phdr[i].p_vaddr));
			return;
		}
	}
}
