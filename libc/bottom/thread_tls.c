/* SPDX-License-Identifier: BSD-2-Clause */
/* Thread-local storage: where a thread's variables lie, and their first values. */

#include <stdalign.h>
#include <string.h>

#include "pthread_impl.h"

/* The PT_TLS segment; its size is that of the variables. The linker goes by its
 * alignment, even where that is less than struct pthread beside them needs. */
static struct {
	const void *image;
	size_t filesz;
	size_t memsz;
	size_t align;
} segment;

void __tls_describe(const void *image, size_t filesz, size_t memsz,
		    size_t align)
{
	segment.image = image;
	segment.filesz = filesz;
	segment.memsz = memsz;
	segment.align = align > 0 ? align : 1;
}

/* What brings `value` to the alignment, or to the same distance from it as
 * the segment in the file has. */
static size_t padding(uintptr_t value, uintptr_t skew)
{
	return (skew - value) & (segment.align - 1);
}

/* The alignment of the thread pointer. */
static size_t pointer_align(void)
{
	return segment.align > alignof(struct pthread) ?
		       segment.align :
		       alignof(struct pthread);
}

static char *align_pointer(char *pointer)
{
	return pointer + (-(uintptr_t)pointer & (pointer_align() - 1));
}

#ifdef TLS_ABOVE_TP

static size_t distance(void)
{
	return GAP_ABOVE_TP + padding(GAP_ABOVE_TP, (uintptr_t)segment.image);
}

size_t __tls_size(void)
{
	return pointer_align() + sizeof(struct pthread) + distance() +
	       segment.memsz;
}

static char *thread_pointer(char *block)
{
	return align_pointer(block + sizeof(struct pthread));
}

static char *variables(char *tp)
{
	return tp + distance();
}

#else

/* The linker counts offsets down from the thread pointer, assuming that it is
 * aligned and that the variables start where their alignment allows. */
static size_t distance(void)
{
	return segment.memsz +
	       padding((uintptr_t)segment.image + segment.memsz, 0);
}

size_t __tls_size(void)
{
	return pointer_align() + distance() + sizeof(struct pthread);
}

static char *thread_pointer(char *block)
{
	return align_pointer(block + distance());
}

static char *variables(char *tp)
{
	return tp - distance();
}

#endif

/* Preconditions: the __tls_size() bytes at `block` are zero. */
struct pthread *__tls_place(char *block)
{
	char *tp = thread_pointer(block);

	memcpy(variables(tp), segment.image, segment.filesz);
	return TP_TO_PTHREAD(tp);
}
