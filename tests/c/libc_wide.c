/* SPDX-License-Identifier: BSD-2-Clause */
/* Wide strings, their widths, and integers read from texts of both kinds. */

#include <inttypes.h>
#include <locale.h>

#include "libc_cases.h"

/* Of strtol() and its kin; `used` is how far the number goes. That there is no
 * number is an error in musl, as POSIX allows. */
static const struct numeral {
	const char *text;
	int base;
	long long value;
	int used;
	int error;
} numerals[] = {
	{"0", 10, 0, 1, 0},
	{"123", 10, 123, 3, 0},
	{"  -42x", 10, -42, 5, 0},
	{"+7", 10, 7, 2, 0},
	{"\t\n\v\f\r 8", 10, 8, 7, 0},
	{"", 10, 0, 0, EINVAL},
	{"-", 10, 0, 0, EINVAL},
	{"+-1", 10, 0, 0, EINVAL},
	{"abc", 10, 0, 0, EINVAL},
	{"0x1F", 16, 31, 4, 0},
	{"0x1F", 0, 31, 4, 0},
	{"0X", 16, 0, 1, 0},
	{"0xg", 0, 0, 1, 0},
	{"017", 0, 15, 3, 0},
	{"019", 0, 1, 2, 0},
	{"08", 8, 0, 1, 0},
	{"101", 2, 5, 3, 0},
	{"102", 2, 2, 2, 0},
	{"zZ", 36, 35 * 36 + 35, 2, 0},
	{"z", 35, 0, 0, EINVAL},
	{"9223372036854775807", 10, INT64_MAX, 19, 0},
	{"9223372036854775808", 10, INT64_MAX, 19, ERANGE},
	{"-9223372036854775808", 10, INT64_MIN, 20, 0},
	{"-9223372036854775809", 10, INT64_MIN, 20, ERANGE},
	{"7fffffffffffffff", 16, INT64_MAX, 16, 0},
	{"99999999999999999999999x", 10, INT64_MAX, 23, ERANGE},
	{"1", 1, 0, 0, EINVAL},
	{"1", 37, 0, 0, EINVAL},
	{"1", -5, 0, 0, EINVAL},
};

static void widen(const char *text, wchar_t *wide)
{
	while ((*wide++ = (unsigned char)*text++) != L'\0')
		continue;
}

#define EXPECT_NUMERAL(n, call, end, start)                                    \
	do {                                                                   \
		errno = 0;                                                     \
		EXPECT_INT(call, (n)->value);                                  \
		EXPECT_INT(errno, (n)->error);                                 \
		if ((n)->base == 0 || ((n)->base > 1 && (n)->base <= 36))      \
			EXPECT_INT((end) - (start), (n)->used);                \
	} while (0)

static void read_integers(void)
{
	wchar_t wide[40];
	wchar_t *wide_end;
	char *end;

	for (const struct numeral *n = numerals;
	     n < numerals + LENGTH(numerals); ++n) {
		row("\"%s\" base %d", n->text, n->base);
		widen(n->text, wide);
		EXPECT_NUMERAL(n, strtoll(n->text, &end, n->base), end,
			       n->text);
		EXPECT_NUMERAL(n, strtoimax(n->text, &end, n->base), end,
			       n->text);
		EXPECT_NUMERAL(n, wcstoll(wide, &wide_end, n->base), wide_end,
			       wide);
		EXPECT_NUMERAL(n, wcstoimax(wide, &wide_end, n->base), wide_end,
			       wide);
		if (n->value != (long)n->value || n->error == ERANGE)
			continue;
		EXPECT_NUMERAL(n, strtol(n->text, &end, n->base), end, n->text);
		EXPECT_NUMERAL(n, wcstol(wide, &wide_end, n->base), wide_end,
			       wide);
	}
	row("limits of long");
	errno = 0;
	EXPECT_INT(strtol("99999999999999999999", NULL, 10), LONG_MAX);
	EXPECT_INT(errno, ERANGE);
	EXPECT_INT(strtol("-99999999999999999999", NULL, 10), LONG_MIN);
	EXPECT_INT(atoi("  -12x"), -12);
	EXPECT_INT(atol("77"), 77);
	EXPECT_INT(atoll("-9223372036854775807"), -INT64_MAX);
}

static void read_unsigned_integers(void)
{
	static const struct {
		const char *text;
		unsigned long long value;
		int error;
	} rows[] = {
		{"18446744073709551615", UINT64_MAX, 0},
		{"18446744073709551616", UINT64_MAX, ERANGE},
		{"-1", UINT64_MAX, 0},
		{"-18446744073709551615", 1, 0},
		{"-18446744073709551616", UINT64_MAX, ERANGE},
		{"0", 0, 0},
		{"4294967296", 4294967296, 0},
	};
	wchar_t wide[40];

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		row("%s", rows[i].text);
		widen(rows[i].text, wide);
		errno = 0;
		EXPECT_INT(strtoull(rows[i].text, NULL, 10), rows[i].value);
		EXPECT_INT(errno, rows[i].error);
		errno = 0;
		EXPECT_INT(wcstoull(wide, NULL, 10), rows[i].value);
		EXPECT_INT(errno, rows[i].error);
		EXPECT_INT(strtoumax(rows[i].text, NULL, 10), rows[i].value);
	}
	row("limits of long");
	errno = 0;
	EXPECT_INT(strtoul("99999999999999999999", NULL, 10), ULONG_MAX);
	EXPECT_INT(errno, ERANGE);
	EXPECT_INT(strtoul("-1", NULL, 10), ULONG_MAX);
}

static void read_wide_numbers(void)
{
	wchar_t *end;

	EXPECT(wcstod(L" 1.5e2x", &end) == 150 && *end == L'x');
	EXPECT(wcstod(L"0x1.8p1", &end) == 3 && *end == L'\0');
	EXPECT(wcstof(L"-.25", &end) == -0.25f);
	EXPECT(wcstold(L"1e4000", &end) > 1e300L || sizeof(long double) == 8);
	EXPECT(__builtin_isinf(wcstod(L"-infinity", &end)) && *end == L'\0');
	EXPECT(__builtin_isnan(wcstod(L"nan", &end)));
	EXPECT(wcstod(L"\u20ac1", &end) == 0 && *end == L'\u20ac');
	EXPECT(wcstod(L"1\u20ac", &end) == 1 && *end == L'\u20ac');
	errno = 0;
	EXPECT(wcstod(L"1e999", NULL) > 1e308 && errno == ERANGE);
}

static void use_wide_strings(void)
{
	static const wchar_t text[] = L"ab\u20acab\U0001f600";
	wchar_t to[20] = L"xxxxxxxxxx";
	wchar_t *state;
	wchar_t *copy;

	EXPECT_INT(wcslen(text), 6);
	EXPECT_INT(wcsnlen(text, 3), 3);
	EXPECT(wcscpy(to, text) == to);
	EXPECT_WCS(to, text);
	EXPECT(wcscat(to, L"\u00e9") == to);
	EXPECT_WCS(to, L"ab\u20acab\U0001f600\u00e9");
	EXPECT(wcsncpy(to, L"z", 3) == to && to[1] == 0 && to[2] == 0);
	EXPECT_INT(to[3], 'a');
	EXPECT(wcsncat(to, L"yxw", 2) == to);
	EXPECT_WCS(to, L"zyx");
	EXPECT(wcpcpy(to, L"ab") == to + 2);
	EXPECT(wcpncpy(to, L"ab", 5) == to + 2 && to[4] == 0);
	EXPECT(wcscmp(L"a", L"b") < 0 && wcscmp(L"b", L"a") > 0);
	EXPECT(wcscmp(L"\u20ac", L"\U0001f600") < 0 && wcscmp(L"", L"") == 0);
	EXPECT(wcsncmp(L"abc", L"abd", 2) == 0);
	EXPECT(wcscasecmp(L"\u00c4b", L"\u00e4B") == 0);
	EXPECT(wcsncasecmp(L"abX", L"ABy", 2) == 0);
	EXPECT(wcschr(text, L'\u20ac') == text + 2);
	EXPECT(wcschr(text, L'\0') == text + 6 && wcschr(text, L'q') == NULL);
	EXPECT(wcsrchr(text, L'a') == text + 3);
	EXPECT(wcsstr(text, L"ab\U0001f600") == text + 3);
	EXPECT(wcsstr(text, L"") == text && wcsstr(text, L"ba") == NULL);
	EXPECT_INT(wcsspn(text, L"ba"), 2);
	EXPECT_INT(wcscspn(text, L"\u20ac"), 2);
	EXPECT(wcspbrk(text, L"\U0001f600\u20ac") == text + 2);
	wcscpy(to, L",a,,b");
	EXPECT_WCS(wcstok(to, L",", &state), L"a");
	EXPECT_WCS(wcstok(NULL, L",", &state), L"b");
	EXPECT(wcstok(NULL, L",", &state) == NULL);
	copy = wcsdup(text);
	EXPECT_WCS(copy, text);
	free(copy);
}

static void use_wide_memory(void)
{
	wchar_t a[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	wchar_t b[8];

	EXPECT(wmemcpy(b, a, 8) == b && wmemcmp(a, b, 8) == 0);
	EXPECT(wmemmove(b + 1, b, 7) == b + 1 && b[7] == 7 && b[1] == 1);
	EXPECT(wmemset(b, L'\u20ac', 3) == b && b[2] == 0x20ac && b[3] == 3);
	EXPECT(wmemchr(a, 5, 8) == a + 4 && wmemchr(a, 5, 4) == NULL);
	EXPECT(wmemcmp(L"\x10ffff", L"a", 1) > 0 && wmemcmp(a, b, 0) == 0);
}

static void measure_widths(void)
{
	static const struct {
		wchar_t c;
		int width;
	} rows[] = {
		{0, 0},        {'a', 1},     {' ', 1},     {'\n', -1},
		{0x7f, -1},    {0x80, -1},   {0xa0, 1},    {0xe9, 1},
		{0x300, 0},    {0x483, 0},   {0x1100, 2},  {0x200b, 0},
		{0x20ac, 1},   {0x2028, 1},  {0x3000, 2},  {0x3042, 2},
		{0x4e2d, 2},   {0xac00, 2},  {0xff01, 2},  {0xff61, 1},
		{0xfe0f, 0},   {0x1f600, 2}, {0x20000, 2}, {0xe0100, 0},
		{0x10fffd, 1}, {0xfffe, -1},
	};

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		row("%#lx", (unsigned long)rows[i].c);
		EXPECT_INT(wcwidth(rows[i].c), rows[i].width);
	}
	row("strings");
	EXPECT_INT(wcswidth(L"a\u4e2d\u0301b", 10), 4);
	EXPECT_INT(wcswidth(L"a\u4e2d\u0301b", 2), 3);
	EXPECT_INT(wcswidth(L"a\nb", 10), -1);
	EXPECT_INT(wcswidth(L"", 10), 0);
}

static void print_wide(void)
{
	wchar_t to[40];

	setlocale(LC_CTYPE, "C.UTF-8");
	EXPECT_INT(swprintf(to, 40, L"%d|%5s|%-4ls|%lc|%x|%%", -5, "\xc3\xa9",
			    L"\u20ac", (wint_t)0x1f600, 255),
		   20);
	EXPECT_WCS(to, L"-5|    \u00e9|\u20ac   |\U0001f600|ff|%");
	EXPECT_INT(swprintf(to, 40, L"%.2s|%.1ls", "\xc3\xa9\xc3\xa9z",
			    L"\u20ac\u20ac"),
		   4);
	EXPECT_WCS(to, L"\u00e9\u00e9|\u20ac");
	EXPECT_INT(swprintf(to, 3, L"%d", 1234) < 0, 1);
	EXPECT_INT(swprintf(to, 5, L"%d", 1234), 4);
	EXPECT_INT(swprintf(to, 40, L"%s", "\xff") < 0, 1);
	setlocale(LC_CTYPE, "C");
}

CASES(CASE(read_integers), CASE(read_unsigned_integers),
      CASE(read_wide_numbers), CASE(use_wide_strings), CASE(use_wide_memory),
      CASE(measure_widths), CASE(print_wide))
