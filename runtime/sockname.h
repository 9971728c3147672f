/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of sockets, in the form that sock_recv tells them. */

#ifndef RUNTIME_SOCKNAME_H
#define RUNTIME_SOCKNAME_H

#include <linux/in.h>
#include <linux/in6.h>
#include <linux/un.h>

#include "../broker/protocol.h"
#include "base.h"

union sockname {
	uint16_t family;
	struct sockaddr_in inet;
	struct sockaddr_in6 inet6;
	struct sockaddr_un local;
};

/* len: how much of it the kernel has filled in, 0 if it knows no address. */
cloudabi_sockaddr_t sockname_translate(const union sockname *name,
				       uint32_t len);

/* Asks the kernel for both names; unknown ones have family 0. */
cloudabi_recv_names_t sockname_ask(uint32_t fd);

/* Tells whether the other end is the broker's, and for what: the type of a
 * directory or of a process, or UNKNOWN. */
cloudabi_filetype_t sockname_capability(uint32_t fd, struct broker_name *name);

#endif
