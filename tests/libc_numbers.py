# SPDX-License-Identifier: BSD-2-Clause
"""Floating-point numbers of a target as exact fractions, and rounding to its formats."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import copysign

from libc_harness import answers, cached

NUMBER = re.compile(r"(-?)(?:(inf|nan)|([0-9a-f]+)p(-?\d+))")


@dataclass(frozen=True)
class Number:
    """A value of some format: kind is `finite`, `inf` or `nan`, and zeros have a sign."""

    negative: bool
    size: Fraction = Fraction(0)
    kind: str = "finite"

    @property
    def value(self) -> Fraction:
        assert self.kind == "finite"
        return -self.size if self.negative else self.size

    def __str__(self) -> str:
        """The form that tests/c/libc_numbers.h reads."""
        sign = "-" if self.negative else ""
        if self.kind != "finite":
            return sign + self.kind
        exponent = self.size.denominator.bit_length() - 1
        mantissa = self.size.numerator
        zeros = max((mantissa & -mantissa).bit_length() - 1, 0)
        return f"{sign}{mantissa >> zeros:x}p{zeros - exponent}"


NAN = Number(False, kind="nan")


def parse(text: str) -> Number:
    """Read what tests/c/libc_numbers.h writes."""
    match = NUMBER.fullmatch(text)
    assert match, text
    sign, kind, mantissa, exponent = match.groups()
    if kind:
        return NAN if kind == "nan" else Number(bool(sign), kind=kind)
    return Number(bool(sign), int(mantissa, 16) * power_of_two(int(exponent)))


def number(value: float | Fraction) -> Number:
    """The number of this value; zero is positive unless it is -0.0."""
    if value != value:
        return NAN
    if value in (float("inf"), float("-inf")):
        return Number(value < 0, kind="inf")
    is_negative = value < 0 or (isinstance(value, float) and copysign(1, value) < 0)
    return Number(is_negative, abs(Fraction(value)))


@dataclass(frozen=True)
class Format:
    """A binary format: bits of the significand, and exponents as <float.h> counts them."""

    letter: str
    digits: int
    max_exponent: int

    @property
    def least(self) -> Fraction:
        """The smallest number above zero."""
        return power_of_two(3 - self.max_exponent - self.digits)

    @property
    def least_normal(self) -> Fraction:
        return self.least * power_of_two(self.digits - 1)

    @property
    def greatest(self) -> Fraction:
        return (1 - power_of_two(-self.digits)) * power_of_two(self.max_exponent)

    def ulp(self, size: Fraction) -> Fraction:
        """The distance of numbers around one of this size."""
        if size < self.least_normal:
            return self.least
        return power_of_two(exponent_of(size) - self.digits + 1)

    def round(self, value: Fraction, negative: bool | None = None) -> Number:
        """The nearest number, the even one of two. Zero has the sign that is given."""
        negative = value < 0 if negative is None else negative
        ulp = self.ulp(abs(value))
        size = round(abs(value) / ulp) * ulp
        if size > self.greatest:
            return Number(negative, kind="inf")
        return Number(negative, size)

    def sample(self, source: random.Random) -> Number:
        """Any finite number, all exponents being equally likely."""
        exponent = source.randint(4 - self.max_exponent - self.digits, self.max_exponent - 1)
        significand = Fraction(source.getrandbits(self.digits) | 1 << self.digits, 2**self.digits)
        return self.round(significand * power_of_two(exponent) * source.choice((-1, 1)))

    def neighbours(self, of: Number) -> Iterator[Number]:
        yield Number(of.negative, of.size + self.ulp(of.size))
        if of.size >= self.least:
            below = of.size - self.ulp(of.size * Fraction(2**200 - 1, 2**200))
            yield Number(of.negative, below)


def power_of_two(exponent: int) -> Fraction:
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)


def exponent_of(size: Fraction) -> int:
    """The e with 2**e <= size < 2**(e + 1)."""
    guess = size.numerator.bit_length() - size.denominator.bit_length()
    return guess if size >= power_of_two(guess) else guess - 1


@dataclass(frozen=True)
class Machine:
    """What the types of the target are like."""

    long_bits: int
    size_bits: int
    formats: dict[str, Format]


@cached
def machine() -> Machine:
    sizes = answers("libc_printf", ["s"])[0].split()
    long_bytes, size_bytes, digits, max_exponent = map(int, sizes)
    formats = (Format("f", 24, 128), Format("d", 53, 1024), Format("L", digits, max_exponent))
    return Machine(long_bytes * 8, size_bytes * 8, {item.letter: item for item in formats})
