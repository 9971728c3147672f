/* SPDX-License-Identifier: BSD-2-Clause */
/* A program that does nothing, for tests of how programs are loaded. */

#include "test.h"

void test(void)
{
}
