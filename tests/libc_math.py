# SPDX-License-Identifier: BSD-2-Clause
"""What functions of <math.h> have to give: arguments, exact values and bounds of errors."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import mpmath  # type: ignore[import-untyped]

from libc_numbers import Format, Number, power_of_two

DOUBLE = Format("d", 53, 1024)

# Bits of the values to compare with.
PRECISION = 320

Real = Any  # mpmath.mpf


@dataclass(frozen=True)
class Range:
    """Arguments from low to high, both in units of the largest exponent if `per_exponent`."""

    low: float
    high: float
    per_exponent: bool = False

    def ends(self, target: Format) -> tuple[Fraction, Fraction]:
        unit = target.max_exponent if self.per_exponent else 1
        low, high = (
            Fraction(max(min(end * unit, 2.0**1000), -(2.0**1000))) for end in (self.low, self.high)
        )
        top = target.greatest
        return (-top if self.low == -INF else low), (top if self.high == INF else high)


INF = float("inf")
EVERY = Range(-INF, INF)
POSITIVE = Range(0, INF)


@dataclass(frozen=True)
class Function:
    """A function of one real number, or of two if `second` is given.

    exact: the same for numbers of mpmath.
    ulps: bounds of the error for float, double and long double, in units of the last place.
    by_double: where long double has 113 bits, musl takes the result of the double function, and
        nothing more can be asked of it.
    floor: errors count as if results were at least this large, near zeros at odd places.
    """

    exact: Callable[..., Real]
    ranges: tuple[Range, ...]
    ulps: tuple[float, ...]
    second: Range | None = None
    by_double: bool = False
    floor: Callable[..., Real] | None = None

    def measure(self, target: Format) -> Format:
        """The format that arguments and results are of when it is judged."""
        return DOUBLE if target.digits == 113 and self.by_double else target

    def bound(self, target: Format) -> float:
        if target.digits == 53:
            return self.ulps[1]
        if target.digits == 113 and self.by_double:
            return self.ulps[1] + 1
        return self.ulps["fdL".index(target.letter)]


def to_real(value: Fraction) -> Real:
    return mpmath.mpf(value.numerator) / value.denominator


def to_fraction(value: Real) -> Fraction:
    sign, mantissa, exponent, _ = mpmath.mpf(value)._mpf_
    size = int(mantissa) * power_of_two(int(exponent))
    return -size if sign else size


def numbers(target: Format, span: Range, count: int, seed: str) -> Iterator[Number]:
    """The ends, numbers evenly spread, and numbers whose exponents are evenly spread."""
    source = random.Random(seed)
    low, high = span.ends(target)
    yield from (target.round(low), target.round(high))
    for _ in range(count):
        if span.high != INF:
            yield target.round(low + Fraction(source.getrandbits(160), 2**160) * (high - low))
        near = Fraction(source.getrandbits(160) | 1 << 159, 2**160)
        for size in (
            abs(target.sample(source).value),
            near * power_of_two(source.randint(-20, 20)),
        ):
            signed = size * source.choice((-1, 1))
            for value in (signed, -signed):
                if low <= value <= high:
                    yield target.round(value)
                    break


def arguments(function: Function, target: Format, seed: str) -> list[list[Number]]:
    spans = function.ranges
    count = 20 if spans == BESSEL else 60
    first = [value for span in spans for value in numbers(target, span, count, f"{seed} 1")]
    if function.second is None:
        return [[value] for value in first]
    second = list(numbers(target, function.second, 120, f"{seed} 2"))
    random.Random(seed).shuffle(second)
    return [[x, y] for x, y in zip(first, second, strict=False) if x.size and y.size]


def error(function: Function, target: Format, found: Number, given: list[Number]) -> float:
    """By how many units of the last place a result is wrong."""
    with mpmath.workprec(PRECISION):
        reals = [to_real(argument.value) for argument in given]
        exact = function.exact(*reals)
        if mpmath.isnan(exact):
            return 0 if found.kind == "nan" else INF
        if not mpmath.isfinite(exact):
            return 0 if found.kind == "inf" and found.negative == (exact < 0) else INF
        right = to_fraction(exact)
        least = to_fraction(function.floor(*reals)) if function.floor else Fraction(0)
    return distance(target, found, right, least)


def distance(target: Format, found: Number, right: Fraction, least: Fraction) -> float:
    top = target.greatest
    if found.kind == "inf" and found.negative == (right < 0):
        if abs(right) >= top:
            return 0
        found = Number(found.negative, top + target.ulp(top))
    if found.kind != "finite":
        return INF
    size = min(max(abs(right), least), top)
    return float(abs(found.value - right) / target.ulp(size))


def _gamma(x: Real) -> Real:
    return mpmath.nan if x <= 0 and mpmath.isint(x) else mpmath.gamma(x)


def _log_gamma(x: Real) -> Real:
    if x > 0:
        return mpmath.loggamma(x)
    return mpmath.inf if mpmath.isint(x) else mpmath.log(abs(mpmath.gamma(x)))


def _one(*_: Real) -> Real:
    return mpmath.mpf(1)


def _amplitude(x: Real) -> Real:
    """How far Bessel functions swing at such an argument."""
    return mpmath.mpf(1) if x == 0 else min(mpmath.mpf(1), mpmath.sqrt(2 / (mpmath.pi * abs(x))))


def _log2(x: Real) -> Real:
    return mpmath.log(x) / mpmath.ln2


def _power(base: Real) -> Callable[[Real], Real]:
    return lambda x: mpmath.power(base, x)


LN2 = 0.6931471805599453
UNIT = Range(-1, 1)
E_POWERS = (Range(-1.1 * LN2, 1.01 * LN2, True), Range(-2, 2))
TWO_POWERS = (Range(-1.2, 1.0, True), Range(-2, 2))
TEN_POWERS = (Range(-0.33, 0.301029, True), Range(-2, 2))
NEAR_ONE = Range(0.5, 2)
BESSEL = (Range(0.01, 8), Range(8, 10000))

# Bounds are what was measured with many more arguments, and a little. Long doubles of x87 are less
# exact where musl has no more than the processor's instructions, or Cephes: powl() loses by as much
# as the exponent of its first argument, and exp10l() and tgammal() are made of it.
FUNCTIONS = {
    "acos": Function(mpmath.acos, (UNIT,), (1, 1, 1.5)),
    "acosh": Function(mpmath.acosh, (Range(1, INF), Range(1, 2)), (1.5, 2, 3), by_double=True),
    "asin": Function(mpmath.asin, (UNIT,), (1, 1, 2)),
    "asinh": Function(mpmath.asinh, (EVERY, UNIT), (1.5, 2, 3), by_double=True),
    "atan": Function(mpmath.atan, (EVERY, UNIT), (1, 1, 1)),
    "atan2": Function(mpmath.atan2, (EVERY, Range(-9, 9)), (1, 1, 1), second=EVERY),
    "atanh": Function(mpmath.atanh, (UNIT,), (1.5, 1.5, 3), by_double=True),
    "cbrt": Function(lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)), (EVERY,), (1, 1, 1)),
    "cos": Function(mpmath.cos, (EVERY, Range(-9, 9)), (1, 1, 1)),
    "cosh": Function(mpmath.cosh, E_POWERS, (1.5, 1.5, 2), by_double=True),
    "erf": Function(mpmath.erf, (EVERY, Range(-6, 6)), (1, 1, 1), by_double=True),
    "erfc": Function(mpmath.erfc, (Range(-6, 30), UNIT), (3, 3, 3.5), by_double=True),
    "exp": Function(mpmath.exp, E_POWERS, (0.55, 0.55, 1.5), by_double=True),
    "exp10": Function(_power(10), TEN_POWERS, (3, 3.5, 40), by_double=True),
    "exp2": Function(_power(2), TWO_POWERS, (0.55, 0.55, 1)),
    "expm1": Function(mpmath.expm1, (*E_POWERS, UNIT), (1, 1, 2.5), by_double=True),
    "hypot": Function(mpmath.hypot, (EVERY, Range(-9, 9)), (1, 1, 1), second=EVERY),
    "j0": Function(lambda x: mpmath.besselj(0, x), BESSEL, (4, 4), floor=_amplitude),
    "j1": Function(lambda x: mpmath.besselj(1, x), BESSEL, (4, 4), floor=_amplitude),
    "lgamma": Function(
        _log_gamma, (Range(0, INF), Range(-30, 30)), (4, 3, 4), by_double=True, floor=_one
    ),
    "log": Function(mpmath.log, (POSITIVE, NEAR_ONE), (1, 0.55, 1), by_double=True),
    "log10": Function(mpmath.log10, (POSITIVE, NEAR_ONE), (1, 1, 1.5), by_double=True),
    "log1p": Function(mpmath.log1p, (Range(-1, INF), UNIT), (1, 1, 3), by_double=True),
    "log2": Function(_log2, (POSITIVE, NEAR_ONE), (1, 0.6, 1), by_double=True),
    "pow": Function(
        mpmath.power, (POSITIVE, NEAR_ONE), (0.55, 0.55, 400), second=Range(-50, 50), by_double=True
    ),
    "sin": Function(mpmath.sin, (EVERY, Range(-9, 9)), (1, 1, 1)),
    "sinh": Function(mpmath.sinh, (*E_POWERS, UNIT), (2, 2, 4), by_double=True),
    "sqrt": Function(mpmath.sqrt, (POSITIVE,), (0.5, 0.5, 0.5)),
    "tan": Function(mpmath.tan, (EVERY, Range(-9, 9)), (1, 1, 1.5)),
    "tanh": Function(mpmath.tanh, (EVERY, UNIT), (2, 2, 2.5), by_double=True),
    "tgamma": Function(_gamma, (Range(0.1, 1760), Range(-30, 30)), (0.55, 10, 60), by_double=True),
    "y0": Function(lambda x: mpmath.bessely(0, x), BESSEL, (4, 4), floor=_amplitude),
    "y1": Function(lambda x: mpmath.bessely(1, x), BESSEL, (4, 4), floor=_amplitude),
}

# Of one complex number, with bounds of the error. They count units of a result of at least one:
# musl adds and subtracts numbers of this size on the way, so that small results have fewer digits.
COMPLEX = {
    "cacos": (mpmath.acos, 64),
    "cacosh": (mpmath.acosh, 64),
    "casin": (mpmath.asin, 64),
    "casinh": (mpmath.asinh, 64),
    "catan": (mpmath.atan, 8),
    "catanh": (mpmath.atanh, 8),
    "ccos": (mpmath.cos, 4),
    "ccosh": (mpmath.cosh, 4),
    "cexp": (mpmath.exp, 4),
    "clog": (mpmath.log, 4),
    "csin": (mpmath.sin, 4),
    "csinh": (mpmath.sinh, 4),
    "csqrt": (mpmath.sqrt, 4),
    "ctan": (mpmath.tan, 24),
    "ctanh": (mpmath.tanh, 24),
}


def complex_error(
    name: str, target: Format, found: tuple[Number, Number], given: tuple[Number, Number]
) -> float:
    """By how many units of the result's size a complex result is wrong."""
    with mpmath.workprec(PRECISION):
        exact = COMPLEX[name][0](mpmath.mpc(*(to_real(part.value) for part in given)))
        right = [to_fraction(exact.real), to_fraction(exact.imag)]
    size = max(Fraction(1), *map(abs, right))
    return max(
        distance(target, part, value, size) for part, value in zip(found, right, strict=True)
    )


def complex_bound(name: str, target: Format) -> float:
    """Musl computes the long double functions with doubles, where it has nothing better."""
    return COMPLEX[name][1] * (1 if target.letter != "L" else 2.0 ** (target.digits - 53))


def bessel_error(name: str, target: Format, order: int, x: Number, found: Number) -> float:
    with mpmath.workprec(PRECISION):
        real = to_real(x.value)
        exact = (mpmath.besselj if name == "jn" else mpmath.bessely)(order, real)
        return distance(target, found, to_fraction(exact), to_fraction(_amplitude(real)))
