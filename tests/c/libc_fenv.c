/* SPDX-License-Identifier: BSD-2-Clause */
/* The floating-point environment: flags, rounding, saving, inheriting. */

#include <fenv.h>
#include <float.h>
#include <math.h>
#include <pthread.h>

#include "libc_cases.h"

static volatile double zero = 0;
static volatile double one = 1;
static volatile double three = 3;
static volatile double big = DBL_MAX;
static volatile double small = DBL_MIN;
static volatile double sink;
static volatile float sink_f;

static void do_nothing(void)
{
}

static void divide_by_zero(void)
{
	sink = one / zero;
}

static void be_invalid(void)
{
	sink = zero / zero;
}

static void overflow(void)
{
	sink = big * big;
}

static void underflow(void)
{
	sink = small * small;
}

static void be_inexact(void)
{
	sink = one / three;
}

static void convert_down(void)
{
	sink_f = (float)big;
}

static void raise_flags(void)
{
	static const struct {
		void (*run)(void);
		int flags;
	} rows[] = {
		{do_nothing, 0},
		{divide_by_zero, FE_DIVBYZERO},
		{be_invalid, FE_INVALID},
		{overflow, FE_OVERFLOW | FE_INEXACT},
		{underflow, FE_UNDERFLOW | FE_INEXACT},
		{be_inexact, FE_INEXACT},
		{convert_down, FE_OVERFLOW | FE_INEXACT},
	};
	const int all = FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW | FE_UNDERFLOW |
			FE_INEXACT;

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		row("%zu", i);
		EXPECT_INT(feclearexcept(FE_ALL_EXCEPT), 0);
		rows[i].run();
		EXPECT_INT(fetestexcept(all), rows[i].flags);
		/* Flags stay until they are cleared, one by one. */
		do_nothing();
		EXPECT_INT(feclearexcept(FE_INEXACT), 0);
		EXPECT_INT(fetestexcept(all), rows[i].flags & ~FE_INEXACT);
	}
	row("by name");
	feclearexcept(FE_ALL_EXCEPT);
	EXPECT_INT(feraiseexcept(FE_INVALID | FE_DIVBYZERO), 0);
	EXPECT_INT(fetestexcept(all), FE_INVALID | FE_DIVBYZERO);
	feclearexcept(FE_ALL_EXCEPT);
}

static void save_flags(void)
{
	fexcept_t saved;
	fenv_t environment;

	feclearexcept(FE_ALL_EXCEPT);
	divide_by_zero();
	EXPECT_INT(fegetexceptflag(&saved, FE_DIVBYZERO | FE_INVALID), 0);
	feclearexcept(FE_ALL_EXCEPT);
	be_invalid();
	EXPECT_INT(fesetexceptflag(&saved, FE_DIVBYZERO | FE_INVALID), 0);
	EXPECT_INT(fetestexcept(FE_DIVBYZERO | FE_INVALID), FE_DIVBYZERO);
	EXPECT_INT(feholdexcept(&environment), 0);
	EXPECT_INT(fetestexcept(FE_ALL_EXCEPT), 0);
	overflow();
	EXPECT_INT(feupdateenv(&environment), 0);
	EXPECT_INT(fetestexcept(FE_DIVBYZERO | FE_OVERFLOW),
		   FE_DIVBYZERO | FE_OVERFLOW);
	EXPECT_INT(fesetenv(FE_DFL_ENV), 0);
	EXPECT_INT(fetestexcept(FE_ALL_EXCEPT), 0);
	EXPECT_INT(fegetround(), FE_TONEAREST);
}

/* How 1/3, -1/3, 1.5 and -2.5 come out in each direction. */
static void round_in_directions(void)
{
	static const struct {
		int direction;
		int up; /* 1/3 is the upper of two neighbours */
		int up_negative;
		long whole;
		long whole_negative;
		const char *printed;
		const char *printed_negative;
	} rows[] = {
		{FE_TONEAREST, 0, 1, 2, -2, "0.2", "-0.2"},
		{FE_DOWNWARD, 0, 0, 1, -3, "0.2", "-0.3"},
		{FE_UPWARD, 1, 1, 2, -2, "0.3", "-0.2"},
		{FE_TOWARDZERO, 0, 1, 1, -2, "0.2", "-0.2"},
	};
	const double third = 0x1.5555555555555p-2;
	volatile double half = 1.5;
	volatile double negative = -2.5;
	volatile double quarter = 0.25;
	char text[40];

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		row("%zu", i);
		EXPECT_INT(fesetround(rows[i].direction), 0);
		EXPECT_INT(fegetround(), rows[i].direction);
		sink = one / three;
		EXPECT_INT(sink > third, rows[i].up);
		sink = -one / three;
		EXPECT_INT(sink >= -third, rows[i].up_negative);
		EXPECT_INT(lrint(half), rows[i].whole);
		EXPECT_INT(lrint(negative), rows[i].whole_negative);
		EXPECT(rint(half) == (double)rows[i].whole);
		EXPECT(nearbyint(negative) == (double)rows[i].whole_negative);
		EXPECT_INT(round(half), 2);
		EXPECT_INT(lround(negative), -3);
		snprintf(text, sizeof(text), "%.1f", quarter);
		EXPECT_STR(text, rows[i].printed);
		snprintf(text, sizeof(text), "%.1f", -quarter);
		EXPECT_STR(text, rows[i].printed_negative);
		EXPECT_INT(strtod("0.333333333333333333333", NULL) > third,
			   rows[i].up);
	}
	EXPECT(fesetround(0x7777) != 0);
	fesetround(FE_TONEAREST);
}

static void *change_rounding(void *argument)
{
	intptr_t before = fegetround();

	(void)argument;
	divide_by_zero();
	fesetround(FE_DOWNWARD);
	return (void *)before;
}

/* A thread starts as the one that makes it is; then they are apart. */
static void keep_threads_apart(void)
{
	static const int directions[] = {FE_TONEAREST, FE_UPWARD};
	pthread_t thread;
	void *result;

	for (size_t i = 0; i < LENGTH(directions); ++i) {
		row("%zu", i);
		fesetround(directions[i]);
		feclearexcept(FE_ALL_EXCEPT);
		CHECK(!pthread_create(&thread, NULL, change_rounding, NULL));
		CHECK(pthread_join(thread, &result) == 0);
		EXPECT_INT((intptr_t)result, directions[i]);
		EXPECT_INT(fegetround(), directions[i]);
		EXPECT_INT(fetestexcept(FE_DIVBYZERO), 0);
	}
	fesetround(FE_TONEAREST);
}

/* Comparisons that are quiet about what cannot be compared, and kinds. */
static void classify(void)
{
	static const struct {
		double value;
		int kind;
		int sign;
	} rows[] = {
		{0.0, FP_ZERO, 0},
		{-0.0, FP_ZERO, 1},
		{1, FP_NORMAL, 0},
		{-DBL_MAX, FP_NORMAL, 1},
		{DBL_MIN / 2, FP_SUBNORMAL, 0},
		{-0x1p-1074, FP_SUBNORMAL, 1},
		{INFINITY, FP_INFINITE, 0},
		{-INFINITY, FP_INFINITE, 1},
		{NAN, FP_NAN, 0},
	};
	volatile double nan_value = NAN;

	for (size_t i = 0; i < LENGTH(rows); ++i) {
		volatile double value = rows[i].value;
		volatile long double wide = value;

		row("%zu", i);
		EXPECT_INT(fpclassify(value), rows[i].kind);
		EXPECT_INT(signbit(value) != 0, rows[i].sign);
		EXPECT_INT(isfinite(value) != 0,
			   rows[i].kind != FP_NAN &&
				   rows[i].kind != FP_INFINITE);
		EXPECT_INT(isnan(value) != 0, rows[i].kind == FP_NAN);
		EXPECT_INT(isnormal(value) != 0, rows[i].kind == FP_NORMAL);
		EXPECT_INT(isinf(wide) != 0, rows[i].kind == FP_INFINITE);
		EXPECT_INT(signbit(wide) != 0, rows[i].sign);
		if (LDBL_MANT_DIG > 53 && rows[i].kind == FP_SUBNORMAL)
			EXPECT_INT(fpclassify(wide), FP_NORMAL);
	}
	row("comparisons");
	feclearexcept(FE_ALL_EXCEPT);
	EXPECT(isunordered(nan_value, one) && !isunordered(one, one));
	EXPECT(!isless(nan_value, one) && isless(one, three));
	EXPECT(!isgreaterequal(one, nan_value) && isgreaterequal(one, one));
	EXPECT(islessgreater(one, three) && !islessgreater(nan_value, one));
	EXPECT_INT(fetestexcept(FE_INVALID), 0);
	EXPECT(isnan(nan("")) && isnan(nanf("1")) && isnan(nanl("0x7")));
}

CASES(CASE(raise_flags), CASE(save_flags), CASE(round_in_directions),
      CASE(keep_threads_apart), CASE(classify))
