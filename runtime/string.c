/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory functions that compilers emit calls to. */

#include "base.h"

int memcmp(const void *a, const void *b, size_t len)
{
	const unsigned char *x = a;
	const unsigned char *y = b;

	for (size_t i = 0; i < len; i++) {
		if (x[i] != y[i])
			return x[i] - y[i];
	}
	return 0;
}

void *memcpy(void *restrict to, const void *restrict from, size_t len)
{
	unsigned char *x = to;
	const unsigned char *y = from;

	for (size_t i = 0; i < len; i++)
		x[i] = y[i];
	return to;
}

void *memset(void *to, int value, size_t len)
{
	unsigned char *x = to;

	for (size_t i = 0; i < len; i++)
		x[i] = value;
	return to;
}
