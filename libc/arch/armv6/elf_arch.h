/* SPDX-License-Identifier: BSD-2-Clause */
/* ELF on ARM: the structures' width and the one relocation. */

#include <elf.h>

typedef Elf32_Addr elf_addr;
typedef Elf32_Dyn elf_dyn;
typedef Elf32_Ehdr elf_ehdr;
typedef Elf32_Phdr elf_phdr;
typedef Elf32_Rela elf_rela;
typedef Elf32_Rel elf_rel;
typedef Elf32_Sym elf_sym;

#define ELF_RELATIVE R_ARM_RELATIVE
#define ELF_R_TYPE(info) ELF32_R_TYPE(info)
#define ELF_ST_BIND(info) ELF32_ST_BIND(info)
#define ELF_ST_TYPE(info) ELF32_ST_TYPE(info)

/* What musl takes from the auxiliary vector of Linux. */
#define ARCH_HWCAP (1 << 6) /* VFP */
