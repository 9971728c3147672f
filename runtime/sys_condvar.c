/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on condition variables; waiting for them is part of poll. */

#include "sys.h"
#include "wait.h"

cloudabi_errno_t sys_condvar_signal(cloudabi_condvar_t *condvar,
				    cloudabi_scope_t scope,
				    cloudabi_nthreads_t nwaiters)
{
	cloudabi_errno_t error = wait_check_scope(scope);

	return error != 0 ? error : wait_signal(condvar, nwaiters);
}
