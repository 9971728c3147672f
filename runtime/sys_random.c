/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes. */

#include "host.h"
#include "sys.h"

/* A host that has none must not be survived with predictable ones. */
cloudabi_errno_t sys_random_get(void *buf, size_t buf_len)
{
	unsigned char *p = buf;

	while (buf_len > 0) {
		long r = host_call(__NR_getrandom, p, buf_len, 0);

		if (r == -EFAULT)
			return CLOUDABI_EFAULT;
		if (r < 0 && r != -EINTR)
			__builtin_trap();
		if (r > 0) {
			p += r;
			buf_len -= r;
		}
	}
	return 0;
}
