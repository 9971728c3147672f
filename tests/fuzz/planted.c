/* SPDX-License-Identifier: BSD-2-Clause */
/* libFuzzer: a flaw, to see that flaws are told of. */

#include <stddef.h>

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t len);

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t len)
{
	volatile unsigned char last;

	if (len > 1 && input[0] == 0xc1 && input[1] == 0x0d)
		last = input[len]; /* one too many */
	(void)last;
	return 0;
}
