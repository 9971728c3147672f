/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF on AArch64: the structures' width and the one relocation. */

#include <elf.h>

typedef Elf64_Addr elf_addr;
typedef Elf64_Dyn elf_dyn;
typedef Elf64_Ehdr elf_ehdr;
typedef Elf64_Phdr elf_phdr;
typedef Elf64_Rela elf_rela;
typedef Elf64_Rel elf_rel;
typedef Elf64_Sym elf_sym;

#define ELF_RELATIVE R_AARCH64_RELATIVE
#define ELF_R_TYPE(info) ELF64_R_TYPE(info)
#define ELF_ST_BIND(info) ELF64_ST_BIND(info)
#define ELF_ST_TYPE(info) ELF64_ST_TYPE(info)

/* What musl takes from the auxiliary vector of Linux. */
#define ARCH_HWCAP 0
