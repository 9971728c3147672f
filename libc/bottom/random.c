/* SPDX-License-Identifier: BSD-2-Clause */
/* Random bytes. */

#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "cloudabi_impl.h"

enum {
	ENTROPY_BYTES_MAX = 256
};

/* Random bytes never run out and never block, so the flags change nothing. */
ssize_t getrandom(void *buf, size_t len, unsigned flags)
{
	cloudabi_errno_t error;

	if ((flags & ~(unsigned)(GRND_NONBLOCK | GRND_RANDOM)) != 0)
		return __result(EINVAL);
	if (len > SSIZE_MAX)
		len = SSIZE_MAX;
	error = cloudabi_sys_random_get(buf, len);
	return error == 0 ? (ssize_t)len : __result(error);
}

int getentropy(void *buf, size_t len)
{
	if (len > ENTROPY_BYTES_MAX)
		return __result(EIO);
	return __result(cloudabi_sys_random_get(buf, len));
}

void arc4random_buf(void *buf, size_t len)
{
	if (cloudabi_sys_random_get(buf, len) != 0)
		abort();
}

uint32_t arc4random(void)
{
	uint32_t value;

	arc4random_buf(&value, sizeof(value));
	return value;
}

/* Draws again below the remainder that would favour small values. */
uint32_t arc4random_uniform(uint32_t limit)
{
	uint32_t value;

	if (limit < 2)
		return 0;
	do {
		value = arc4random();
	} while (value < -limit % limit);
	return value % limit;
}
