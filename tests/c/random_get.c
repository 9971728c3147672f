/* SPDX-License-Identifier: BSD-2-Clause */
/* random_get: all of the buffer, and never twice the same. */

#include "test.h"

#define LARGE (300 * 1000)

void test(void)
{
	unsigned char *a = allocate(LARGE);
	unsigned char *b = allocate(LARGE);
	unsigned long sum = 0;

	OK(sys.random_get(a, LARGE));
	OK(sys.random_get(b, LARGE));
	CHECK(memcmp(a, b, 16) != 0);
	CHECK(memcmp(a + LARGE - 16, b + LARGE - 16, 16) != 0);
	for (size_t i = 0; i < LARGE; i++)
		sum += a[i];
	/* 40 standard deviations around the mean. */
	CHECK(sum > 127 * LARGE - 40 * 41000ul);
	CHECK(sum < 128 * LARGE + 40 * 41000ul);
	OK(sys.random_get(NULL, 0));
	FAILS(sys.random_get((void *)1, 1), EFAULT);
}
