/* SPDX-License-Identifier: BSD-2-Clause */
/* The first instructions of a program: it relocates itself. */

#include <cloudabi.h>
#include <features.h>
#include <stddef.h>

#include "elf_arch.h"
#include "start.h"

/* Until this is done, no address that is stored in memory may be used; the
 * compiler reaches functions and variables relative to the program counter. */

static size_t *at(char *base, size_t offset)
{
	return (size_t *)(base + offset);
}

static void relocate_rela(char *base, const elf_rela *rela, size_t bytes)
{
	for (; bytes >= sizeof(*rela); bytes -= sizeof(*rela), ++rela) {
		if (ELF_R_TYPE(rela->r_info) != ELF_RELATIVE)
			__builtin_trap();
		*at(base, rela->r_offset) = (size_t)base + rela->r_addend;
	}
}

static void relocate_rel(char *base, const elf_rel *rel, size_t bytes)
{
	for (; bytes >= sizeof(*rel); bytes -= sizeof(*rel), ++rel) {
		if (ELF_R_TYPE(rel->r_info) != ELF_RELATIVE)
			__builtin_trap();
		*at(base, rel->r_offset) += (size_t)base;
	}
}

/* An even entry is the place of a relocation; an odd one holds a bit for each
 * of the words that follow the last place. */
static void relocate_relr(char *base, const size_t *relr, size_t bytes)
{
	const size_t span = 8 * sizeof(*relr) - 1;
	size_t *place = NULL;

	for (; bytes >= sizeof(*relr); bytes -= sizeof(*relr), ++relr) {
		if ((*relr & 1) == 0) {
			place = at(base, *relr);
			*place++ += (size_t)base;
			continue;
		}
		for (size_t i = 0, bits = *relr >> 1; bits != 0;
		     ++i, bits >>= 1)
			if ((bits & 1) != 0)
				place[i] += (size_t)base;
		place += span;
	}
}

static size_t find(const elf_dyn *dynamic, size_t tag)
{
	for (; dynamic->d_tag != DT_NULL; ++dynamic)
		if ((size_t)dynamic->d_tag == tag)
			return dynamic->d_un.d_val;
	return 0;
}

static void relocate(char *base, const elf_dyn *dynamic)
{
	relocate_rela(base, (void *)(base + find(dynamic, DT_RELA)),
		      find(dynamic, DT_RELASZ));
	relocate_rel(base, (void *)(base + find(dynamic, DT_REL)),
		     find(dynamic, DT_RELSZ));
	relocate_relr(base, (void *)(base + find(dynamic, DT_RELR)),
		      find(dynamic, DT_RELRSZ));
}

static const void *value(const cloudabi_auxv_t *auxv, cloudabi_auxtype_t type)
{
	for (; auxv->a_type != CLOUDABI_AT_NULL; ++auxv)
		if (auxv->a_type == type)
			return auxv->a_ptr;
	return NULL;
}

_Noreturn void _start(const cloudabi_auxv_t *auxv)
{
	char *base = (char *)value(auxv, CLOUDABI_AT_BASE);
	const elf_phdr *phdr = value(auxv, CLOUDABI_AT_PHDR);
	size_t count = (size_t)value(auxv, CLOUDABI_AT_PHNUM);

	for (size_t i = 0; i < count; ++i)
		if (phdr[i].p_type == PT_DYNAMIC)
			relocate(base, (void *)(base + phdr[i].p_vaddr));
	__start_program(auxv);
}
