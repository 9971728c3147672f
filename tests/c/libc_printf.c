/* SPDX-License-Identifier: BSD-2-Clause */
/* Formats numbers and reads them, as tests/test_libc_formats.py asks. */

#include <inttypes.h>
#include <stdarg.h>
#include <wchar.h>

#include "libc_numbers.h"

static char text[20000];

static void put_text(int len)
{
	printf("%d ", len);
	put_bytes(text);
}

/* The type is what the length modifier says. */
static void format_integer(const char *type, const char *format, uint64_t bits)
{
	int len;

	if (strcmp(type, "l") == 0)
		len = snprintf(text, sizeof(text), format, (long)bits);
	else if (strcmp(type, "ll") == 0 || strcmp(type, "j") == 0)
		len = snprintf(text, sizeof(text), format, (long long)bits);
	else if (strcmp(type, "z") == 0 || strcmp(type, "t") == 0)
		len = snprintf(text, sizeof(text), format, (size_t)bits);
	else
		len = snprintf(text, sizeof(text), format, (int)bits);
	put_text(len);
}

static void format_number(const char *type, const char *format,
			  long double value)
{
	put_text(*type == 'L' ?
			 snprintf(text, sizeof(text), format, value) :
			 snprintf(text, sizeof(text), format, (double)value));
}

/* A double has to look the same through wprintf(). */
static void format_wide(const char *format, long double value)
{
	static wchar_t wide[2000];
	wchar_t wide_format[40];
	int len;

	for (int i = 0; (wide_format[i] = (unsigned char)format[i]) != 0; ++i)
		continue;
	len = swprintf(wide, 2000, wide_format, (double)value);
	for (int i = 0; (text[i] = (char)wide[i]) != '\0'; ++i)
		continue;
	put_text(len);
}

/* By each function that reads numbers; they have to agree. */
static void read_text(char type, const char *digits)
{
	char rest[10] = "";
	char *end;
	float f;
	double d;
	long double l;

	if (type == 'f') {
		put_number(strtof(digits, &end));
		CHECK(sscanf(digits, "%f%9s", &f, rest) >= 1);
		CHECK(memcmp(&f, &(float){strtof(digits, NULL)}, 4) == 0);
	} else if (type == 'd') {
		put_number(strtod(digits, &end));
		CHECK(sscanf(digits, "%lf%9s", &d, rest) >= 1);
		CHECK(memcmp(&d, &(double){strtod(digits, NULL)}, 8) == 0);
		CHECK(atof(digits) == d || isnan(d));
	} else {
		put_number(strtold(digits, &end));
		CHECK(sscanf(digits, "%Lf%9s", &l, rest) >= 1);
		CHECK(l == strtold(digits, NULL) || isnan(l));
	}
	CHECK(strcmp(end, rest) == 0);
}

/* There and back with as many digits as always suffice. */
static void come_back(char type, long double value)
{
	float f = (float)value;
	double d = (double)value;

	snprintf(text, sizeof(text), "%.9g", f);
	CHECK(type != 'f' || strtof(text, NULL) == f);
	snprintf(text, sizeof(text), "%.17g", d);
	CHECK(type != 'd' || strtod(text, NULL) == d);
	snprintf(text, sizeof(text), "%a", d);
	CHECK(type != 'd' || strtod(text, NULL) == d);
	snprintf(text, sizeof(text), "%.*Le", LDBL_DECIMAL_DIG - 1, value);
	CHECK(strtold(text, NULL) == value);
	snprintf(text, sizeof(text), "%La", value);
	CHECK(strtold(text, NULL) == value);
	fputs("same", stdout);
}

static void answer(char **words)
{
	switch (words[0][0]) {
	case 'i':
		format_integer(words[1], words[2], read_bits(words[3]));
		break;
	case 'n':
		format_number(words[1], words[2], read_number(words[3]));
		break;
	case 'w':
		format_wide(words[2], read_number(words[3]));
		break;
	case 'r':
		read_text(words[1][0], words[2]);
		break;
	case 'b':
		come_back(words[1][0], read_number(words[2]));
		break;
	case 's':
		printf("%zu %zu %d %d", sizeof(long), sizeof(size_t),
		       LDBL_MANT_DIG, LDBL_MAX_EXP);
		break;
	}
}
