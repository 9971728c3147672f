/* SPDX-License-Identifier: BSD-2-Clause */
/* printf() of what is no number, and what scanf() makes of texts. */

#include <inttypes.h>
#include <locale.h>
#include <stddef.h>
#include <wchar.h>

#include "libc_cases.h"

/* Formats vary here, so the compiler cannot look at them. */
#pragma clang diagnostic ignored "-Wformat"
#pragma clang diagnostic ignored "-Wformat-extra-args"

static char text[400];

#define EXPECT_FORMAT(expected, ...)                                           \
	(EXPECT_INT(snprintf(text, sizeof(text), __VA_ARGS__),                 \
		    strlen(expected)),                                         \
	 EXPECT_STR(text, expected))

static void format_strings(void)
{
	EXPECT_FORMAT("abc", "%s", "abc");
	EXPECT_FORMAT("[  abc]", "[%5s]", "abc");
	EXPECT_FORMAT("[abc  ]", "[%-5s]", "abc");
	EXPECT_FORMAT("[ab]", "[%.2s]", "abc");
	EXPECT_FORMAT("[   ab]", "[%5.2s]", "abc");
	EXPECT_FORMAT("[]", "[%.0s]", "abc");
	EXPECT_FORMAT("[]", "[%.s]", "abc");
	EXPECT_FORMAT("[abc]", "[%.3s]", (const char[3]){"abc"});
	EXPECT_FORMAT("[  ab]", "[%*.*s]", 4, 2, "abc");
	EXPECT_FORMAT("[abc ]", "[%*s]", -4, "abc");
	EXPECT_FORMAT("[abc]", "[%.*s]", -1, "abc");
	EXPECT_FORMAT("[x]", "[%c]", 'x');
	EXPECT_FORMAT("[  x]", "[%3c]", 'x');
	EXPECT_FORMAT("[x  ]", "[%-3c]", 'x');
	EXPECT_FORMAT("[%]", "[%%]");
	EXPECT_FORMAT("(null)", "%s", (const char *)NULL);
	EXPECT_INT(snprintf(text, sizeof(text), "%c", '\0'), 1);
	EXPECT(memcmp(text, "\0", 2) == 0);
}

static void format_wide_strings(void)
{
	static const wchar_t wide[] = L"a\u00e9\u20ac";

	CHECK(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	EXPECT_FORMAT("a\xc3\xa9\xe2\x82\xac", "%ls", wide);
	EXPECT_FORMAT("a\xc3\xa9\xe2\x82\xac", "%S", wide);
	EXPECT_FORMAT("[  a\xc3\xa9]", "[%5.3ls]", wide);
	EXPECT_FORMAT("[    a]", "[%5.2ls]", wide); /* whole characters */
	EXPECT_FORMAT("[a\xc3\xa9  ]", "[%-5.5ls]", wide);
	EXPECT_FORMAT("[\xe2\x82\xac]", "[%lc]", (wint_t)0x20ac);
	EXPECT_FORMAT("[ \xe2\x82\xac]", "[%4lc]", (wint_t)0x20ac);
	EXPECT_FORMAT("[\xe2\x82\xac]", "[%C]", (wint_t)0x20ac);
	EXPECT_ERROR(snprintf(text, 9, "%ls", L"\xd800"), EILSEQ);
	EXPECT_ERROR(snprintf(text, 9, "%lc", (wint_t)0x110000), EILSEQ);
	CHECK(setlocale(LC_CTYPE, "C") != NULL);
	EXPECT_ERROR(snprintf(text, 9, "%ls", L"\u20ac"), EILSEQ);
}

static void format_the_rest(void)
{
	EXPECT_FORMAT("0x12ab", "%p", (void *)0x12ab);
	EXPECT_FORMAT("[  0x12ab]", "[%8p]", (void *)0x12ab);
	EXPECT_FORMAT("[0x12ab  ]", "[%-8p]", (void *)0x12ab);
	errno = EDOM;
	EXPECT_FORMAT(strerror(EDOM), "%m");
	errno = EDOM;
	EXPECT_FORMAT("[Inval]", "[%.5s]", strerror(EINVAL));
	EXPECT_FORMAT("2 1 2", "%2$d %1$d %2$d", 1, 2);
	EXPECT_FORMAT("[  a] 1", "[%3$*2$s] %1$d", 1, 3, "a");
	EXPECT_FORMAT("[ab]", "[%3$.*2$s]%1$.0d", 0, 2, "abc");
	EXPECT_FORMAT("0.25 1 x", "%3$g %1$lld %2$c", 1LL, 'x', 0.25);
	EXPECT_FORMAT("-5 5", "%jd %zu", (intmax_t)-5, (size_t)5);
	EXPECT_FORMAT("-5 1.5 7", "%td %Lg %hhd", (ptrdiff_t)-5, 1.5L, 0x107);
	EXPECT_FORMAT("[-nan -NAN]", "[%f %F]", -__builtin_nan(""),
		      -__builtin_nan(""));
	EXPECT_ERROR(snprintf(text, sizeof(text), "%y"), EINVAL);
	EXPECT_ERROR(snprintf(text, sizeof(text), "%"), EINVAL);
}

/* %n stores what was written so far: nothing here makes formats writable. */
static void format_counts(void)
{
	signed char hh;
	short h;
	int i;
	long l;
	long long ll;
	intmax_t j;
	size_t z;

	EXPECT_FORMAT("abcdefg", "a%hhnb%hnc%nd%lne%llnf%jng%zn", &hh, &h, &i,
		      &l, &ll, &j, &z);
	EXPECT_INT(hh, 1);
	EXPECT_INT(h, 2);
	EXPECT_INT(i, 3);
	EXPECT_INT(l, 4);
	EXPECT_INT(ll, 5);
	EXPECT_INT(j, 6);
	EXPECT_INT(z, 7);
}

static void format_into_little_room(void)
{
	char *made;

	memset(text, 'x', sizeof(text));
	EXPECT_INT(snprintf(text, 4, "%d", 123456), 6);
	EXPECT_STR(text, "123");
	EXPECT_INT(text[4], 'x');
	EXPECT_INT(snprintf(text, 1, "abc"), 3);
	EXPECT_STR(text, "");
	EXPECT_INT(snprintf(NULL, 0, "%500.300d", 7), 500);
	EXPECT_INT(snprintf(NULL, 0, "%.1000f", 1.0 / 3), 1002);
	EXPECT_ERROR(snprintf(NULL, 0, "%2147483647d|", 1), EOVERFLOW);
	EXPECT_ERROR(snprintf(NULL, 0, "%.2147483647d|", 1), EOVERFLOW);
	EXPECT_INT(sprintf(text, "%s-%d", "a", 5), 3);
	EXPECT_STR(text, "a-5");
	EXPECT_INT(asprintf(&made, "%0*d", 2000, 7), 2000);
	EXPECT_INT(strlen(made), 2000);
	EXPECT_INT(made[1999], '7');
	free(made);
}

/* Reads one item as a type; the text is rebuilt from what was stored. */
static void scan_integers(void)
{
	static const struct {
		const char *text;
		const char *format;
		int result;
		long long value;
	} rows[] = {
		{"12", "%lld", 1, 12},
		{"  -12x", "%lld", 1, -12},
		{"+7", "%lld", 1, 7},
		{"0x1f", "%lli", 1, 31},
		{"0x1f", "%lld", 1, 0},
		{"017", "%lli", 1, 15},
		{"019", "%lli", 1, 1},
		{"ff", "%llx", 1, 255},
		{"0XFF", "%llX", 1, 255},
		{"777", "%llo", 1, 511},
		{"12345", "%3lld", 1, 123},
		{"-12345", "%3lld", 1, -12},
		{"9223372036854775807", "%lld", 1, INT64_MAX},
		{"-9223372036854775808", "%lld", 1, INT64_MIN},
		{"18446744073709551615", "%llu", 1, -1},
		{"-1", "%llu", 1, -1},
		{"x", "%lld", 0, 99},
		{"", "%lld", EOF, 99},
		{"  ", "%lld", EOF, 99},
		{"-", "%lld", 0, 99},
		{"+-1", "%lld", 0, 99},
		{"0x", "%lli", 0, 99},
		{"0xg", "%llx", 0, 99},
		{"5", "%jd", 1, 5},
		{"a:5", "a:%lld", 1, 5},
		{"a 5", "a:%lld", 0, 99},
		{"a\n\t5", "a %lld", 1, 5},
		{"%5", "%%%lld", 1, 5},
		{"1 2", "%*d%lld", 1, 2},
		{"1,2", "%*[0-9],%lld", 1, 2},
		{"7", "%1$lld", 1, 7},
	};

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		long long value = 99;

		row("\"%s\" by %s", rows[i].text, rows[i].format);
		EXPECT_INT(sscanf(rows[i].text, rows[i].format, &value),
			   rows[i].result);
		EXPECT_INT(value, rows[i].value);
	}
}

static void scan_lengths(void)
{
	struct {
		signed char hh[2];
		short h[2];
		int i[2];
		long l[2];
		long long ll[2];
		intmax_t j[2];
		size_t z[2];
		ptrdiff_t t[2];
	} v;

	memset(&v, 0x55, sizeof(v));
	EXPECT_INT(sscanf("-1 -2 -3 -4 -5 -6 7 -8", "%hhd%hd%d%ld%lld%jd%zu%td",
			  v.hh, v.h, v.i, v.l, v.ll, v.j, v.z, v.t),
		   8);
	EXPECT(v.hh[0] == -1 && v.hh[1] == 0x55);
	EXPECT(v.h[0] == -2 && v.h[1] == 0x5555);
	EXPECT(v.i[0] == -3 && v.i[1] == 0x55555555);
	EXPECT(v.l[0] == -4 && (int)v.l[1] == 0x55555555);
	EXPECT(v.ll[0] == -5 && (int)v.ll[1] == 0x55555555);
	EXPECT(v.j[0] == -6 && (int)v.j[1] == 0x55555555);
	EXPECT(v.z[0] == 7 && (int)v.z[1] == 0x55555555);
	EXPECT(v.t[0] == -8 && (int)v.t[1] == 0x55555555);
}

static void scan_floats(void)
{
	static const struct {
		const char *text;
		const char *format;
		int result;
		double value;
		const char *rest;
	} rows[] = {
		{"1.5x", "%lf%9s", 2, 1.5, "x"},
		{"0x1.8p1z", "%la%9s", 2, 3, "z"},
		{"-.5e1", "%le%9s", 1, -5, ""},
		{"12345", "%3lg%9s", 2, 123, "45"},
		{"1e", "%lf%9s", 0, 99, ""},
		{"1e+", "%lf%9s", 0, 99, ""},
		{"0x", "%lf%9s", 0, 99, ""},
		{".", "%lf%9s", 0, 99, ""},
		{"1.e2.5", "%lf%9s", 2, 100, ".5"},
		{"inf", "%lf%9s", 1, __builtin_inf(), ""},
		{"-infinity", "%lf%9s", 1, -__builtin_inf(), ""},
		{"infinite", "%lf%9s", 0, 99, ""},
		{"0x.8", "%lf%9s", 1, 0.5, ""},
		{"0x1p-1074", "%lf%9s", 1, 0x1p-1074, ""},
	};

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		double value = 99;
		char rest[10] = "";

		row("\"%s\" by %s", rows[i].text, rows[i].format);
		EXPECT_INT(sscanf(rows[i].text, rows[i].format, &value, rest),
			   rows[i].result);
		EXPECT(value == rows[i].value);
		EXPECT_STR(rest, rows[i].rest);
	}
}

static void scan_characters(void)
{
	static const struct {
		const char *text;
		const char *format;
		int result;
		const char *first;
		const char *second;
	} rows[] = {
		{"abc def", "%9s%9s", 2, "abc", "def"},
		{"abcdef", "%3s%9s", 2, "abc", "def"},
		{"abc123", "%9[a-c]%9s", 2, "abc", "123"},
		{"abc123", "%9[^0-9]%9s", 2, "abc", "123"},
		{"a-b]c", "%9[]ab-]%9s", 2, "a-b]", "c"},
		{"x]y", "%9[^]]%9s", 2, "x", "]y"},
		{"  x", "%9[ ]%9s", 2, "  ", "x"},
		{"zzz", "%9[a]%9s", 0, "", ""},
		{"abc", "%9[%c]%9s", 0, "", ""},
		{" ab", "%1c%9s", 2, " ", "ab"},
		{"abcde", "%2c%9s", 2, "ab", "cde"},
		{"a:b", "%9[^:]:%9s", 2, "a", "b"},
		{"--x", "%9[-]%9s", 2, "--", "x"},
		{"aXb", "%9[a-z]X%9s", 2, "a", "b"},
		{"1 2", "%2$9s%1$9s", 2, "2", "1"},
	};

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		char first[10] = "";
		char second[10] = "";

		row("\"%s\" by %s", rows[i].text, rows[i].format);
		EXPECT_INT(sscanf(rows[i].text, rows[i].format, first, second),
			   rows[i].result);
		EXPECT_STR(first, rows[i].first);
		EXPECT_STR(second, rows[i].second);
	}
}

static void scan_wide_characters(void)
{
	wchar_t wide[10] = L"";
	char bytes[10] = "";

	CHECK(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	EXPECT_INT(sscanf("\xc3\xa9\xe2\x82\xac x", "%9ls", wide), 1);
	EXPECT_WCS(wide, L"\u00e9\u20ac");
	/* A width counts bytes, also where these make up wide characters. */
	EXPECT_INT(sscanf("\xe2\x82\xac", "%3lc", wide), 1);
	EXPECT_INT(wide[0], 0x20ac);
	EXPECT_INT(sscanf("\xc3\xa9\xc3\xa9.", "%9l[\xc3\xa9]", wide), 1);
	EXPECT_WCS(wide, L"\u00e9\u00e9");
	EXPECT_INT(swscanf(L"\u20ac 5", L"%9s %9ls", bytes, wide), 2);
	EXPECT_STR(bytes, "\xe2\x82\xac");
	EXPECT_WCS(wide, L"5");
	EXPECT_ERROR(sscanf("\xff", "%9ls", wide), EILSEQ);
	CHECK(setlocale(LC_CTYPE, "C") != NULL);
}

static void scan_into_allocated(void)
{
	char *bytes = NULL;
	char *set = NULL;
	wchar_t *wide = NULL;
	char long_text[5001];

	EXPECT_INT(sscanf("abc 123 w", "%ms %m[0-9] %mls", &bytes, &set, &wide),
		   3);
	EXPECT_STR(bytes, "abc");
	EXPECT_STR(set, "123");
	EXPECT_WCS(wide, L"w");
	free(bytes);
	free(set);
	free(wide);
	memset(long_text, 'a', 5000);
	long_text[5000] = '\0';
	EXPECT_INT(sscanf(long_text, "%ms", &bytes), 1);
	EXPECT_STR(bytes, long_text);
	free(bytes);
	EXPECT_INT(sscanf("abc", "%2mc", &bytes), 1);
	EXPECT(memcmp(bytes, "ab", 2) == 0);
	free(bytes);
}

static void scan_counts_and_stops(void)
{
	int a = 0;
	int b = 0;
	int used = -1;
	void *pointer = NULL;

	EXPECT_INT(sscanf("12 34", "%d%n%d", &a, &used, &b), 2);
	EXPECT_INT(used, 2);
	EXPECT_INT(sscanf("1 x 2", "%d%d%d", &a, &b, &used), 1);
	EXPECT_INT(sscanf("1", "%d%d", &a, &b), 1);
	EXPECT_INT(sscanf("abc", "abd%d", &a), 0);
	EXPECT_INT(sscanf("", "abd%d", &a), EOF);
	used = -1;
	EXPECT_INT(sscanf("", "%n", &used), 0);
	EXPECT_INT(used, 0);
	snprintf(text, sizeof(text), "%p", (void *)&a);
	EXPECT_INT(sscanf(text, "%p", &pointer), 1);
	EXPECT(pointer == &a);
}

CASES(CASE(format_strings), CASE(format_wide_strings), CASE(format_the_rest),
      CASE(format_counts), CASE(format_into_little_room), CASE(scan_integers),
      CASE(scan_lengths), CASE(scan_floats), CASE(scan_characters),
      CASE(scan_wide_characters), CASE(scan_into_allocated),
      CASE(scan_counts_and_stops))
