/* SPDX-License-Identifier: BSD-2-Clause */
/* What libffi's configure would find out about the targets of CloudABI. */

#define EH_FRAME_FLAGS "a"
#define HAVE_AS_X86_PCREL 1
#define STDC_HEADERS 1
#if __SIZEOF_LONG_DOUBLE__ > __SIZEOF_DOUBLE__
#define HAVE_LONG_DOUBLE 1
#endif

/* No memory can become executable, so there is no code to be seen anew. */
#define __clear_cache(begin, end) ((void)(begin), (void)(end))
#define __builtin___clear_cache(begin, end) ((void)(begin), (void)(end))

#ifdef LIBFFI_ASM
#define FFI_HIDDEN(name) .hidden name
#else
#define FFI_HIDDEN __attribute__((visibility("hidden")))
#endif
