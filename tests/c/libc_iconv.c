/* SPDX-License-Identifier: BSD-2-Clause */
/* Converts texts between character sets, as tests/test_libc_iconv.py asks. */

#include <iconv.h>

#include "libc_numbers.h"

static size_t read_bytes(const char *digits, char *bytes)
{
	size_t len = 0;

	for (; *digits != '\0'; digits += 2)
		bytes[len++] = (char)(hex_digit(digits[0]) << 4 |
				      hex_digit(digits[1]));
	return len;
}

static const char *name(int error)
{
	return error == EILSEQ ? "EILSEQ" :
	       error == EINVAL ? "EINVAL" :
	       error == E2BIG  ? "E2BIG" :
				 strerror(error);
}

/* From, to, bytes, room: what was written, how many were not reversible, an
 * error and how much input is left. */
static void answer(char **words)
{
	static char from[8192];
	static char to[8192];
	char *in = from;
	char *out = to;
	size_t in_left = read_bytes(words[2], from);
	size_t out_left = (size_t)read_integer(words[3]);
	iconv_t converter = iconv_open(words[1], words[0]);
	size_t result;

	if (converter == (iconv_t)-1) {
		printf("cannot: %s", name(errno));
		return;
	}
	errno = 0;
	result = iconv(converter, &in, &in_left, &out, &out_left);
	if (result != (size_t)-1)
		result = iconv(converter, NULL, NULL, &out, &out_left) == 0 ?
				 result :
				 (size_t)-1;
	for (char *c = to; c < out; ++c)
		printf("%02x", (unsigned char)*c);
	if (result == (size_t)-1)
		printf(" %s %zu", name(errno), in_left);
	else
		printf(" %zu", result);
	CHECK(iconv_close(converter) == 0);
}
