/* SPDX-License-Identifier: BSD-2-Clause */
/* Locales, their facts, and the kinds of characters. */

#include <ctype.h>
#include <langinfo.h>
#include <locale.h>
#include <monetary.h>
#include <pthread.h>
#include <strings.h>
#include <wctype.h>

#include "libc_cases.h"

static void choose_locales(void)
{
	static const struct {
		int category;
		const char *name;
		const char *result; /* NULL if it is unknown */
	} rows[] = {
		{LC_ALL, "C", "C"},
		{LC_ALL, "POSIX", "C"},
		{LC_ALL, "C.UTF-8", "C.UTF-8;C;C;C;C;C"},
		{LC_ALL, "", "C.UTF-8;C;C;C;C;C"},
		{LC_ALL, "C.UTF-8;C;C;C;C;C", "C.UTF-8;C;C;C;C;C"},
		{LC_ALL, "C;C;C;C;C;C", "C"},
		{LC_ALL, "C;C;de_DE;C;C;C", NULL},
		{LC_CTYPE, "C.UTF-8", "C.UTF-8"},
		{LC_CTYPE, "", "C.UTF-8"},
		{LC_CTYPE, "POSIX", "C"},
		{LC_NUMERIC, "C.UTF-8", "C"},
		{LC_COLLATE, "", "C"},
		{LC_TIME, "en_US", NULL},
		{LC_MONETARY, "C.utf8", NULL},
		{LC_MESSAGES, "en_US.UTF-8", NULL},
		{LC_CTYPE, "de_DE.UTF-8", NULL},
		{LC_CTYPE, "../C", NULL},
		{LC_ALL, "xx", NULL},
		{LC_ALL + 1, "C", NULL},
		{-1, "C", NULL},
	};

	EXPECT_STR(setlocale(LC_ALL, NULL), "C");
	for (size_t i = 0; i < LENGTH(rows); ++i) {
		const char *result = setlocale(rows[i].category, rows[i].name);

		row("%d %s", rows[i].category, rows[i].name);
		if (rows[i].result == NULL)
			EXPECT(result == NULL);
		else
			EXPECT_STR(result, rows[i].result);
		if (result != NULL && rows[i].result != NULL)
			EXPECT_STR(setlocale(rows[i].category, NULL),
				   rows[i].result);
	}
	row("in the end");
	EXPECT_STR(setlocale(LC_ALL, "C"), "C");
	EXPECT_INT(MB_CUR_MAX, 1);
	EXPECT_STR(setlocale(LC_CTYPE, "C.UTF-8"), "C.UTF-8");
	EXPECT_INT(MB_CUR_MAX, 4);
	EXPECT_STR(setlocale(LC_ALL, NULL), "C.UTF-8;C;C;C;C;C");
	setlocale(LC_ALL, "C");
}

static void *see_other_locale(void *argument)
{
	(void)argument;
	return (void *)(intptr_t)MB_CUR_MAX;
}

static void use_locale_objects(void)
{
	locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
	locale_t c = newlocale(LC_ALL_MASK, "C", NULL);
	locale_t copy;
	pthread_t thread;
	void *result;

	CHECK(utf8 != NULL && c != NULL);
	EXPECT(newlocale(LC_ALL_MASK, "fr_FR", NULL) == NULL);
	EXPECT(newlocale(LC_CTYPE_MASK, "xx", c) == NULL);
	EXPECT(uselocale(NULL) == LC_GLOBAL_LOCALE);
	EXPECT_INT(MB_CUR_MAX, 1);
	EXPECT(uselocale(utf8) == LC_GLOBAL_LOCALE);
	EXPECT_INT(MB_CUR_MAX, 4);
	EXPECT_STR(nl_langinfo(CODESET), "UTF-8");
	EXPECT_STR(setlocale(LC_CTYPE, NULL), "C");
	copy = duplocale(LC_GLOBAL_LOCALE);
	CHECK(copy != NULL);
	EXPECT_STR(nl_langinfo_l(CODESET, copy), "ASCII");
	EXPECT(uselocale(copy) == utf8);
	EXPECT_INT(MB_CUR_MAX, 1);
	freelocale(duplocale(copy));
	EXPECT(uselocale(utf8) == copy);
	copy = newlocale(LC_CTYPE_MASK, "C.UTF-8", copy);
	CHECK(copy != NULL);
	EXPECT_STR(nl_langinfo_l(CODESET, copy), "UTF-8");
	freelocale(copy);
	/* A locale is one thread's; others have the global one. */
	CHECK(pthread_create(&thread, NULL, see_other_locale, NULL) == 0);
	CHECK(pthread_join(thread, &result) == 0);
	EXPECT_INT((intptr_t)result, 1);
	EXPECT(uselocale(LC_GLOBAL_LOCALE) == utf8);
	EXPECT_INT(MB_CUR_MAX, 1);
	freelocale(utf8);
	freelocale(c);
}

static void tell_facts(void)
{
	static const struct {
		nl_item item;
		const char *text;
	} rows[] = {
		{CODESET, "ASCII"},
		{RADIXCHAR, "."},
		{THOUSEP, ""},
		{D_T_FMT, "%a %b %e %T %Y"},
		{D_FMT, "%m/%d/%y"},
		{T_FMT, "%H:%M:%S"},
		{T_FMT_AMPM, "%I:%M:%S %p"},
		{AM_STR, "AM"},
		{PM_STR, "PM"},
		{DAY_1, "Sunday"},
		{DAY_7, "Saturday"},
		{ABDAY_1, "Sun"},
		{ABDAY_7, "Sat"},
		{MON_1, "January"},
		{MON_12, "December"},
		{ABMON_1, "Jan"},
		{ABMON_12, "Dec"},
		{ERA, ""},
		{ERA_D_FMT, ""},
		{ALT_DIGITS, ""},
		{YESEXPR, "^[yY]"},
		{NOEXPR, "^[nN]"},
		{CRNCYSTR, ""},
		{0x7fff0000, ""},
	};
	const struct lconv *conv = localeconv();

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		row("%#x", (unsigned)rows[i].item);
		if (rows[i].item != ERA_D_FMT && rows[i].item != ALT_DIGITS)
			EXPECT_STR(nl_langinfo(rows[i].item), rows[i].text);
	}
	row("localeconv");
	EXPECT_STR(conv->decimal_point, ".");
	EXPECT_STR(conv->thousands_sep, "");
	EXPECT_STR(conv->grouping, "");
	EXPECT_STR(conv->int_curr_symbol, "");
	EXPECT_STR(conv->currency_symbol, "");
	EXPECT_STR(conv->mon_decimal_point, "");
	EXPECT_STR(conv->mon_thousands_sep, "");
	EXPECT_STR(conv->positive_sign, "");
	EXPECT_STR(conv->negative_sign, "");
	EXPECT_INT(conv->int_frac_digits, CHAR_MAX);
	EXPECT_INT(conv->frac_digits, CHAR_MAX);
	EXPECT_INT(conv->p_cs_precedes, CHAR_MAX);
	EXPECT_INT(conv->n_sign_posn, CHAR_MAX);
}

/* The letters of a row are the kinds that a character is of. */
static const struct kind {
	char letter;
	const char *name;
	int (*narrow)(int);
	int (*wide)(wint_t);
} kinds[] = {
	{'a', "alpha", isalpha, iswalpha}, {'b', "blank", isblank, iswblank},
	{'c', "cntrl", iscntrl, iswcntrl}, {'d', "digit", isdigit, iswdigit},
	{'g', "graph", isgraph, iswgraph}, {'l', "lower", islower, iswlower},
	{'n', "alnum", isalnum, iswalnum}, {'p', "punct", ispunct, iswpunct},
	{'r', "print", isprint, iswprint}, {'s', "space", isspace, iswspace},
	{'u', "upper", isupper, iswupper}, {'x', "xdigit", isxdigit, iswxdigit},
};

static const char *ascii_kinds(int c)
{
	if (c == '\t')
		return "bcs";
	if (c < 32 || c == 127)
		return c >= 9 && c <= 13 ? "cs" : "c";
	if (c == ' ')
		return "brs";
	if (c >= '0' && c <= '9')
		return "dgnrx";
	if (c >= 'A' && c <= 'Z')
		return c <= 'F' ? "agnrux" : "agnru";
	if (c >= 'a' && c <= 'z')
		return c <= 'f' ? "aglnrx" : "aglnr";
	return c < 127 ? "gpr" : "";
}

static void expect_wide_kinds(wint_t c, const char *letters)
{
	for (const struct kind *k = kinds; k < kinds + LENGTH(kinds); ++k) {
		bool is = strchr(letters, k->letter) != NULL;

		row("%#x %s", (unsigned)c, k->name);
		EXPECT_INT(k->wide(c) != 0, is);
		EXPECT_INT(iswctype(c, wctype(k->name)) != 0, is);
	}
}

static void sort_bytes(void)
{
	for (int c = -1; c < 256; ++c) {
		const char *letters = c < 0 ? "" : ascii_kinds(c);

		for (const struct kind *k = kinds; k < kinds + LENGTH(kinds);
		     ++k) {
			row("%d %s", c, k->name);
			EXPECT_INT(k->narrow(c) != 0,
				   strchr(letters, k->letter) != NULL);
		}
		if (c < 128)
			expect_wide_kinds(c < 0 ? WEOF : (wint_t)c, letters);
		row("%d", c);
		EXPECT_INT(toupper(c), c >= 'a' && c <= 'z' ? c - 32 : c);
		EXPECT_INT(tolower(c), c >= 'A' && c <= 'Z' ? c + 32 : c);
		EXPECT_INT(isascii(c), c >= 0 && c < 128);
	}
}

/*
 * These are the decisions of musl's tables: blanks are those of ASCII, the
 * visible space of Ogham and the one that does not break are none, and only
 * letters have cases.
 */
static void sort_wide_characters(void)
{
	static const struct {
		wint_t c;
		wint_t upper;
		wint_t lower;
		const char *kinds;
	} rows[] = {
		{0x85, 0x85, 0x85, "cs"},
		{0xa0, 0xa0, 0xa0, "gpr"},
		{0xaa, 0xaa, 0xaa, "agnr"},
		{0xb5, 0x39c, 0xb5, "aglnr"},
		{0xdf, 0x1e9e, 0xdf, "aglnr"},
		{0xe9, 0xc9, 0xe9, "aglnr"},
		{0xc9, 0xc9, 0xe9, "agnru"},
		{0xd7, 0xd7, 0xd7, "gpr"},
		{0xff, 0x178, 0xff, "aglnr"},
		{0x131, 'I', 0x131, "aglnr"},
		{0x17f, 'S', 0x17f, "aglnr"},
		{0x1c5, 0x1c4, 0x1c6, "aglnru"},
		{0x300, 0x300, 0x300, "gpr"},
		{0x3a3, 0x3a3, 0x3c3, "agnru"},
		{0x3c2, 0x3a3, 0x3c2, "aglnr"},
		{0x416, 0x416, 0x436, "agnru"},
		{0x5d0, 0x5d0, 0x5d0, "agnr"},
		{0x660, 0x660, 0x660, "agnr"},
		{0x10d0, 0x1c90, 0x10d0, "aglnr"},
		{0x1680, 0x1680, 0x1680, "gpr"},
		{0x2003, 0x2003, 0x2003, "rs"},
		{0x2028, 0x2028, 0x2028, "cs"},
		{0x20ac, 0x20ac, 0x20ac, "gpr"},
		{0x2126, 0x2126, 0x3c9, "agnru"},
		{0x24b6, 0x24b6, 0x24b6, "agnr"},
		{0x3000, 0x3000, 0x3000, "rs"},
		{0x4e2d, 0x4e2d, 0x4e2d, "agnr"},
		{0xac00, 0xac00, 0xac00, "agnr"},
		{0xd800, 0xd800, 0xd800, ""},
		{0xfeff, 0xfeff, 0xfeff, "gpr"},
		{0xff21, 0xff21, 0xff41, "agnru"},
		{0xfffe, 0xfffe, 0xfffe, ""},
		{0x10400, 0x10400, 0x10428, "agnru"},
		{0x1e922, 0x1e900, 0x1e922, "aglnr"},
		{0x1f600, 0x1f600, 0x1f600, "gpr"},
		{0x10ffff, 0x10ffff, 0x10ffff, ""},
		{0x110000, 0x110000, 0x110000, ""},
	};

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		expect_wide_kinds(rows[i].c, rows[i].kinds);
		row("%#x", (unsigned)rows[i].c);
		EXPECT_INT(towupper(rows[i].c), rows[i].upper);
		EXPECT_INT(towlower(rows[i].c), rows[i].lower);
		EXPECT_INT(towctrans(rows[i].c, wctrans("toupper")),
			   rows[i].upper);
		EXPECT_INT(towctrans(rows[i].c, wctrans("tolower")),
			   rows[i].lower);
	}
	row("names");
	EXPECT_INT(wctype("nonsense"), 0);
	EXPECT(wctrans("nonsense") == NULL);
}

/* Collation is by code point; what it transforms to is the text itself. */
static void collate(void)
{
	static const char *const texts[] = {
		"",
		"A",
		"AB",
		"B",
		"a",
		"a b",
		"ab",
		"\xc3\xa4",
		"\xe2\x82\xac",
		"\xf0\x9f\x98\x80",
	};
	wchar_t wide[20];
	char text[20];

	setlocale(LC_ALL, "C.UTF-8");
	for (size_t i = 0; i < LENGTH(texts); ++i)
		for (size_t j = 0; j < LENGTH(texts); ++j) {
			int order = strcoll(texts[i], texts[j]);

			row("%s %s", texts[i], texts[j]);
			EXPECT_INT((order > 0) - (order < 0),
				   (i > j) - (i < j));
		}
	EXPECT_INT(strxfrm(text, "abc", 20), 3);
	EXPECT_STR(text, "abc");
	EXPECT_INT(strxfrm(NULL, "abc", 0), 3);
	EXPECT_INT(wcsxfrm(wide, L"\u20ac", 20), 1);
	EXPECT_WCS(wide, L"\u20ac");
	EXPECT(wcscoll(L"\u20ac", L"\U0001f600") < 0);
	EXPECT(strcasecmp("aBc", "AbC") == 0 && strcasecmp("a", "B") < 0);
	EXPECT(strncasecmp("abX", "ABy", 2) == 0);
	EXPECT_INT(strfmon(text, sizeof(text), "%n", 1.25), 4);
	EXPECT_STR(text, "1.25");
	setlocale(LC_ALL, "C");
}

CASES(CASE(choose_locales), CASE(use_locale_objects), CASE(tell_facts),
      CASE(sort_bytes), CASE(sort_wide_characters), CASE(collate))
