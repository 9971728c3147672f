/* SPDX-License-Identifier: BSD-2-Clause */
/* Arithmetic for which the compiler calls functions, as
 * tests/test_libc_builtins.py asks. */

#include "libc_numbers.h"

#ifdef __SIZEOF_INT128__
typedef __int128 widest;
typedef unsigned __int128 unsigned_widest;
#else
typedef int64_t widest;
typedef uint64_t unsigned_widest;
#endif

static unsigned_widest read_wide(const char *text)
{
	unsigned_widest value = 0;

	for (; *text != '\0'; ++text)
		value = value << 4 | (unsigned)hex_digit(*text);
	return value;
}

static void put_wide(unsigned_widest value)
{
	char digits[33];
	char *end = digits + sizeof(digits) - 1;

	*end = '\0';
	do
		*--end = "0123456789abcdef"[(int)(value & 15)];
	while ((value >>= 4) != 0);
	fputs(end, stdout);
}

#define CALCULATE(name, U, S)                                                  \
	static U name(char operation, U a, U b)                                \
	{                                                                      \
		switch (operation) {                                           \
		case '+':                                                      \
			return a + b;                                          \
		case '-':                                                      \
			return a - b;                                          \
		case '*':                                                      \
			return a * b;                                          \
		case '/':                                                      \
			return a / b;                                          \
		case '%':                                                      \
			return a % b;                                          \
		case 'd':                                                      \
			return (U)((S)a / (S)b);                               \
		case 'm':                                                      \
			return (U)((S)a % (S)b);                               \
		case '<':                                                      \
			return a << b;                                         \
		case '>':                                                      \
			return a >> b;                                         \
		case 's':                                                      \
			return (U)((S)a >> b);                                 \
		default:                                                       \
			return (S)a < (S)b;                                    \
		}                                                              \
	}

CALCULATE(calculate_32, uint32_t, int32_t)
CALCULATE(calculate_64, uint64_t, int64_t)
CALCULATE(calculate_128, unsigned_widest, widest)

static void calculate(int bits, char operation, unsigned_widest a,
		      unsigned_widest b)
{
	if (bits == 32)
		put_wide(calculate_32(operation, (uint32_t)a, (uint32_t)b));
	else if (bits == 64)
		put_wide(calculate_64(operation, (uint64_t)a, (uint64_t)b));
	else
		put_wide(calculate_128(operation, a, b));
}

/* To a floating-point type by its letter, from a signed or unsigned integer. */
#define TO_FLOAT(T)                                                            \
	(bits == 32 ? is_signed ? (T)(int32_t)value : (T)(uint32_t)value :     \
	 bits == 64 ? is_signed ? (T)(int64_t)value : (T)(uint64_t)value :     \
	 is_signed  ? (T)(widest)value :                                       \
		      (T)value)

static void to_float(char type, int bits, bool is_signed, unsigned_widest value)
{
	volatile float f;
	volatile double d;

	if (type == 'f')
		put_number(f = TO_FLOAT(float));
	else if (type == 'd')
		put_number(d = TO_FLOAT(double));
	else
		put_number(TO_FLOAT(long double));
}

#define TO_INTEGER(x)                                                          \
	(bits == 32 ? is_signed ? (uint32_t)(int32_t)(x) : (uint32_t)(x) :     \
	 bits == 64 ? is_signed ? (uint64_t)(int64_t)(x) : (uint64_t)(x) :     \
	 is_signed  ? (unsigned_widest)(widest)(x) :                           \
		      (unsigned_widest)(x))

static void to_integer(char type, int bits, bool is_signed, long double value)
{
	volatile float f = (float)value;
	volatile double d = (double)value;

	put_wide(type == 'f' ? TO_INTEGER(f) :
		 type == 'd' ? TO_INTEGER(d) :
			       TO_INTEGER(value));
}

#define ARITHMETIC(T)                                                          \
	do {                                                                   \
		volatile T a = (T)x;                                           \
		volatile T b = (T)y;                                           \
		volatile T result = operation == '+' ? a + b :                 \
				    operation == '-' ? a - b :                 \
				    operation == '*' ? a * b :                 \
						       a / b;                  \
                                                                               \
		put_number(result);                                            \
	} while (0)

static void calculate_float(char type, char operation, long double x,
			    long double y)
{
	if (type == 'f')
		ARITHMETIC(float);
	else if (type == 'd')
		ARITHMETIC(double);
	else
		ARITHMETIC(long double);
}

/* Kind, type or bits, operation or sign, arguments. */
static void answer(char **words)
{
	volatile float f;
	volatile double d;

	switch (words[0][0]) {
	case 'b':
		printf("%zu", sizeof(widest) * 8);
		break;
	case 'c':
		calculate((int)read_integer(words[1]), words[2][0],
			  read_wide(words[3]), read_wide(words[4]));
		break;
	case 'f':
		to_float(words[1][0], (int)read_integer(words[2]),
			 words[3][0] == 's', read_wide(words[4]));
		break;
	case 'i':
		to_integer(words[1][0], (int)read_integer(words[2]),
			   words[3][0] == 's', read_number(words[4]));
		break;
	case 'a':
		calculate_float(words[1][0], words[2][0], read_number(words[3]),
				read_number(words[4]));
		break;
	case 'n':
		f = (float)(d = (double)read_number(words[1]));
		put_number(f);
		fputc(' ', stdout);
		put_number(f = (float)read_number(words[1]));
		fputc(' ', stdout);
		put_number(d);
		break;
	}
}
