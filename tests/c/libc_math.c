/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls mathematical functions, as tests/test_libc_math.py asks. */

#include <complex.h>
#include <fenv.h>

#include "libc_numbers.h"

/* What a function takes and gives; X stands for its type. */
enum shape {
	X_X,
	X_XX,
	X_XXX,
	X_IX, /* an integer first */
	X_XI, /* an integer last */
	X_XL, /* a long double last */
	I_X,
	XI_X, /* stores an integer */
	XX_X, /* stores another number, which is told first */
	XI_XX,
	C_C,
	X_C,
	C_CC
};

struct function {
	const char *name;
	enum shape shape;
	void (*f)(void);
	void (*d)(void);
	void (*l)(void);
};

#define POINTER(name) (void (*)(void))(name)
#define ALL(shape, name)                                                       \
	{                                                                      \
		#name, shape, POINTER(name##f), POINTER(name),                 \
			POINTER(name##l)                                       \
	}
#define TWO(shape, name)                                                       \
	{                                                                      \
		#name, shape, POINTER(name##f), POINTER(name), NULL            \
	}

static const struct function functions[] = {
	ALL(X_X, acos),        ALL(X_X, acosh),      ALL(X_X, asin),
	ALL(X_X, asinh),       ALL(X_X, atan),       ALL(X_X, atanh),
	ALL(X_X, cbrt),        ALL(X_X, ceil),       ALL(X_X, cos),
	ALL(X_X, cosh),        ALL(X_X, erf),        ALL(X_X, erfc),
	ALL(X_X, exp),         ALL(X_X, exp10),      ALL(X_X, exp2),
	ALL(X_X, expm1),       ALL(X_X, fabs),       ALL(X_X, floor),
	ALL(X_X, lgamma),      ALL(X_X, log),        ALL(X_X, log10),
	ALL(X_X, log1p),       ALL(X_X, log2),       ALL(X_X, logb),
	ALL(X_X, nearbyint),   ALL(X_X, pow10),      ALL(X_X, rint),
	ALL(X_X, round),       ALL(X_X, sin),        ALL(X_X, sinh),
	ALL(X_X, sqrt),        ALL(X_X, tan),        ALL(X_X, tanh),
	ALL(X_X, tgamma),      ALL(X_X, trunc),      TWO(X_X, j0),
	TWO(X_X, j1),          TWO(X_X, y0),         TWO(X_X, y1),
	TWO(X_X, significand), ALL(X_XX, atan2),     ALL(X_XX, copysign),
	ALL(X_XX, fdim),       ALL(X_XX, fmax),      ALL(X_XX, fmin),
	ALL(X_XX, fmod),       ALL(X_XX, hypot),     ALL(X_XX, nextafter),
	ALL(X_XX, pow),        ALL(X_XX, remainder), TWO(X_XX, drem),
	TWO(X_XX, scalb),      ALL(X_XXX, fma),      TWO(X_IX, jn),
	TWO(X_IX, yn),         ALL(X_XI, ldexp),     ALL(X_XI, scalbn),
	ALL(X_XL, nexttoward), ALL(I_X, ilogb),      ALL(I_X, lrint),
	ALL(I_X, lround),      ALL(I_X, llrint),     ALL(I_X, llround),
	ALL(XI_X, frexp),      ALL(XX_X, modf),      ALL(XX_X, sincos),
	ALL(XI_XX, remquo),    ALL(C_C, csqrt),      ALL(C_C, cexp),
	ALL(C_C, clog),        ALL(C_C, csin),       ALL(C_C, ccos),
	ALL(C_C, ctan),        ALL(C_C, csinh),      ALL(C_C, ccosh),
	ALL(C_C, ctanh),       ALL(C_C, casin),      ALL(C_C, cacos),
	ALL(C_C, catan),       ALL(C_C, casinh),     ALL(C_C, cacosh),
	ALL(C_C, catanh),      ALL(C_C, conj),       ALL(C_C, cproj),
	ALL(X_C, cabs),        ALL(X_C, carg),       ALL(X_C, creal),
	ALL(X_C, cimag),       ALL(C_CC, cpow),
};

static int raised;

/* Writing numbers raises exceptions too. */
static long double result(long double value)
{
	raised = fetestexcept(FE_ALL_EXCEPT);
	return value;
}

static void put_pair(long double first, long double second)
{
	put_number(result(first));
	fputc(' ', stdout);
	put_number(second);
}

/* The sine comes back first. */
#define CALL_SINCOS(T, p, x)                                                   \
	do {                                                                   \
		volatile T angle = (T)(x);                                     \
		T sine;                                                        \
		T cosine;                                                      \
                                                                               \
		feclearexcept(FE_ALL_EXCEPT);                                  \
		((void (*)(T, T *, T *))p)(angle, &sine, &cosine);             \
		put_pair(sine, cosine);                                        \
	} while (0)

static void call_sincos(const struct function *f, char type, long double x)
{
	if (type == 'f')
		CALL_SINCOS(float, f->f, x);
	else if (type == 'd')
		CALL_SINCOS(double, f->d, x);
	else
		CALL_SINCOS(long double, f->l, x);
}

/* By the type of the result and that of the argument. */
#define CALL_INTEGER(I)                                                        \
	do {                                                                   \
		volatile float x_f = (float)x;                                 \
		volatile double x_d = (double)x;                               \
		I value;                                                       \
                                                                               \
		feclearexcept(FE_ALL_EXCEPT);                                  \
		if (type == 'f')                                               \
			value = ((I(*)(float))f->f)(x_f);                      \
		else if (type == 'd')                                          \
			value = ((I(*)(double))f->d)(x_d);                     \
		else                                                           \
			value = ((I(*)(long double))f->l)(x);                  \
		result(0);                                                     \
		printf("%lld", (long long)value);                              \
	} while (0)

static void call_integer(const struct function *f, char type, long double x)
{
	if (f->name[0] == 'i')
		CALL_INTEGER(int);
	else if (f->name[1] == 'l')
		CALL_INTEGER(long long);
	else
		CALL_INTEGER(long);
}

/* Some functions return more than their type holds, until it is stored. */
#define PUT(T, call)                                                           \
	do {                                                                   \
		volatile T value = (call);                                     \
		put_number(result(value));                                     \
	} while (0)

/* Calls for each type are alike. */
#define DEFINE_CALL(name, T)                                                   \
	static void name(const struct function *f, void (*p)(void),            \
			 const long double *x, int i)                          \
	{                                                                      \
		volatile T a = (T)x[0];                                        \
		volatile T b = (T)x[1];                                        \
		T complex z = CMPLXL(a, b);                                    \
		T complex w = CMPLXL((T)x[2], (T)x[3]);                        \
		T stored;                                                      \
		int n;                                                         \
                                                                               \
		feclearexcept(FE_ALL_EXCEPT);                                  \
		switch (f->shape) {                                            \
		case X_X:                                                      \
			PUT(T, ((T(*)(T))p)(a));                               \
			return;                                                \
		case X_XX:                                                     \
			PUT(T, ((T(*)(T, T))p)(a, b));                         \
			return;                                                \
		case X_XXX:                                                    \
			PUT(T, ((T(*)(T, T, T))p)(a, b, (T)x[2]));             \
			return;                                                \
		case X_IX:                                                     \
			PUT(T, ((T(*)(int, T))p)((int)x[0], b));               \
			return;                                                \
		case X_XI:                                                     \
			PUT(T, ((T(*)(T, int))p)(a, i));                       \
			return;                                                \
		case X_XL:                                                     \
			PUT(T, ((T(*)(T, long double))p)(a, x[1]));            \
			return;                                                \
		case XI_X:                                                     \
			n = 0;                                                 \
			PUT(T, ((T(*)(T, int *))p)(a, &n));                    \
			printf(" %d", n);                                      \
			return;                                                \
		case XI_XX:                                                    \
			PUT(T, ((T(*)(T, T, int *))p)(a, b, &n));              \
			printf(" %d", n & 7);                                  \
			return;                                                \
		case XX_X:                                                     \
			a = ((T(*)(T, T *))p)(a, &stored);                     \
			put_pair(stored, a);                                   \
			return;                                                \
		case C_C:                                                      \
			z = ((T complex(*)(T complex))p)(z);                   \
			put_pair(creall(z), cimagl(z));                        \
			return;                                                \
		case X_C:                                                      \
			PUT(T, ((T(*)(T complex))p)(z));                       \
			return;                                                \
		case C_CC:                                                     \
			z = ((T complex(*)(T complex, T complex))p)(z, w);     \
			put_pair(creall(z), cimagl(z));                        \
			return;                                                \
		case I_X:                                                      \
			return;                                                \
		}                                                              \
	}

DEFINE_CALL(call_float, float)
DEFINE_CALL(call_double, double)
DEFINE_CALL(call_long_double, long double)

static void call(const struct function *f, char type, const long double *x)
{
	int i = x[1] < -100000 ? -100000 : x[1] > 100000 ? 100000 : (int)x[1];

	if (strcmp(f->name, "sincos") == 0)
		call_sincos(f, type, x[0]);
	else if (f->shape == I_X)
		call_integer(f, type, x[0]);
	else if (type == 'f')
		call_float(f, f->f, x, i);
	else if (type == 'd')
		call_double(f, f->d, x, i);
	else
		call_long_double(f, f->l, x, i);
}

static void put_exceptions(void)
{
	static const struct {
		int flag;
		char letter;
	} letters[] = {
		{FE_INVALID, 'i'},   {FE_DIVBYZERO, 'z'}, {FE_OVERFLOW, 'o'},
		{FE_UNDERFLOW, 'u'}, {FE_INEXACT, 'x'},
	};
	fputs(" -", stdout);
	for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); ++i)
		if ((raised & letters[i].flag) != 0)
			fputc(letters[i].letter, stdout);
}

/* Function, type, and up to four arguments. */
static void answer(char **words)
{
	long double x[4] = {0, 0, 0, 0};

	for (int i = 0; i < 4 && words[2 + i] != NULL; ++i)
		x[i] = read_number(words[2 + i]);
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); ++i)
		if (strcmp(functions[i].name, words[0]) == 0) {
			call(&functions[i], words[1][0], x);
			put_exceptions();
			return;
		}
	CHECK(!"known function");
}
