/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's errors in CloudABI's numbers. */

#include "../broker/host_errno.h"
#include "base.h"

cloudabi_errno_t error_of(long result)
{
	return result < 0 ? host_errno(-result) : 0;
}
