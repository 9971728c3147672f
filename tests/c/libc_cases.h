/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame of programs that consist of named cases. A case goes on after a
 * difference, which it reports with its place and the values. */

#ifndef LIBC_CASES_H
#define LIBC_CASES_H

#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

#include "libc_test.h"

/* How many times slower the machine is that the program is compiled for. */
#ifndef SCALE
#define SCALE 1
#endif

enum {
	REPORTS_MAX = 20
};

struct test_case {
	const char *name;
	void (*run)(void);
	bool is_left_out;
};

#ifndef EMULATED
#define EMULATED false
#endif

#define CASE(function)                                                         \
	{                                                                      \
		#function, function, false                                     \
	}

/* One that is left out under an emulator, which gets something wrong or does
 * not know it: the reason tells what, and tests/libc_harness.py reads it. */
#define NATIVE(function, reason)                                               \
	{                                                                      \
		#function, function, EMULATED                                  \
	}

#define CASES(...)                                                             \
	static void test(void)                                                 \
	{                                                                      \
		static const struct test_case cases[] = {__VA_ARGS__};         \
                                                                               \
		run_cases(cases, sizeof(cases) / sizeof(*cases));              \
	}

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static int differences;
static char test_row[200]; /* of a table, or what else to tell about a loop */

__attribute__((format(printf, 1, 2))) static inline void row(const char *format,
							     ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(test_row, sizeof(test_row), format, arguments);
	va_end(arguments);
}

__attribute__((format(printf, 3, 4))) static inline void
differs(const char *file, int line, const char *format, ...)
{
	va_list arguments;

	if (__atomic_fetch_add(&differences, 1, __ATOMIC_RELAXED) >=
	    REPORTS_MAX)
		return;
	flockfile(stdout);
	printf("%s:%d: ", file, line);
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	printf(*test_row != '\0' ? " [%s]\n" : "%s\n", test_row);
	funlockfile(stdout);
}

/* Evaluate to whether all is well. */
#define EXPECT(condition)                                                      \
	((condition) ? true :                                                  \
		       (differs(__FILE__, __LINE__, "not so: %s (errno: %s)",  \
				#condition, strerror(errno)),                  \
			false))
#define EXPECT_INT(value, expected)                                            \
	expect_int(#value, (long long)(value), (long long)(expected),          \
		   __FILE__, __LINE__)
/* Of functions that say (size_t)-1 when they fail. */
#define EXPECT_SIZE(value, expected) EXPECT_INT((ptrdiff_t)(value), expected)
#define EXPECT_STR(value, expected)                                            \
	expect_str(#value, value, expected, __FILE__, __LINE__)
#define EXPECT_WCS(value, expected)                                            \
	expect_wcs(#value, value, expected, __FILE__, __LINE__)

/* -1 and this error number. */
#define EXPECT_ERROR(call, error)                                              \
	(errno = 0, EXPECT_INT(call, -1) && EXPECT_INT(errno, error))

static inline bool expect_int(const char *what, long long value,
			      long long expected, const char *file, int line)
{
	if (value != expected)
		differs(file, line, "%s: %lld (%#llx), expected %lld (%#llx)",
			what, value, (unsigned long long)value, expected,
			(unsigned long long)expected);
	return value == expected;
}

static inline bool expect_str(const char *what, const char *value,
			      const char *expected, const char *file, int line)
{
	if (value != NULL && strcmp(value, expected) == 0)
		return true;
	differs(file, line, "%s: \"%s\", expected \"%s\"", what,
		value == NULL ? "(NULL)" : value, expected);
	return false;
}

static inline void put_wide(char *text, size_t size, const wchar_t *wide)
{
	size_t used = 0;

	for (; *wide != L'\0' && used + 9 < size; ++wide)
		used += (size_t)snprintf(text + used, size - used, "%lx ",
					 (unsigned long)*wide);
	text[used] = '\0';
}

static inline bool expect_wcs(const char *what, const wchar_t *value,
			      const wchar_t *expected, const char *file,
			      int line)
{
	char texts[2][200];

	if (wcscmp(value, expected) == 0)
		return true;
	put_wide(texts[0], sizeof(texts[0]), value);
	put_wide(texts[1], sizeof(texts[1]), expected);
	differs(file, line, "%s: %s, expected %s", what, texts[0], texts[1]);
	return false;
}

/* The line of a case comes before what it does: should it not return, one
 * knows which it was. */
static inline void run_cases(const struct test_case *cases, size_t count)
{
	for (size_t i = 0; i < count; ++i) {
		if (cases[i].is_left_out)
			continue;
		printf("case %s\n", cases[i].name);
		fflush(stdout);
		differences = 0;
		*test_row = '\0';
		cases[i].run();
		printf(differences == 0 ? "passed\n" : "failed, %d differ\n",
		       differences);
		fflush(stdout);
	}
}

#endif
