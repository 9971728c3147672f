/* SPDX-License-Identifier: BSD-2-Clause */
/* What libffi's configure would find out about the targets of CloudABI. */

#define EH_FRAME_FLAGS "a"
#define HAVE_AS_X86_PCREL 1
#define STDC_HEADERS 1
#if __SIZEOF_LONG_DOUBLE__ > __SIZEOF_DOUBLE__
#define HAVE_LONG_DOUBLE 1
#endif

#ifdef LIBFFI_ASM
#define FFI_HIDDEN(name) .hidden name
#else
#define FFI_HIDDEN __attribute__((visibility("hidden")))
#endif
