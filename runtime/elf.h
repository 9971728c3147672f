/* SPDX-License-Identifier: BSD-2-Clause */
/* Loading the program, an ELF file. */

#ifndef RUNTIME_ELF_H
#define RUNTIME_ELF_H

#include <linux/elf.h>

#include "base.h"

#if __SIZEOF_POINTER__ == 8
#define ELF_CLASS ELFCLASS64
#define ELF(name) Elf64_##name
#else
#define ELF_CLASS ELFCLASS32
#define ELF(name) Elf32_##name
#endif

typedef ELF(Addr) elf_addr;
typedef ELF(Dyn) elf_dyn;
typedef ELF(Ehdr) elf_ehdr;
typedef ELF(Phdr) elf_phdr;
typedef ELF(Sym) elf_sym;

#undef ELF

#define ELF_OSABI_CLOUDABI 17

struct elf_program {
	void *base; /* what is added to addresses in the file */
	void *entry;
	void *phdrs;
	size_t phdrs_len;
};

/*
 * Maps a program with the protections that it keeps. Where the file is not
 * acceptable it ends in start_refuse(), which tells why.
 */
void elf_load(uint32_t fd, struct elf_program *program);

#endif
