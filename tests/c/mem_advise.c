/* SPDX-License-Identifier: BSD-2-Clause */
/* mem_advise: hints, none of which loses data. */

#include "test.h"

void test(void)
{
	unsigned char *memory = allocate(2 * page_size);

	memory[page_size] = 'x';
	for (cloudabi_advice_t advice = CLOUDABI_ADVICE_DONTNEED;
	     advice <= CLOUDABI_ADVICE_WILLNEED; advice++) {
		if (advice != CLOUDABI_ADVICE_NOREUSE)
			OK(sys.mem_advise(memory, 2 * page_size, advice));
	}
	EQUAL(memory[page_size], 'x');
	FAILS(sys.mem_advise(memory, page_size, CLOUDABI_ADVICE_NOREUSE),
	      EINVAL);
	FAILS(sys.mem_advise(memory, page_size, 0), EINVAL);
	FAILS(sys.mem_advise(memory, page_size, 7), EINVAL);
	FAILS(sys.mem_advise(memory + 1, page_size, CLOUDABI_ADVICE_NORMAL),
	      EINVAL);
}
