/* SPDX-License-Identifier: BSD-2-Clause */
/* What libbz2 calls when it finds a mistake of its own: without files to write
 * to, that is for others to provide. */

#include <stdlib.h>

void bz_internal_error(int number)
{
	(void)number;
	abort();
}
