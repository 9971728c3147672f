/* SPDX-License-Identifier: BSD-2-Clause */
/* Takes the place of libffi's file of the same name, which makes code at run time. */

#include <ffi.h>
#include <ffi_common.h>

/* No memory can become executable, so nobody has a closure to ask about. */
void *ffi_data_to_code_pointer(void *data)
{
	return data;
}
