/* SPDX-License-Identifier: BSD-2-Clause */
/* The frame of programs that answer questions, a line for each, and numbers
 * in a form that needs none of the conversions under test. */

#ifndef LIBC_NUMBERS_H
#define LIBC_NUMBERS_H

#include <float.h>
#include <math.h>
#include <stdint.h>

#include "libc_test.h"

enum {
	WORDS_MAX = 6
};

/* Writes what follows from the words of a line, without an end of line. */
static void answer(char **words);

static inline int hex_digit(char c)
{
	return c >= 'a' ? c - 'a' + 10 : c - '0';
}

static inline long read_integer(const char *text)
{
	long value = 0;

	for (const char *c = text + (*text == '-'); *c != '\0'; ++c)
		value = 10 * value + (*c - '0');
	return *text == '-' ? -value : value;
}

/* Hexadecimal, in two's complement. */
static inline uint64_t read_bits(const char *text)
{
	uint64_t value = 0;

	for (; *text != '\0'; ++text)
		value = value << 4 | (uint64_t)hex_digit(*text);
	return value;
}

/* [-]HEXpEXPONENT, inf, nan: an integer times a power of two. */
static inline long double read_number(const char *text)
{
	bool negative = *text == '-';
	long double value = 0;

	text += negative;
	if (*text == 'i')
		value = INFINITY;
	else if (*text == 'n')
		value = NAN;
	else {
		for (; *text != 'p'; ++text)
			value = value * 16 + hex_digit(*text);
		value = scalbnl(value, (int)read_integer(text + 1));
	}
	return negative ? -value : value;
}

/* The significand's digits come out one by one, which is exact. */
static inline void put_number(long double value)
{
	int exponent;

	if (isnan(value)) {
		fputs("nan", stdout);
		return;
	}
	if (signbit(value)) {
		fputc('-', stdout);
		value = -value;
	}
	if (isinf(value)) {
		fputs("inf", stdout);
		return;
	}
	value = frexpl(value, &exponent);
	do {
		value *= 16;
		fputc("0123456789abcdef"[(int)value], stdout);
		value -= (int)value;
		exponent -= 4;
	} while (value != 0);
	printf("p%d", exponent);
}

static inline void put_bits(uint64_t value)
{
	char digits[17];
	char *end = digits + sizeof(digits) - 1;

	*end = '\0';
	do
		*--end = "0123456789abcdef"[value & 15];
	while ((value >>= 4) != 0);
	fputs(end, stdout);
}

static inline void put_bytes(const char *text)
{
	for (; *text != '\0'; ++text)
		printf("%c%c", "0123456789abcdef"[(unsigned char)*text >> 4],
		       "0123456789abcdef"[*text & 15]);
}

static inline void split(char *line, char **words)
{
	int count = 0;

	line[strcspn(line, "\n")] = '\0';
	for (char *word = line; word != NULL && count < WORDS_MAX; ++count) {
		words[count] = strsep(&word, "\t");
	}
	words[count] = NULL;
}

static void test(void)
{
	FILE *questions = fdopen(test_fd("questions"), "r");
	char *words[WORDS_MAX + 1];
	char *line = NULL;
	size_t size = 0;

	CHECK(questions != NULL);
	while (getline(&line, &size, questions) > 0) {
		split(line, words);
		answer(words);
		fputc('\n', stdout);
	}
	CHECK(feof(questions));
}

#endif
