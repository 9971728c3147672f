/* SPDX-License-Identifier: BSD-2-Clause */
/* mem_advise: five kinds of advice, none of which loses anything. */

#include "test.h"

static unsigned char *memory(void)
{
	unsigned char *bytes = allocate(2 * page_size);

	bytes[0] = 1;
	bytes[page_size] = 2;
	return bytes;
}

CASE(every_advice)
{
	static const cloudabi_advice_t advices[] = {
		CLOUDABI_ADVICE_DONTNEED, CLOUDABI_ADVICE_NORMAL,
		CLOUDABI_ADVICE_RANDOM,   CLOUDABI_ADVICE_SEQUENTIAL,
		CLOUDABI_ADVICE_WILLNEED,
	};
	unsigned char *bytes = memory();

	for (size_t i = 0; i < ARRAY_LEN(advices); i++) {
		OK(sys.mem_advise(bytes, 2 * page_size, advices[i]));
		EQUAL(bytes[0], 1);
		EQUAL(bytes[page_size], 2);
	}
}

CASE(file)
{
	void *bytes;

	OK(sys.mem_map(NULL, page_size, CLOUDABI_PROT_READ,
		       CLOUDABI_MAP_PRIVATE, READ_ONLY, 0, &bytes));
	OK(sys.mem_advise(bytes, page_size, CLOUDABI_ADVICE_WILLNEED));
	OK(sys.mem_advise(bytes, page_size, CLOUDABI_ADVICE_DONTNEED));
	EQUAL(memcmp(bytes, "0123456789", 10), 0);
}

CASE(no_length)
{
	OK(sys.mem_advise(memory(), 0, CLOUDABI_ADVICE_NORMAL));
}

CASE(noreuse_is_for_files)
{
	FAILS(sys.mem_advise(memory(), page_size, CLOUDABI_ADVICE_NOREUSE),
	      EINVAL);
}

CASE(unknown_advice)
{
	FAILS(sys.mem_advise(memory(), page_size, 0), EINVAL);
	FAILS(sys.mem_advise(memory(), page_size, 7), EINVAL);
	FAILS(sys.mem_advise(memory(), page_size, 255), EINVAL);
}

CASE(no_page)
{
	FAILS(sys.mem_advise(memory() + 1, 1, CLOUDABI_ADVICE_NORMAL), EINVAL);
}

NATIVE(nothing_mapped, "advice on unmapped memory is taken")
{
	unsigned char *bytes = memory();

	OK(sys.mem_unmap(bytes, 2 * page_size));
	FAILS(sys.mem_advise(bytes, page_size, CLOUDABI_ADVICE_WILLNEED),
	      ENOMEM);
}
