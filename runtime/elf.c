/* SPDX-License-Identifier: BSD-2-Clause */
/* Checks and maps the program. Its file may be hostile. */

#include "elf.h"

#include "host.h"
#include "process.h"

#define PHDRS_MAX 64
#define ALIGN_MAX ((elf_addr)1 << 24)
/* As compilers link programs for 32-bit machines, unless they are told not to. */
#define MAY_BE_FIXED (sizeof(elf_addr) == 4)

struct file {
	uint32_t fd;
	uint64_t size;
};

/* Copies: what was checked must be what is used. */
static elf_ehdr header;
static elf_phdr phdrs[PHDRS_MAX];

static void require(bool holds, const char *message)
{
	if (!holds)
		start_refuse(START_STAGE_ELF, 0, message);
}

static elf_addr page_floor(elf_addr address)
{
	return address & -(elf_addr)process.page_size;
}

static elf_addr page_ceil(elf_addr address)
{
	return page_floor(address + process.page_size - 1);
}

/* Reads all of a region that the file has, unless it shrinks meanwhile. */
static void read_exactly(const struct file *file, void *buf, size_t len,
			 uint64_t offset)
{
	char *p = buf;

	while (len > 0) {
		long r = host_pread(file->fd, p, len, offset);

		if (r < 0)
			start_refuse(START_STAGE_ELF, r,
				     "the program cannot be read");
		require(r > 0, "truncated: the file became shorter");
		p += r;
		len -= r;
		offset += r;
	}
}

static struct file open_file(uint32_t fd)
{
	host_stat st;
	long r = host_fstat(fd, &st);

	if (r < 0)
		start_refuse(START_STAGE_ELF, r, "the program cannot be read");
	require((st.st_mode & HOST_S_IFMT) == HOST_S_IFREG,
		"not a regular file");
	return (struct file){fd, st.st_size};
}

/* Machines that have a CloudABI target, and others that are common. */
static const char *machine_message(uint16_t machine)
{
	switch (machine) {
	case EM_386:
		return "for another machine (i686)";
	case EM_ARM:
		return "for another machine (ARM)";
	case EM_X86_64:
		return "for another machine (x86_64)";
	case EM_AARCH64:
		return "for another machine (aarch64)";
	case EM_RISCV:
		return "for another machine (RISC-V)";
	default:
		return "for another machine";
	}
}

/* The fields that have the same place in every class of ELF file. */
static void check_ident(void)
{
	const unsigned char *ident = header.e_ident;

	require(ident[EI_OSABI] != ELFOSABI_NONE &&
			ident[EI_OSABI] != ELFOSABI_LINUX,
		"an ELF file for Linux (OSABI 0), not CloudABI");
	require(ident[EI_OSABI] == ELF_OSABI_CLOUDABI,
		"an ELF file for another system, not CloudABI");
	require(header.e_machine == ARCH_ELF_MACHINE,
		machine_message(header.e_machine));
	require(ident[EI_CLASS] == ELF_CLASS,
		"its ELF class is not that of this machine");
	require(ident[EI_DATA] == ELFDATA2LSB, "not little-endian");
	require(ident[EI_VERSION] == EV_CURRENT &&
			header.e_version == EV_CURRENT,
		"of an unknown ELF version");
	require(ident[EI_OSABI + 1] == 0, "of an unknown CloudABI version");
}

static void check_header(const struct file *file)
{
	require(header.e_type != ET_EXEC || MAY_BE_FIXED,
		"linked to a fixed address; it has to be position independent");
	require(header.e_type == ET_DYN || header.e_type == ET_EXEC,
		"not an executable");
	require(header.e_ehsize == sizeof(header),
		"its ELF header has the wrong size");
	require(header.e_phentsize == sizeof(phdrs[0]),
		"its program headers have the wrong size");
	require(header.e_phnum > 0, "without program headers");
	require(header.e_phnum <= PHDRS_MAX, "with too many program headers");
	require(header.e_phoff <= file->size &&
			header.e_phnum * sizeof(phdrs[0]) <=
				file->size - header.e_phoff,
		"truncated: the file ends before its program headers do");
}

static void read_headers(const struct file *file)
{
	read_exactly(file, &header, MIN(file->size, sizeof(header)), 0);
	require(memcmp(header.e_ident, ELFMAG, SELFMAG) == 0,
		"not an ELF file");
	require(file->size >= sizeof(header),
		"truncated: the file ends in its ELF header");
	check_ident();
	check_header(file);
	read_exactly(file, phdrs, header.e_phnum * sizeof(phdrs[0]),
		     header.e_phoff);
}

/* Returns the next segment that takes up memory, or NULL. */
static const elf_phdr *next_segment(const elf_phdr *phdr)
{
	const elf_phdr *end = phdrs + header.e_phnum;

	for (phdr = phdr == NULL ? phdrs : phdr + 1; phdr < end; phdr++) {
		if (phdr->p_type == PT_LOAD && phdr->p_memsz > 0)
			return phdr;
	}
	return NULL;
}

static void check_segment(const struct file *file, const elf_phdr *phdr)
{
	elf_addr highest = -(elf_addr)process.page_size;

	require(phdr->p_filesz <= phdr->p_memsz,
		"with a segment that is larger in the file than in memory");
	require(phdr->p_vaddr <= highest &&
			phdr->p_memsz <= highest - phdr->p_vaddr,
		"with a segment that wraps around the address space");
	require(phdr->p_offset <= file->size &&
			phdr->p_filesz <= file->size - phdr->p_offset,
		"truncated: the file ends before its segments do");
	require(page_floor(phdr->p_vaddr) - page_floor(phdr->p_offset) ==
			phdr->p_vaddr - phdr->p_offset,
		"with a segment that cannot be mapped: address and offset differ");
	require(!(phdr->p_flags & PF_W) || !(phdr->p_flags & PF_X),
		"with a segment that is both writable and executable");
	require(phdr->p_flags & PF_W || phdr->p_filesz == phdr->p_memsz,
		"with a read-only segment that is larger than its file part");
	require(phdr->p_align <= ALIGN_MAX &&
			(phdr->p_align & (phdr->p_align - 1)) == 0,
		"with a segment of impossible alignment");
}

static void check_segments(const struct file *file)
{
	const elf_phdr *phdr = NULL;
	elf_addr end = 0;

	require(next_segment(NULL) != NULL, "without anything to load");
	while ((phdr = next_segment(phdr)) != NULL) {
		check_segment(file, phdr);
		require(page_floor(phdr->p_vaddr) >= end,
			"with segments that overlap or are out of order");
		end = page_ceil(phdr->p_vaddr + phdr->p_memsz);
	}
}

static void check_others(void)
{
	for (size_t i = 0; i < header.e_phnum; i++) {
		const elf_phdr *phdr = &phdrs[i];

		require(phdr->p_type != PT_INTERP,
			"dynamically linked: it asks for an interpreter");
		require(phdr->p_type != PT_GNU_STACK || !(phdr->p_flags & PF_X),
			"with an executable stack");
	}
}

static void check_entry(void)
{
	const elf_phdr *phdr = NULL;

	while ((phdr = next_segment(phdr)) != NULL) {
		if (phdr->p_flags & PF_X && header.e_entry >= phdr->p_vaddr &&
		    header.e_entry - phdr->p_vaddr < phdr->p_filesz)
			return;
	}
	require(false, "its entry point is not in an executable segment");
}

/* Where the program headers are in memory. */
static elf_addr find_phdrs(void)
{
	size_t len = header.e_phnum * sizeof(phdrs[0]);
	const elf_phdr *phdr = NULL;

	while ((phdr = next_segment(phdr)) != NULL) {
		if (header.e_phoff >= phdr->p_offset && len <= phdr->p_filesz &&
		    header.e_phoff - phdr->p_offset <= phdr->p_filesz - len)
			return phdr->p_vaddr +
			       (header.e_phoff - phdr->p_offset);
	}
	require(false, "its program headers are in none of its segments");
	return 0;
}

static void *take_room(elf_addr wanted, elf_addr len)
{
	return host_mmap((void *)wanted, len, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static void take_fixed(elf_addr begin, elf_addr end)
{
	require(take_room(begin, end - begin) == (void *)begin,
		"linked to a fixed address that is in use");
}

/* Finds room for all segments; returns what to add to their addresses. */
static elf_addr reserve(void)
{
	elf_addr begin = page_floor(next_segment(NULL)->p_vaddr);
	elf_addr align = process.page_size;
	const elf_phdr *phdr = NULL;
	void *room = (void *)-ENOMEM;
	elf_addr end = 0;

	while ((phdr = next_segment(phdr)) != NULL) {
		align = MAX(align, phdr->p_align);
		end = page_ceil(phdr->p_vaddr + phdr->p_memsz);
	}
	if (header.e_type == ET_EXEC) {
		take_fixed(begin, end);
		return 0;
	}
	/* A sum that wraps would get room for a part of the segments. */
	if (end - begin <= -align)
		room = take_room(0, end - begin + align - process.page_size);
	if (host_failed(room))
		start_refuse(START_STAGE_MEMORY, (long)room,
			     "the program does not fit into memory");
	return ((elf_addr)room - begin + align - 1) & -align;
}

static uint32_t protection(const elf_phdr *phdr)
{
	return (phdr->p_flags & PF_R ? PROT_READ : 0) |
	       (phdr->p_flags & PF_W ? PROT_WRITE : 0) |
	       (phdr->p_flags & PF_X ? PROT_EXEC : 0);
}

static void map_file(const struct file *file, elf_addr bias,
		     const elf_phdr *phdr, elf_addr end)
{
	elf_addr begin = page_floor(phdr->p_vaddr);
	void *mapping;

	if (begin == end)
		return;
	mapping = host_mmap((void *)(bias + begin), end - begin,
			    protection(phdr), MAP_PRIVATE | MAP_FIXED, file->fd,
			    page_floor(phdr->p_offset));
	if (mapping == (void *)-EPERM || mapping == (void *)-EACCES)
		start_refuse(
			START_STAGE_ELF, (long)mapping,
			"on a file system that forbids execution (noexec)");
	if (host_failed(mapping))
		start_refuse(START_STAGE_MEMORY, (long)mapping,
			     "a segment of the program cannot be mapped");
}

static void map_memory(elf_addr bias, const elf_phdr *phdr, elf_addr begin)
{
	elf_addr end = page_ceil(phdr->p_vaddr + phdr->p_memsz);
	void *mapping;

	if (begin == end)
		return;
	mapping =
		host_mmap((void *)(bias + begin), end - begin, protection(phdr),
			  MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0);
	if (host_failed(mapping))
		start_refuse(START_STAGE_MEMORY, (long)mapping,
			     "there is no memory for the program's data");
}

/*
 * The page where the file part of a writable segment ends is fresh memory
 * filled by read(): clearing the rest of a mapped page would mean SIGBUS if
 * the file has become shorter.
 */
static void map_writable(const struct file *file, elf_addr bias,
			 const elf_phdr *phdr)
{
	elf_addr file_end = phdr->p_vaddr + phdr->p_filesz;
	elf_addr memory = page_floor(file_end);
	elf_addr begin = MAX(memory, phdr->p_vaddr);

	map_file(file, bias, phdr, memory);
	map_memory(bias, phdr, memory);
	read_exactly(file, (void *)(bias + begin), file_end - begin,
		     phdr->p_offset + (begin - phdr->p_vaddr));
}

static void map_segments(const struct file *file, elf_addr bias)
{
	const elf_phdr *phdr = NULL;

	while ((phdr = next_segment(phdr)) != NULL) {
		if (phdr->p_flags & PF_W)
			map_writable(file, bias, phdr);
		else
			map_file(file, bias, phdr,
				 page_ceil(phdr->p_vaddr + phdr->p_filesz));
	}
}

void elf_load(uint32_t fd, struct elf_program *program)
{
	struct file file = open_file(fd);
	elf_addr phdrs_address;
	elf_addr bias;

	read_headers(&file);
	check_segments(&file);
	check_others();
	check_entry();
	phdrs_address = find_phdrs();
	bias = reserve();
	map_segments(&file, bias);
	*program = (struct elf_program){
		.base = (void *)bias,
		.entry = (void *)(bias + header.e_entry),
		.phdrs = (void *)(bias + phdrs_address),
		.phdrs_len = header.e_phnum,
	};
}
