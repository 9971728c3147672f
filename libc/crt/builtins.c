/* SPDX-License-Identifier: BSD-2-Clause */
/* Compiler support functions that LLVM's archive has with a stack protector. */

/* The compiler turns 128-bit division and conversions to and from long double
 * into calls of these. */

#ifdef __SIZEOF_INT128__

typedef __int128 ti;
typedef unsigned __int128 tu;
typedef unsigned long long du;

tu __udivmodti4(tu dividend, tu divisor, tu *remainder);
tu __umodti3(tu dividend, tu divisor);
ti __modti3(ti dividend, ti divisor);

tu __umodti3(tu dividend, tu divisor)
{
	tu remainder;

	__udivmodti4(dividend, divisor, &remainder);
	return remainder;
}

static tu magnitude(ti value)
{
	return value < 0 ? -(tu)value : (tu)value;
}

ti __modti3(ti dividend, ti divisor)
{
	tu remainder = __umodti3(magnitude(dividend), magnitude(divisor));

	return (ti)(dividend < 0 ? -remainder : remainder);
}

#if __LDBL_MANT_DIG__ == 64

long double __floatuntixf(tu value);
long double __floattixf(ti value);
tu __fixunsxfti(long double value);
ti __fixxfti(long double value);

static const long double two64 = 0x1p64L;

/* Of the lower half, a single bit decides how the sum is rounded, if the upper
 * half alone fills the significand; otherwise the sum is exact. */
long double __floatuntixf(tu value)
{
	return (long double)(du)(value >> 64) * two64 + (long double)(du)value;
}

long double __floattixf(ti value)
{
	long double result = __floatuntixf(magnitude(value));

	return value < 0 ? -result : result;
}

tu __fixunsxfti(long double value)
{
	du high;

	if (!(value >= 1))
		return 0;
	if (value >= two64 * two64)
		return -(tu)1;
	high = (du)(value / two64);
	return ((tu)high << 64) | (du)(value - (long double)high * two64);
}

ti __fixxfti(long double value)
{
	const tu limit = (tu)1 << 127;
	tu result = __fixunsxfti(value < 0 ? -value : value);

	if (value < 0)
		return (ti)(result > limit ? limit : -result);
	return (ti)(result >= limit ? limit - 1 : result);
}

#endif

#endif
