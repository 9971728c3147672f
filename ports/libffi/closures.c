/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes the place of libffi's file of the same name, which makes code at run time. */

#include <ffi.h>
#include <ffi_common.h>
#include <stdlib.h>

/* No memory can become executable. ctypes takes a closure and gives it back to
 * see that it can; whoever wants to call one is told before that. */
void *ffi_closure_alloc(size_t size, void **code)
{
	return *code = malloc(size);
}

void ffi_closure_free(void *data)
{
	free(data);
}

void *ffi_data_to_code_pointer(void *data)
{
	return data;
}
