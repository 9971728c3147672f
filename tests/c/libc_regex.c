/* SPDX-License-Identifier: BSD-2-Clause */
/* Regular expressions and file name patterns, each a table of POSIX's rules. */

#include <fnmatch.h>
#include <locale.h>
#include <regex.h>

#include "libc_cases.h"

/*
 * flags: E extended, I ignore case, N newline, S no places; when matching, B
 * not at the beginning and L not at the end of a line.
 * result: the places of the match and its parts, `no`, or an error.
 */
struct regex_row {
	const char *pattern;
	const char *flags;
	const char *text;
	const char *result;
};

static const char *error_name(int error)
{
	static const char *const names[] = {
		[REG_BADPAT] = "BADPAT",   [REG_ECOLLATE] = "ECOLLATE",
		[REG_ECTYPE] = "ECTYPE",   [REG_EESCAPE] = "EESCAPE",
		[REG_ESUBREG] = "ESUBREG", [REG_EBRACK] = "EBRACK",
		[REG_EPAREN] = "EPAREN",   [REG_EBRACE] = "EBRACE",
		[REG_BADBR] = "BADBR",     [REG_ERANGE] = "ERANGE",
		[REG_ESPACE] = "ESPACE",   [REG_BADRPT] = "BADRPT",
	};

	return (size_t)error < LENGTH(names) ? names[error] : "unknown";
}

static int flags_of(const char *text, const char *letters, const int *values)
{
	int flags = 0;

	for (int i = 0; letters[i] != '\0'; ++i)
		if (strchr(text, letters[i]) != NULL)
			flags |= values[i];
	return flags;
}

static void describe(char *result, size_t size, const regmatch_t *places,
		     size_t count)
{
	size_t used = 0;

	*result = '\0';
	for (size_t i = 0; i < count && used < size; ++i)
		used += (size_t)snprintf(
			result + used, size - used,
			places[i].rm_so < 0 ? "%s-" : "%s%d,%d",
			i == 0 ? "" : " ", (int)places[i].rm_so,
			(int)places[i].rm_eo);
}

static void match(const struct regex_row *r)
{
	int compile_flags = flags_of(
		r->flags, "EINS",
		(int[]){REG_EXTENDED, REG_ICASE, REG_NEWLINE, REG_NOSUB});
	int match_flags =
		flags_of(r->flags, "BL", (int[]){REG_NOTBOL, REG_NOTEOL});
	regmatch_t places[12];
	char result[200];
	regex_t regex;
	int error = regcomp(&regex, r->pattern, compile_flags);

	row("/%s/ %s \"%s\"", r->pattern, r->flags, r->text);
	if (error != 0) {
		EXPECT_STR(error_name(error), r->result);
		return;
	}
	error = regexec(&regex, r->text, LENGTH(places), places, match_flags);
	if (error == REG_NOMATCH)
		snprintf(result, sizeof(result), "no");
	else if ((compile_flags & REG_NOSUB) != 0)
		snprintf(result, sizeof(result), "yes");
	else
		describe(result, sizeof(result), places, regex.re_nsub + 1);
	EXPECT_STR(result, r->result);
	regfree(&regex);
}

static void match_all(const struct regex_row *rows, size_t count)
{
	for (size_t i = 0; i < count; ++i)
		match(&rows[i]);
}

#define CASES_OF(name)                                                         \
	static void match_##name(void)                                         \
	{                                                                      \
		match_all(name, LENGTH(name));                                 \
	}

static const struct regex_row plain[] = {
	{"abc", "", "xabcx", "1,4"}, {"abc", "", "ab", "no"},
	{"", "", "abc", "0,0"},      {"", "E", "abc", "0,0"},
	{"a.c", "", "abc", "0,3"},   {"a.c", "", "ac", "no"},
	{"a.c", "", "a\nc", "0,3"},  {"a\\.c", "", "abc", "no"},
	{"a\\.c", "", "a.c", "0,3"}, {"a\\*c", "", "a*c", "0,3"},
	{"a\\[b", "", "a[b", "0,3"}, {"a\\\\b", "", "a\\b", "0,3"},
	{"a]b", "", "a]b", "0,3"},   {"a}b", "E", "a}b", "0,3"},
	{"a/b", "", "a/b", "0,3"},   {"A", "I", "a", "0,1"},
	{"abC", "I", "xABc", "1,4"}, {"a", "S", "ba", "yes"},
	{"c", "S", "ba", "no"},      {"a", "", "", "no"},
	{"(a", "", "(a", "0,2"},     {"a)", "", "a)", "0,2"},
	{"a+", "", "a+", "0,2"},     {"a?", "", "a?", "0,2"},
	{"a|b", "", "a|b", "0,3"},   {"a{1}", "", "a{1}", "0,4"},
	{"a\\+", "E", "a+", "0,2"},  {"\\(a\\)", "E", "(a)", "0,3"},
	{"\\{", "E", "{", "0,1"},    {"\\^a\\$", "E", "^a$", "0,3"},
};
CASES_OF(plain)

static const struct regex_row repetition[] = {
	{"ab*c", "", "ac", "0,2"},
	{"ab*c", "", "abbbc", "0,5"},
	{"*a", "", "*a", "0,2"},
	{"^*a", "", "*a", "0,2"},
	{"\\(*a\\)", "", "*a", "0,2 0,2"},
	{"a*", "", "baa", "0,0"},
	{"a**", "", "aaa", "0,3"},
	{"ab+c", "E", "ac", "no"},
	{"ab+c", "E", "abbc", "0,4"},
	{"ab?c", "E", "ac", "0,2"},
	{"ab?c", "E", "abbc", "no"},
	{"a\\{2\\}", "", "aaa", "0,2"},
	{"a\\{2,\\}", "", "baaaa", "1,5"},
	{"a\\{1,2\\}b", "", "aaab", "1,4"},
	{"a\\{0,1\\}b", "", "b", "0,1"},
	{"a\\{0\\}b", "", "ab", "1,2"},
	{"a{2}", "E", "aaa", "0,2"},
	{"a{2,}", "E", "baaaa", "1,5"},
	{"a{1,2}b", "E", "aaab", "1,4"},
	{"a{0}b", "E", "ab", "1,2"},
	{"(ab){2}", "E", "ababab", "0,4 2,4"},
	{"(ab)*", "E", "ababx", "0,4 2,4"},
	{"(ab)+c", "E", "xababc", "1,6 3,5"},
	{"(a*)*", "E", "aab", "0,2 0,2"},
	{"(a*)+", "E", "b", "0,0 0,0"},
	{"(a|b)*", "E", "abx", "0,2 1,2"},
	{"(a*)(a*)", "E", "aaa", "0,3 0,3 3,3"},
	{"(a?)(ab)?", "E", "ab", "0,2 0,0 0,2"},
	{"(a{1,3}){2}", "E", "aaaa", "0,4 3,4"},
	{"x{255}", "E", "x", "no"},
	{"(x)*y", "E", "y", "0,1 -"},
	{"a.*b", "", "aXbXbX", "0,5"},
	{".*", "", "any", "0,3"},
	{"[0-9]\\{3\\}-[0-9]\\{4\\}", "", "call 555-1234", "5,13"},
};
CASES_OF(repetition)

static const struct regex_row alternation[] = {
	{"a|b", "E", "xb", "1,2"},
	{"ab|cd", "E", "acd", "1,3"},
	{"a|ab", "E", "abc", "0,2"},
	{"a|ab|abc", "E", "abcd", "0,3"},
	{"(a|ab)(c|bcd)", "E", "abcd", "0,4 0,1 1,4"},
	{"(ab|a)(bcd|c)", "E", "abcd", "0,4 0,1 1,4"},
	{"(a|ab)(bc|c)?", "E", "abc", "0,3 0,2 2,3"},
	{"(a|b)(c|d)", "E", "bd", "0,2 0,1 1,2"},
	{"(a)|(b)", "E", "b", "0,1 - 0,1"},
	{"(a)|b", "E", "b", "0,1 -"},
	{"((a)|(b))*", "E", "ab", "0,2 1,2 - 1,2"},
	{"^(a|b)$", "E", "b", "0,1 0,1"},
	{"(^a|b)c", "E", "xbc", "1,3 1,2"},
	{"(weeknights|wee)(knights|nights)", "E", "weeknights",
	 "0,10 0,3 3,10"},
	{"foo|bar|baz", "EI", "BAZ", "0,3"},
	{"(a|)b", "E", "b", "0,1 0,0"},
	{"x(a|b|c)*y", "E", "xabcay", "0,6 4,5"},
};
CASES_OF(alternation)

static const struct regex_row groups[] = {
	{"\\(ab\\)", "", "xab", "1,3 1,3"},
	{"\\(a\\)\\(b\\)", "", "ab", "0,2 0,1 1,2"},
	{"\\(a\\(b\\)\\)c", "", "abc", "0,3 0,2 1,2"},
	{"((((a))))", "E", "a", "0,1 0,1 0,1 0,1 0,1"},
	{"()", "E", "a", "0,0 0,0"},
	{"a()b", "E", "ab", "0,2 1,1"},
	{"(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)", "E", "abcdefghij",
	 "0,10 0,1 1,2 2,3 3,4 4,5 5,6 6,7 7,8 8,9 9,10"},
	{"\\(a*\\)b\\1", "", "aabaa", "0,5 0,2"},
	{"\\(a*\\)b\\1", "", "aaba", "1,4 1,2"},
	{"\\(.\\)\\1", "", "abccd", "2,4 2,3"},
	{"\\(.\\)\\(.\\)\\2\\1", "", "xabbay", "1,5 1,2 2,3"},
	{"\\(ab\\)\\1*", "", "ababab", "0,6 0,2"},
	{"\\(ab\\)\\1\\{2\\}", "", "ababab", "0,6 0,2"},
	{"\\(a\\)\\1", "I", "aAA", "1,3 1,2"}, /* in the same case */
	{"^\\(.*\\)\\n\\1$", "", "xn", "no"},
	{"\\(a\\)b\\1c\\1", "", "abaca", "0,5 0,1"},
	{"\\(\\(a\\)b\\)\\2\\1", "", "abaab", "0,5 0,2 0,1"},
	{"\\(x\\)*\\1y", "", "xxy", "0,3 0,1"},
};
CASES_OF(groups)

static const struct regex_row anchors[] = {
	{"^a", "", "ab", "0,1"},        {"^a", "", "ba", "no"},
	{"a$", "", "ba", "1,2"},        {"a$", "", "ab", "no"},
	{"^$", "", "", "0,0"},          {"^$", "", "a", "no"},
	{"a^b", "", "a^b", "0,3"},      {"a$b", "", "a$b", "0,3"},
	{"a^b", "E", "a^b", "no"},      {"a$b", "E", "a$b", "no"},
	{"^", "", "abc", "0,0"},        {"$", "", "abc", "3,3"},
	{"^a", "B", "a", "no"},         {"a$", "L", "a", "no"},
	{"^*", "", "*", "0,1"},         {"(^a)", "E", "ab", "0,1 0,1"},
	{"(a$)", "E", "ba", "1,2 1,2"}, {"^b", "", "a\nb", "no"},
	{"^b", "N", "a\nb", "2,3"},     {"a$", "", "a\nb", "no"},
	{"a$", "N", "a\nb", "0,1"},     {"^b$", "N", "a\nb\nc", "2,3"},
	{"a.b", "N", "a\nb", "no"},     {"a[^x]b", "N", "a\nb", "no"},
	{"a[^x]b", "", "a\nb", "0,3"},  {"a\nb", "N", "a\nb", "0,3"},
	{"^a", "NB", "a\na", "2,3"},    {"a$", "NL", "a\na", "0,1"},
	{"^$", "N", "a\n\nb", "2,2"},   {"a.*b", "N", "a\nab", "2,4"},
};
CASES_OF(anchors)

/* musl has no collating elements and equivalence classes. */
static const struct regex_row brackets[] = {
	{"[abc]", "", "xb", "1,2"},
	{"[^abc]", "", "abx", "2,3"},
	{"[a-c]*", "", "abcd", "0,3"},
	{"[]a]*", "", "]a]", "0,3"},
	{"[^]a]", "", "]ab", "2,3"},
	{"[a-]*", "", "a-a", "0,3"},
	{"[-a]*", "", "-a", "0,2"},
	{"[a\\]", "", "\\", "0,1"},
	{"[.*$]*", "", ".*$", "0,3"},
	{"[a^]", "", "^", "0,1"},
	{"[%--]*", "", "%&'()*+,-", "0,9"},
	{"[[:alpha:]]*", "", "aZ1", "0,2"},
	{"[[:digit:]]+", "E", "a12", "1,3"},
	{"[[:alnum:]_]+", "E", "+a_1", "1,4"},
	{"[^[:space:]]+", "E", " ab ", "1,3"},
	{"[[:upper:]]", "", "aB", "1,2"},
	{"[[:lower:]]", "", "Ab", "1,2"},
	{"[[:punct:]]", "", "a!", "1,2"},
	{"[[:xdigit:]]*", "", "09afAFg", "0,6"},
	{"[[:blank:]]", "", "a\tb", "1,2"},
	{"[[:cntrl:]]", "", "a\001", "1,2"},
	{"[[:graph:]]*", "", "a! ", "0,2"},
	{"[[:print:]]*", "", "a \001", "0,2"},
	{"[[:upper:]]", "I", "a", "0,1"},
	{"[a-c]", "I", "B", "0,1"},
	{"[^a-c]", "I", "B", "no"},
	{"[[.a.]]", "", "", "ECOLLATE"},
	{"[[=a=]b]*", "", "", "ECOLLATE"},
	{"[[.-.]]", "", "", "ECOLLATE"},
	{"[a[:digit:]z]*", "", "a1z", "0,3"},
};

CASES_OF(brackets)

static const struct regex_row errors[] = {
	{"[a", "", "", "EBRACK"},          {"[", "", "", "EBRACK"},
	{"[]", "", "", "EBRACK"},          {"[^]", "", "", "EBRACK"},
	{"[[:alpha:]", "", "", "EBRACK"},  {"[[:nonsense:]]", "", "", "ECTYPE"},
	{"[b-a]", "", "", "ERANGE"},       {"\\(a", "", "", "EPAREN"},
	{"a\\)", "", "", "EPAREN"},        {"(a", "E", "", "EPAREN"},
	{"\\", "", "", "EESCAPE"},         {"a\\", "E", "", "EESCAPE"},
	{"\\(a\\)\\2", "", "", "ESUBREG"}, {"\\1", "", "", "ESUBREG"},
	{"a\\{1", "", "", "BADBR"},        {"a\\{1,2", "", "", "BADBR"},
	{"a\\{2,1\\}", "", "", "BADBR"},   {"a\\{x\\}", "", "", "BADBR"},
	{"a{2,1}", "E", "", "BADBR"},      {"a{300}", "E", "", "BADBR"},
	{"+a", "E", "", "BADRPT"},         {"(*a)", "E", "", "BADRPT"},
	{"a|*b", "E", "", "BADRPT"},       {"{1}a", "E", "", "BADRPT"},
};
CASES_OF(errors)

static void match_characters(void)
{
	static const struct regex_row rows[] = {
		{"^.$", "", "\xe2\x82\xac", "0,3"},
		{"[\xc3\xa4-\xc3\xbc]", "", "x\xc3\xb6", "1,3"},
		{"\xc3\x84", "I", "\xc3\xa4", "0,2"},
		{"[^a]b", "",
		 "\xf0\x9f\x98\x80"
		 "b",
		 "0,5"},
		{"\xc3\xa9*", "", "\xc3\xa9\xc3\xa9x", "0,4"},
		{"a.", "", "a\xff", "no"},
		{"\xff", "", "", "BADPAT"},
	};

	CHECK(setlocale(LC_CTYPE, "C.UTF-8") != NULL);
	match_all(rows, LENGTH(rows));
	CHECK(setlocale(LC_CTYPE, "C") != NULL);
}

static void tell_errors(void)
{
	char text[100];
	char few[4];
	regex_t regex;

	EXPECT_INT(regcomp(&regex, "\\(a\\)\\(b\\)", 0), 0);
	EXPECT_INT(regex.re_nsub, 2);
	EXPECT_INT(regexec(&regex, "ab", 0, NULL, 0), 0);
	regfree(&regex);
	EXPECT(regerror(REG_EPAREN, &regex, text, sizeof(text)) > 5);
	EXPECT_INT(regerror(REG_EPAREN, &regex, few, 4), strlen(text) + 1);
	EXPECT(strncmp(few, text, 3) == 0 && few[3] == '\0');
	for (int i = REG_NOMATCH; i <= REG_BADRPT; ++i) {
		row("%d", i);
		EXPECT(regerror(i, NULL, text, sizeof(text)) > 5);
	}
}

/* Patterns that take forever where every way is tried. */
static void match_in_linear_time(void)
{
	static char text[20001];
	regex_t regex;

	memset(text, 'a', 20000 / SCALE);
	CHECK(regcomp(&regex, "^(a|aa)+$", REG_EXTENDED) == 0);
	EXPECT_INT(regexec(&regex, text, 0, NULL, 0), 0);
	text[20000 / SCALE - 1] = 'b';
	EXPECT_INT(regexec(&regex, text, 0, NULL, 0), REG_NOMATCH);
	regfree(&regex);
	CHECK(regcomp(&regex, "(a*)*(a*)*(a*)*c", REG_EXTENDED) == 0);
	EXPECT_INT(regexec(&regex, text, 0, NULL, 0), REG_NOMATCH);
	regfree(&regex);
}

/* flags: P pathname, D leading dots, E no escapes, C ignore case, L leading
 * directories. */
static void match_names(void)
{
	static const struct {
		const char *pattern;
		const char *flags;
		const char *name;
		int matches;
	} rows[] = {
		{"abc", "", "abc", 1},
		{"abc", "", "abcd", 0},
		{"a*", "", "abc", 1},
		{"*c", "", "abc", 1},
		{"a*c", "", "abbc", 1},
		{"a*b*c", "", "aXbXbc", 1},
		{"*", "", "", 1},
		{"?", "", "", 0},
		{"?", "", "a", 1},
		{"a?c", "", "abc", 1},
		{"[ab]", "", "b", 1},
		{"[!ab]", "", "b", 0},
		{"[!ab]", "", "c", 1},
		{"[^ab]", "", "c", 1},
		{"[a-c]", "", "b", 1},
		{"[]a]", "", "]", 1},
		{"[a-]", "", "-", 1},
		{"[[:digit:]]", "", "5", 1},
		{"[[:digit:]x]", "", "x", 1},
		{"[![:digit:]]", "", "5", 0},
		{"[a", "", "[a", 1},
		{"\\*", "", "*", 1},
		{"\\*", "", "a", 0},
		{"\\*", "E", "\\a", 1},
		{"\\\\", "", "\\", 1},

		{"*/b", "", "a/c/b", 1},
		{"*/b", "P", "a/c/b", 0},
		{"*/b", "P", "a/b", 1},
		{"a?b", "P", "a/b", 0},
		{"a[/]b", "P", "a/b", 0},
		{"a*", "P", "a/b", 0},
		{"*", "", ".a", 1},
		{"*", "D", ".a", 0},
		{"?a", "D", ".a", 0},
		{"[.]a", "D", ".a", 0},
		{".*", "D", ".a", 1},
		{"a*", "D", "a.b", 1},
		{"*/*", "DP", "a/.b", 0},
		{"*/*", "D", "a/.b", 1},
		{"A*", "C", "abc", 1},
		{"[A-C]", "C", "b", 1},
		{"a", "L", "a/b", 1},
		{"a*", "LP", "ab/c", 1},
		{"a", "L", "ab/c", 0},
		{"**", "", "abc", 1},
	};

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		int flags =
			flags_of(rows[i].flags, "PDECL",
				 (int[]){FNM_PATHNAME, FNM_PERIOD, FNM_NOESCAPE,
					 FNM_CASEFOLD, FNM_LEADING_DIR});

		row("%s %s %s", rows[i].pattern, rows[i].flags, rows[i].name);
		EXPECT_INT(fnmatch(rows[i].pattern, rows[i].name, flags),
			   rows[i].matches ? 0 : FNM_NOMATCH);
	}
}

CASES(CASE(match_plain), CASE(match_repetition), CASE(match_alternation),
      CASE(match_groups), CASE(match_anchors), CASE(match_brackets),
      CASE(match_errors), CASE(match_characters), CASE(tell_errors),
      CASE(match_in_linear_time), CASE(match_names))
