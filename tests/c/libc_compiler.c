/* SPDX-License-Identifier: BSD-2-Clause */
/* What compiled code expects of stacks, calls and jumps. */

#include <alloca.h>
#include <complex.h>
#include <float.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdalign.h>
#include <stddef.h>

#include "libc_cases.h"

static jmp_buf place;

__attribute__((noinline)) static void jump_from_depth(int depth, int value)
{
	volatile char filling[100];

	filling[0] = (char)depth;
	if (depth == 0)
		longjmp(place, value);
	jump_from_depth(depth - 1, value);
	filling[99] = filling[0];
}

static void jump(void)
{
	static const int values[] = {1, -7, INT_MAX, INT_MIN, 0};
	volatile int kept = 5;
	volatile double kept_number = 1.5;

	for (volatile size_t i = 0; i < LENGTH(values); ++i) {
		int result = setjmp(place);

		row("%d", values[i]);
		if (result == 0) {
			++kept;
			kept_number += 0.25;
			jump_from_depth(100, values[i]);
		}
		EXPECT_INT(result, values[i] == 0 ? 1 : values[i]);
		EXPECT_INT(kept, 6 + i);
		EXPECT(kept_number == 1.75 + 0.25 * (double)i);
	}
}

/* Registers that callees have to keep: many variables, all live across. */
__attribute__((noinline)) static long sum_after_jump(long a, long b, long c,
						     long d, double e, double f)
{
	jmp_buf here;
	volatile long sum = 0;

	if (setjmp(here) == 0) {
		sum = a + b;
		longjmp(here, 1);
	}
	return sum + c + d + (long)(e * 10) + (long)(f * 10);
}

static void keep_registers(void)
{
	register long a = 1;
	register long b = 20;
	register long c = 300;
	register double x = 0.5;
	register double y = 2.5;

	for (int i = 0; i < 10; ++i) {
		EXPECT_INT(sum_after_jump(a, b, c, i, x, y), 351 + i);
		a = a + 0;
		x = x + 0;
	}
	EXPECT_INT(a + b + c, 321);
	EXPECT(x + y == 3.0);
}

static void *jump_in_thread(void *argument)
{
	jmp_buf here;

	for (volatile int i = 0; i < 1000; ++i)
		if (setjmp(here) == 0)
			longjmp(here, 1);
	EXPECT_INT(_setjmp(here), 0);
	return argument;
}

static void jump_in_threads(void)
{
	pthread_t threads[4];

	for (int i = 0; i < 4; ++i)
		CHECK(!pthread_create(&threads[i], NULL, jump_in_thread, NULL));
	for (int i = 0; i < 4; ++i)
		CHECK(pthread_join(threads[i], NULL) == 0);
}

__attribute__((noinline)) static unsigned sum_of(const unsigned char *mem,
						 size_t len)
{
	unsigned sum = 0;

	for (size_t i = 0; i < len; ++i)
		sum += mem[i];
	return sum;
}

__attribute__((noinline)) static void allocate_on_stack(size_t len)
{
	unsigned char *first = alloca(len);
	unsigned char array[len];
	alignas(64) unsigned char aligned[64];

	memset(first, 1, len);
	memset(array, 2, len);
	memset(aligned, 3, sizeof(aligned));
	EXPECT_INT((uintptr_t)first % alignof(max_align_t), 0);
	EXPECT_INT((uintptr_t)aligned % 64, 0);
	EXPECT_INT(sum_of(first, len), len);
	EXPECT_INT(sum_of(array, len), 2 * len);
	EXPECT_INT(sum_of(aligned, 64), 192);
	EXPECT_INT(sizeof(array), len);
}

__attribute__((noinline)) static unsigned use_large_frame(void)
{
	unsigned char frame[3 << 20];

	memset(frame, 1, sizeof(frame));
	return sum_of(frame, sizeof(frame));
}

static void allocate(void)
{
	for (size_t len = 1; len < 1 << 20; len = 3 * len + 1) {
		row("%zu", len);
		allocate_on_stack(len);
	}
	EXPECT_INT(use_large_frame(), 3 << 20);
}

/* Structures of sizes and members that go in registers or on the stack. */
struct one {
	char a;
};
struct two {
	float a;
	float b;
};
struct mixed {
	int a;
	double b;
};
struct three {
	char a[3];
};
struct four {
	double a;
	double b;
	double c;
	double d;
};
struct long_one {
	long double a;
	signed char b;
};
struct large {
	int a[50];
};
union either {
	double a;
	long long b;
};

__attribute__((noinline)) static struct one pass_one(struct one s)
{
	return (struct one){(char)(s.a + 1)};
}

__attribute__((noinline)) static struct two pass_two(struct two s)
{
	return (struct two){s.b, s.a};
}

__attribute__((noinline)) static struct mixed pass_mixed(int x, struct mixed s)
{
	return (struct mixed){s.a + x, s.b * 2};
}

__attribute__((noinline)) static struct three pass_three(struct three s)
{
	return (struct three){{s.a[2], s.a[1], s.a[0]}};
}

__attribute__((noinline)) static struct four pass_four(struct four s, float x)
{
	return (struct four){s.d, s.c, s.b, s.a + (double)x};
}

__attribute__((noinline)) static struct long_one pass_long(long double x,
							   struct long_one s)
{
	return (struct long_one){s.a + x, (signed char)-s.b};
}

__attribute__((noinline)) static struct large pass_large(struct large s)
{
	for (int i = 0; i < 50; ++i)
		s.a[i] *= 2;
	return s;
}

__attribute__((noinline)) static union either pass_either(union either s)
{
	return (union either){.b = ~s.b};
}

__attribute__((noinline)) static double complex pass_complex(double complex z)
{
	return z * z;
}

static void pass_structures(void)
{
	struct large large;
	struct four four = pass_four((struct four){1, 2, 3, 4}, 0.5f);
	struct three three = pass_three((struct three){"ab"});
	struct mixed mixed = pass_mixed(1, (struct mixed){2, 1.25});
	struct two two = pass_two((struct two){1.5f, 2.5f});
	struct long_one one = pass_long(0.5L, (struct long_one){1.25L, 7});
	double complex z = pass_complex(CMPLX(1, 2));

	for (int i = 0; i < 50; ++i)
		large.a[i] = i;
	large = pass_large(large);
	EXPECT_INT(large.a[49], 98);
	EXPECT_INT(pass_one((struct one){'a'}).a, 'b');
	EXPECT(two.a == 2.5f && two.b == 1.5f);
	EXPECT(mixed.a == 3 && mixed.b == 2.5);
	EXPECT(three.a[0] == 0 && three.a[1] == 'b' && three.a[2] == 'a');
	EXPECT(four.a == 4 && four.b == 3 && four.c == 2 && four.d == 1.5);
	EXPECT(one.a == 1.75L && one.b == -7);
	EXPECT_INT(pass_either((union either){.b = 5}).b, ~5);
	EXPECT(creal(z) == -3 && cimag(z) == 4);
}

/* A letter for each argument; more than fit into registers. */
static void check_arguments(const char *kinds, ...)
{
	va_list arguments;
	va_list copy;

	va_start(arguments, kinds);
	va_copy(copy, arguments);
	for (int pass = 0; pass < 2; ++pass)
		for (int i = 0; kinds[i] != '\0'; ++i) {
			va_list *list = pass == 0 ? &arguments : &copy;

			row("%s %d", kinds, i);
			switch (kinds[i]) {
			case 'i':
				EXPECT_INT(va_arg(*list, int), -i);
				break;
			case 'l':
				EXPECT_INT(va_arg(*list, long), -i);
				break;
			case 'q':
				EXPECT_INT(va_arg(*list, long long),
					   0x100000000LL * i);
				break;
			case 'd':
				EXPECT(va_arg(*list, double) == i + 0.5);
				break;
			case 'L':
				EXPECT(va_arg(*list, long double) ==
				       (long double)i + 0.25L);
				break;
			case 'm':
				EXPECT_INT(va_arg(*list, struct mixed).a, i);
				break;
			case 'b':
				EXPECT_INT(va_arg(*list, struct large).a[49],
					   i);
				break;
			case 'p':
				EXPECT(va_arg(*list, char *) == kinds + i);
				break;
			}
		}
	va_end(copy);
	va_end(arguments);
}

static void pass_arguments(void)
{
	static const char kinds[] = "pppppppppp";

	check_arguments("i", 0);
	check_arguments("iiiiiiiiii", 0, -1, -2, -3, -4, -5, -6, -7, -8, -9);
	check_arguments("dddddddddd", 0.5, 1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5,
			8.5, 9.5);
	check_arguments("iqiqiq", 0, 0x100000000LL, -2, 0x300000000LL, -4,
			0x500000000LL);
	check_arguments("idldLqL", 0, 1.5, -2L, 3.5, 4.25L, 0x500000000LL,
			6.25L);
	check_arguments("LiLdLq", 0.25L, -1, 2.25L, 3.5, 4.25L, 0x500000000LL);
	check_arguments("imibimi", 0, (struct mixed){1, 0}, -2,
			(struct large){.a[49] = 3}, -4, (struct mixed){5, 0},
			-6);
	check_arguments(kinds, kinds, kinds + 1, kinds + 2, kinds + 3,
			kinds + 4, kinds + 5, kinds + 6, kinds + 7, kinds + 8,
			kinds + 9);
}

/* Complex arithmetic with what is not finite goes through functions. */
static void calculate_with_complex(void)
{
	volatile double inf = __builtin_inf();
	double complex z = CMPLX(inf, __builtin_nan("")) * CMPLX(1, 1);
	double complex w = CMPLX(1, 1) / CMPLX(inf, inf);
	float complex f = CMPLXF(3, 4) / CMPLXF(1, 2);
	long double complex l = CMPLXL(1, 2) * CMPLXL(3, 4);

	EXPECT(__builtin_isinf(creal(z)) || __builtin_isinf(cimag(z)));
	EXPECT(creal(w) == 0 && cimag(w) == 0);
	EXPECT(crealf(f) == 2.2f && cimagf(f) == -0.4f);
	EXPECT(creall(l) == -5 && cimagl(l) == 10);
}

/* Nothing here may depend on these; programs ask all the same. */
static void tell_types(void)
{
	EXPECT_INT(sizeof(long), sizeof(void *));
	EXPECT_INT(sizeof(size_t), sizeof(void *));
	EXPECT_INT(sizeof(long long), 8);
	EXPECT_INT((wchar_t)-1 < 0, WCHAR_MIN < 0);
	EXPECT_INT((char)-1 < 0, CHAR_MIN < 0);
	EXPECT_INT(sizeof(wchar_t), 4);
	EXPECT(LDBL_MANT_DIG == 53 || LDBL_MANT_DIG == 64 ||
	       LDBL_MANT_DIG == 113);
	EXPECT_INT(alignof(max_align_t) >= alignof(long double), 1);
}

CASES(CASE(jump), CASE(keep_registers), CASE(jump_in_threads), CASE(allocate),
      CASE(pass_structures), CASE(pass_arguments), CASE(calculate_with_complex),
      CASE(tell_types))
