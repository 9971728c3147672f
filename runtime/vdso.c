/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An ELF image in memory with one symbol per system call. It has no code: each
 * symbol's value leads to the function in the runtime, wrapping around if that
 * lies below the image. Making it at run time needs no relocations.
 */

#include "vdso.h"

#include "elf.h"
#include "host.h"
#include "trace.h"

static const char names[] =
#define DISPATCH(number, name) "\0cloudabi_sys_" #name
#define DISPATCH_NONE(number, name)
#include "dispatch.inc"
	;

enum {
	FIRST_SYMBOL, /* number 0 is reserved */
#define DISPATCH(number, name) SYMBOL_##name,
#define DISPATCH_NONE(number, name)
#include "dispatch.inc"
	SYMBOLS_LEN
};

enum {
	DYNAMIC_LEN = 6
};

static struct {
	elf_ehdr header;
	elf_phdr phdr;
	elf_dyn dynamic[DYNAMIC_LEN];
	elf_sym symbols[SYMBOLS_LEN];
	struct {
		uint32_t buckets_len;
		uint32_t chains_len;
		uint32_t bucket;
		uint32_t chains[SYMBOLS_LEN];
	} hash;
	char strings[sizeof(names)];
} image;

#define OFFSET(member) offsetof(__typeof__(image), member)

static void make_header(void)
{
	image.header = (elf_ehdr){
		.e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELF_CLASS,
			    ELFDATA2LSB, EV_CURRENT, ELF_OSABI_CLOUDABI},
		.e_type = ET_DYN,
		.e_machine = ARCH_ELF_MACHINE,
		.e_version = EV_CURRENT,
		.e_phoff = OFFSET(phdr),
		.e_ehsize = sizeof(image.header),
		.e_phentsize = sizeof(image.phdr),
		.e_phnum = 1,
	};
	image.phdr = (elf_phdr){
		.p_type = PT_DYNAMIC,
		.p_flags = PF_R,
		.p_offset = OFFSET(dynamic),
		.p_vaddr = OFFSET(dynamic),
		.p_filesz = sizeof(image.dynamic),
		.p_memsz = sizeof(image.dynamic),
		.p_align = sizeof(void *),
	};
}

static void make_dynamic(void)
{
	const elf_dyn dynamic[DYNAMIC_LEN] = {
		{DT_HASH, {OFFSET(hash)}},
		{DT_SYMTAB, {OFFSET(symbols)}},
		{DT_SYMENT, {sizeof(image.symbols[0])}},
		{DT_STRTAB, {OFFSET(strings)}},
		{DT_STRSZ, {sizeof(image.strings)}},
		{DT_NULL, {0}},
	};

	memcpy(image.dynamic, dynamic, sizeof(dynamic));
	memcpy(image.strings, names, sizeof(names));
}

/* One bucket whose chain goes through all symbols. */
static void make_hash(void)
{
	image.hash.buckets_len = 1;
	image.hash.chains_len = SYMBOLS_LEN;
	image.hash.bucket = 1;
	for (uint32_t i = 1; i + 1 < SYMBOLS_LEN; i++)
		image.hash.chains[i] = i + 1;
}

/* Preconditions: called for the symbols in the order of their names. */
static void make_symbol(uint32_t number, const void *function)
{
	uint32_t name = image.symbols[number - 1].st_name;

	while (image.strings[name] != '\0')
		name++;
	image.symbols[number] = (elf_sym){
		.st_name = name + 1,
		.st_info = STB_GLOBAL << 4 | STT_FUNC,
		.st_shndx = SHN_ABS,
		.st_value = (uintptr_t)function - (uintptr_t)&image,
	};
}

void *vdso_make(bool traced)
{
	make_header();
	make_dynamic();
	make_hash();
#define DISPATCH(number, name)                                                 \
	make_symbol(SYMBOL_##name, traced ? traced_##name : sys_##name);
#define DISPATCH_NONE(number, name)
#include "dispatch.inc"
	return &image;
}
