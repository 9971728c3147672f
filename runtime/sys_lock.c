/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls on locks; waiting for them is part of poll. */

#include "sys.h"
#include "wait.h"

cloudabi_errno_t sys_lock_unlock(cloudabi_lock_t *lock, cloudabi_scope_t scope)
{
	cloudabi_errno_t error = wait_check_scope(scope);

	return error != 0 ? error : wait_unlock(lock);
}
