/* SPDX-License-Identifier: BSD-2-Clause */
/* Process start, from a relocated program to program_main(). */

#include <argdata.h>
#include <cloudabi_notes.h>
#include <program.h>
#include <stdlib.h>
#include <string.h>

#include "cloudabi_impl.h"
#include "elf_arch.h"
#include "pthread_impl.h"
#include "start.h"
#include "syscall_stub.h"

enum {
	MAIN_STACK_BYTES = 8 << 20,
	START_FAILED = 127
};

struct system_facts __system_facts = {.page_size = 4096, .ncpus = 1};

uintptr_t __stack_chk_guard;

_Noreturn void __stack_chk_fail(void)
{
	__builtin_trap();
}

struct start_facts {
	char *base;
	const elf_phdr *phdr;
	size_t phnum;
	const void *vdso;
	const void *canary;
	size_t canary_len;
	cloudabi_tid_t tid;
};

static void take_value(struct start_facts *start, const cloudabi_auxv_t *aux)
{
	struct system_facts *system = &__system_facts;

	switch (aux->a_type) {
	case CLOUDABI_AT_ARGDATA:
		system->argdata = aux->a_ptr;
		break;
	case CLOUDABI_AT_ARGDATALEN:
		system->argdata_len = aux->a_val;
		break;
	case CLOUDABI_AT_BASE:
		start->base = aux->a_ptr;
		break;
	case CLOUDABI_AT_CANARY:
		start->canary = aux->a_ptr;
		break;
	case CLOUDABI_AT_CANARYLEN:
		start->canary_len = aux->a_val;
		break;
	case CLOUDABI_AT_NCPUS:
		system->ncpus = aux->a_val;
		break;
	case CLOUDABI_AT_PAGESZ:
		system->page_size = aux->a_val;
		break;
	case CLOUDABI_AT_PHDR:
		start->phdr = aux->a_ptr;
		break;
	case CLOUDABI_AT_PHNUM:
		start->phnum = aux->a_val;
		break;
	case CLOUDABI_AT_PID:
		system->pid = aux->a_ptr;
		break;
	case CLOUDABI_AT_SYSINFO_EHDR:
		start->vdso = aux->a_ptr;
		break;
	case AT_CLOUDABI_NOTES:
		system->notes = aux->a_ptr;
		break;
	case CLOUDABI_AT_TID:
		start->tid = (cloudabi_tid_t)aux->a_val;
		break;
	}
}

/* The linker pads the protected part to whole pages, except that its first
 * page may have other data before it. */
static void protect(const struct start_facts *start, const elf_phdr *relro)
{
	size_t page = __system_facts.page_size;
	size_t from = (size_t)start->base + relro->p_vaddr;
	size_t to = from + relro->p_memsz;

	from = (from + page - 1) & -page;
	to &= -page;
	if (from < to)
		cloudabi_sys_mem_protect((void *)from, to - from,
					 CLOUDABI_PROT_READ);
}

static void read_headers(const struct start_facts *start)
{
	__tls_describe(NULL, 0, 0, 1);
	for (size_t i = 0; i < start->phnum; ++i) {
		const elf_phdr *phdr = &start->phdr[i];

		if (phdr->p_type == PT_TLS)
			__tls_describe(start->base + phdr->p_vaddr,
				       phdr->p_filesz, phdr->p_memsz,
				       phdr->p_align);
		else if (phdr->p_type == PT_GNU_RELRO)
			protect(start, phdr);
	}
}

static void take_canary(const struct start_facts *start)
{
	size_t len = start->canary_len;

	if (len > sizeof(__stack_chk_guard))
		len = sizeof(__stack_chk_guard);
	if (start->canary != NULL)
		memcpy(&__stack_chk_guard, start->canary, len);
}

/* A descriptor in argument data is the number of one that this process has. */
static int same_number(void *unused, size_t fd)
{
	(void)unused;
	return fd <= INT_MAX ? (int)fd : -1;
}

extern weak hidden void (*const __init_array_start[])(void);
extern weak hidden void (*const __init_array_end[])(void);

static _Noreturn void run(void *unused)
{
	size_t constructors = (size_t)(__init_array_end - __init_array_start);

	(void)unused;
	for (size_t i = 0; i < constructors; ++i)
		__init_array_start[i]();
	program_main(argdata_from_buffer(__system_facts.argdata,
					 __system_facts.argdata_len,
					 same_number, NULL));
}

/*
 * The system gives no bounds of the stack that the program starts on, so it
 * moves to one of its own. Nothing here or in the callers may use errno or
 * thread-local variables: the thread pointer changes on the way.
 */
static _Noreturn void move_to_own_stack(cloudabi_tid_t tid)
{
	struct pthread *td;
	cloudabi_tcb_t *tcb;

	if (__thread_map(&td, MAIN_STACK_BYTES, DEFAULT_GUARD_SIZE) != 0)
		cloudabi_sys_proc_exit(START_FAILED);
	td->tid = tid;
	td->join = tid | CLOUDABI_LOCK_WRLOCKED;
	tcb = (cloudabi_tcb_t *)TP_ADJ(td);
	*tcb = *(cloudabi_tcb_t *)__get_tp();
	__set_tp(tcb);
	ENTER_STACK(td->stack + td->stack_size, run, NULL);
	__builtin_unreachable();
}

_Noreturn void __start_program(const cloudabi_auxv_t *auxv)
{
	struct start_facts start = {.tid = 1};

	for (; auxv->a_type != CLOUDABI_AT_NULL; ++auxv)
		take_value(&start, auxv);
	if (start.vdso != NULL)
		__syscalls_find(start.vdso);
	libc.page_size = __system_facts.page_size;
	__hwcap = ARCH_HWCAP;
	take_canary(&start);
	read_headers(&start);
	move_to_own_stack(start.tid);
}
