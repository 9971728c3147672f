/* SPDX-License-Identifier: BSD-2-Clause */
/* Looks up functions of the host kernel's vDSO. */

#include "hostvdso.h"

#include "elf.h"

struct object {
	const char *base; /* what is added to addresses in it */
	const uint32_t *hash;
	const elf_sym *symbols;
	const char *strings;
};

static const elf_dyn *read_phdrs(const elf_ehdr *image, struct object *object)
{
	const char *start = (const char *)image;
	const elf_phdr *phdrs = (const void *)(start + image->e_phoff);
	const elf_dyn *dynamic = NULL;

	for (size_t i = 0; i < image->e_phnum; i++) {
		const elf_phdr *phdr = &phdrs[i];

		if (phdr->p_type == PT_LOAD && object->base == NULL)
			object->base = start + phdr->p_offset - phdr->p_vaddr;
		else if (phdr->p_type == PT_DYNAMIC)
			dynamic = (const void *)(start + phdr->p_offset);
	}
	return object->base == NULL ? NULL : dynamic;
}

static void read_dynamic(const elf_dyn *dynamic, struct object *object)
{
	for (; dynamic->d_tag != DT_NULL; dynamic++) {
		const void *address = object->base + dynamic->d_un.d_ptr;

		switch (dynamic->d_tag) {
		case DT_HASH:
			object->hash = address;
			break;
		case DT_SYMTAB:
			object->symbols = address;
			break;
		case DT_STRTAB:
			object->strings = address;
			break;
		}
	}
}

static bool is_equal(const char *a, const char *b)
{
	while (*a == *b && *a != '\0') {
		a++;
		b++;
	}
	return *a == *b;
}

void *hostvdso_find(const void *image, const char *name)
{
	struct object object = {0};
	const elf_dyn *dynamic = read_phdrs(image, &object);

	if (dynamic == NULL)
		return NULL;
	read_dynamic(dynamic, &object);
	if (object.hash == NULL || object.symbols == NULL ||
	    object.strings == NULL)
		return NULL;
	/* The second word of the table is the number of symbols. */
	for (uint32_t i = 0; i < object.hash[1]; i++) {
		const elf_sym *symbol = &object.symbols[i];

		if (symbol->st_shndx != SHN_UNDEF &&
		    is_equal(object.strings + symbol->st_name, name))
			return (void *)(object.base + symbol->st_value);
	}
	return NULL;
}
