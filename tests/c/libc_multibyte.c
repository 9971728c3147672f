/* SPDX-License-Identifier: BSD-2-Clause */
/* Multibyte characters: UTF-8 with all its limits, and bytes of the C locale. */

#include <locale.h>
#include <uchar.h>
#include <wchar.h>

#include "libc_cases.h"

static void use_utf8(void)
{
	CHECK(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
}

static size_t encode(unsigned long c, unsigned char *bytes)
{
	size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

	for (size_t i = len - 1; i > 0; --i, c >>= 6)
		bytes[i] = (unsigned char)(0x80 | (c & 0x3f));
	bytes[0] = (unsigned char)(len == 1 ? c : c | 0xf00u >> len);
	return len;
}

/* The text of the standard: the shortest form, no surrogates, 17 planes. */
static int decode(const unsigned char *bytes, size_t len, unsigned long *c)
{
	static const unsigned long least[] = {0, 0, 0x80, 0x800, 0x10000};
	int wanted = bytes[0] < 0x80 ? 1 :
		     bytes[0] < 0xc2 ? 0 :
		     bytes[0] < 0xe0 ? 2 :
		     bytes[0] < 0xf0 ? 3 :
		     bytes[0] < 0xf5 ? 4 :
				       0;
	unsigned long low;
	unsigned long high;

	if (wanted == 0)
		return -1;
	*c = wanted == 1 ? bytes[0] : bytes[0] & (0x7fu >> wanted);
	low = high = *c;
	for (int i = 1; i < wanted; ++i) {
		bool given = (size_t)i < len;

		if (given && (bytes[i] & 0xc0) != 0x80)
			return -1;
		low = low << 6 | (given ? bytes[i] & 0x3f : 0);
		high = high << 6 | (given ? bytes[i] & 0x3f : 0x3f);
	}
	*c = low;
	if (high < least[wanted] || low > 0x10ffff ||
	    (low >= 0xd800 && high <= 0xdfff))
		return -1;
	return (size_t)wanted <= len ? wanted : -2;
}

static void convert_all_characters(void)
{
	unsigned char bytes[5] = {0};
	char back[MB_LEN_MAX];
	wchar_t wide;

	use_utf8();
	for (unsigned long c = 1; c <= 0x110000; ++c) {
		bool valid = c < 0x110000 && (c < 0xd800 || c > 0xdfff);
		size_t len = encode(c, bytes);
		mbstate_t state = {0};

		if (c > 0x3000 && c < 0x110000 - 0x1000 && c % SCALE != 0)
			continue;
		row("%#lx", c);
		EXPECT_SIZE(wcrtomb(back, (wchar_t)c, &state),
			    valid ? (ptrdiff_t)len : -1);
		if (valid)
			EXPECT(memcmp(back, bytes, len) == 0);
		EXPECT_SIZE(mbrtowc(&wide, (char *)bytes, len, &state),
			    valid ? (ptrdiff_t)len : -1);
		if (valid)
			EXPECT_INT(wide, c);
	}
}

/* Two bytes decide; what follows is the smallest and the largest there is. */
static void judge_all_beginnings(void)
{
	unsigned char bytes[5] = {0};

	use_utf8();
	for (unsigned i = 0; i < 0x20000; ++i) {
		unsigned long c;
		wchar_t wide = 0x55;
		mbstate_t state = {0};
		int expected;

		bytes[0] = (unsigned char)(i >> 9);
		bytes[1] = (unsigned char)(i >> 1);
		bytes[2] = bytes[3] = i & 1 ? 0xbf : 0x80;
		row("%02x %02x %02x", bytes[0], bytes[1], bytes[2]);
		expected = bytes[0] == 0 ? 0 : decode(bytes, 4, &c);
		EXPECT_SIZE(mbrtowc(&wide, (char *)bytes, 4, &state), expected);
		EXPECT_INT(wide, expected == 0 ? 0 : expected > 0 ? c : 0x55);
		EXPECT_SIZE(mblen((char *)bytes, 4), expected);
		if (expected != -2 && bytes[0] != 0) {
			memset(&state, 0, sizeof(state));
			EXPECT_SIZE(mbrlen((char *)bytes, 2, &state),
				    decode(bytes, 2, &c));
		}
	}
}

static void continue_from_states(void)
{
	unsigned char bytes[5];

	use_utf8();
	for (unsigned long c = 0x80; c < 0x110000; c += c < 0x900 ? 1 : 211) {
		mbstate_t state = {0};
		wchar_t wide = 0;
		size_t len = encode(c, bytes);

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		row("%#lx", c);
		for (size_t i = 0; i + 1 < len; ++i) {
			EXPECT_SIZE(
				mbrtowc(&wide, (char *)bytes + i, 1, &state),
				-2);
			EXPECT(!mbsinit(&state));
			EXPECT_SIZE(mbrtowc(&wide, "", 0, &state), -2);
		}
		EXPECT_SIZE(mbrtowc(&wide, (char *)bytes + len - 1, 4, &state),
			    1);
		EXPECT(mbsinit(&state));
		EXPECT_INT(wide, c);
	}
	mbstate_t state = {0};
	EXPECT_SIZE(mbrtowc(NULL, "\xe2", 1, &state), -2);
	errno = 0;
	EXPECT_SIZE(mbrtowc(NULL, "A", 1, &state), -1);
	EXPECT_INT(errno, EILSEQ);
	EXPECT_SIZE(mbrtowc(NULL, "\xe2", 1, NULL), -2);
	errno = 0;
	EXPECT_SIZE(mbrtowc(NULL, NULL, 0, NULL), -1); /* within one */
	EXPECT_SIZE(mbrtowc(NULL, NULL, 0, NULL), 0);
	EXPECT_SIZE(mbtowc(NULL, NULL, 0), 0);
	EXPECT_INT(wctomb(NULL, 0), 0);
	EXPECT(mbsinit(NULL));
}

static void convert_texts(void)
{
	static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z";
	static const wchar_t wide[] = L"a\u00e9\u20ac\U0001f600z";
	mbstate_t state = {0};
	wchar_t to[10];
	char bytes[20];
	const char *from = text;
	const wchar_t *wide_from = wide;

	use_utf8();
	EXPECT_SIZE(mbstowcs(NULL, text, 0), 5);
	EXPECT_SIZE(mbstowcs(to, text, 10), 5);
	EXPECT_WCS(to, wide);
	EXPECT_SIZE(mbsrtowcs(to, &from, 2, &state), 2);
	EXPECT_INT(from - text, 3);
	EXPECT_SIZE(mbsrtowcs(to, &from, 10, &state), 3);
	EXPECT(from == NULL);
	EXPECT_WCS(to, wide + 2);
	from = text;
	EXPECT_SIZE(mbsnrtowcs(to, &from, 5, 10, &state), 2);
	EXPECT_INT(from - text >= 3 && from - text <= 5, 1);
	EXPECT_SIZE(
		mbsnrtowcs(to, &from, (size_t)(text + 6 - from), 10, &state),
		1);
	EXPECT_INT(to[0], 0x20ac);
	EXPECT_INT(from - text, 6);
	EXPECT_SIZE(wcstombs(NULL, wide, 0), 11);
	EXPECT_SIZE(wcstombs(bytes, wide, 20), 11);
	EXPECT_STR(bytes, text);
	memset(bytes, 'x', sizeof(bytes));
	EXPECT_SIZE(wcstombs(bytes, wide, 5), 3); /* no half characters */
	EXPECT_SIZE(wcsrtombs(bytes, &wide_from, 6, &state), 6);
	EXPECT_INT(wide_from - wide, 3);
	EXPECT_SIZE(wcsrtombs(bytes, &wide_from, 20, &state), 5);
	EXPECT(wide_from == NULL);
	wide_from = wide;
	EXPECT_SIZE(wcsnrtombs(bytes, &wide_from, 3, 20, &state), 6);
	EXPECT_INT(wide_from - wide, 3);
}

static void refuse_bad_texts(void)
{
	static const char *const bad[] = {
		"ab\x80",         "ab\xc0\x80",
		"ab\xed\xa0\x80", "ab\xf4\x90\x80\x80",
		"ab\xe2\x82",     "ab\xff",
		"ab\xe2\x28\xa1",
	};
	mbstate_t state;
	wchar_t wide[10];
	char bytes[10];

	use_utf8();
	for (size_t i = 0; i < LENGTH(bad); ++i) {
		const char *from = bad[i];

		row("%zu", i);
		memset(&state, 0, sizeof(state));
		EXPECT_ERROR((int)mbstowcs(wide, bad[i], 10), EILSEQ);
		EXPECT_ERROR((int)mbstowcs(NULL, bad[i], 0), EILSEQ);
		EXPECT_ERROR((int)mbsrtowcs(wide, &from, 10, &state), EILSEQ);
		EXPECT_INT(from - bad[i], 2);
		EXPECT_SIZE(mbstowcs(wide, bad[i], 2), 2);
	}
	row("wide");
	EXPECT_ERROR((int)wcstombs(bytes, L"ab\xd800", 10), EILSEQ);
	EXPECT_ERROR((int)wcstombs(NULL, L"ab\x110000", 10), EILSEQ);
	EXPECT_INT(wctomb(bytes, 0xdfff), -1);
}

static void keep_bytes_in_the_c_locale(void)
{
	CHECK(setlocale(LC_CTYPE, "C") != NULL);
	EXPECT_INT(MB_CUR_MAX, 1);
	for (int i = 0; i < 256; ++i) {
		mbstate_t state = {0};
		char byte = (char)i;
		char back[MB_LEN_MAX];
		wchar_t wide;

		row("%d", i);
		EXPECT_SIZE(mbrtowc(&wide, &byte, 1, &state), i != 0);
		EXPECT_INT(wide, i < 128 ? i : 0xdf00 + i);
		EXPECT_SIZE(wcrtomb(back, wide, &state), 1);
		EXPECT_INT(back[0], byte);
		EXPECT_INT(btowc(i), wide);
		EXPECT_INT(wctob((wint_t)wide), i);
	}
	row("others");
	EXPECT_INT(wctomb(NULL, 0), 0);
	EXPECT_ERROR((int)wcrtomb((char[MB_LEN_MAX]){""}, 0xe9, NULL), EILSEQ);
	EXPECT_INT(btowc(EOF), WEOF);
	use_utf8();
	EXPECT_INT(btowc('a'), 'a');
	EXPECT_INT(btowc(0x80), WEOF);
	EXPECT_INT(wctob(0xe9), EOF);
}

static void convert_utf16(void)
{
	static const char text[] = "\xf0\x9f\x98\x80";
	mbstate_t state = {0};
	char back[MB_LEN_MAX];
	char16_t c16 = 0;
	char32_t c32 = 0;

	use_utf8();
	EXPECT_SIZE(mbrtoc16(&c16, text, 4, &state), 4);
	EXPECT_SIZE(c16, 0xd83d);
	EXPECT_SIZE(mbrtoc16(&c16, "x", 1, &state), -3);
	EXPECT_SIZE(c16, 0xde00);
	EXPECT_SIZE(mbrtoc16(&c16, "\xe2\x82\xac", 3, &state), 3);
	EXPECT_SIZE(c16, 0x20ac);
	EXPECT_SIZE(c16rtomb(back, 0xd83d, &state), 0);
	EXPECT_SIZE(c16rtomb(back, 0xde00, &state), 4);
	EXPECT(memcmp(back, text, 4) == 0);
	EXPECT_ERROR((int)c16rtomb(back, 0xde00, &state), EILSEQ);
	memset(&state, 0, sizeof(state));
	EXPECT_SIZE(mbrtoc32(&c32, text, 3, &state), -2);
	EXPECT_SIZE(mbrtoc32(&c32, text + 3, 1, &state), 1);
	EXPECT_SIZE(c32, 0x1f600);
	EXPECT_SIZE(c32rtomb(back, 0x1f600, &state), 4);
	EXPECT_ERROR((int)c32rtomb(back, 0x110000, &state), EILSEQ);
}

CASES(CASE(convert_all_characters), CASE(judge_all_beginnings),
      CASE(continue_from_states), CASE(convert_texts), CASE(refuse_bad_texts),
      CASE(keep_bytes_in_the_c_locale), CASE(convert_utf16))
