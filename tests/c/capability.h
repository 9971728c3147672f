/* SPDX-License-Identifier: BSD-2-Clause */
/* For the programs about what a capability must not allow. */

#ifndef CAPABILITY_H
#define CAPABILITY_H

#include "test.h"

#define RIGHT(name) CLOUDABI_RIGHT_##name

/*
 * A call on `fd`, which takes exactly these rights of the object: without one
 * of them, `lost`, it fails although the object has all others; with them and
 * nothing else it works. What the call must not do it has not done then.
 *
 * The rights are those of the reference, not those of the tables that the
 * runtime and the broker go by.
 */
#define NEEDS(object, rights, lost, call)                                      \
	do {                                                                   \
		cloudabi_fd_t whole = (object);                                \
		cloudabi_fd_t fd = limited(whole, ~(lost), UINT64_MAX);        \
                                                                               \
		EQUAL(rights_of(whole) & (rights), (rights));                  \
		FAILS(call, ENOTCAPABLE);                                      \
		fd = limited(whole, (rights), UINT64_MAX);                     \
		OK(call);                                                      \
	} while (0)

#endif
