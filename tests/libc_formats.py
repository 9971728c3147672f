# SPDX-License-Identifier: BSD-2-Clause
"""What printf() has to write for a number, from the text of the standard."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from libc_numbers import Number, exponent_of


@dataclass(frozen=True)
class Spec:
    """A conversion specification; None where width or precision are not given."""

    flags: str
    width: int | None
    precision: int | None
    modifier: str
    conversion: str

    def __str__(self) -> str:
        width = "" if self.width is None else str(self.width)
        precision = "" if self.precision is None else f".{self.precision}"
        return f"%{self.flags}{width}{precision}{self.modifier}{self.conversion}"

    def sign(self, negative: bool) -> str:
        return "-" if negative else "+" if "+" in self.flags else " " if " " in self.flags else ""

    def pad(self, prefix: str, digits: str, zeros: bool) -> str:
        """Bring prefix and digits to the width, with zeros between or spaces around."""
        missing = (self.width or 0) - len(prefix) - len(digits)
        if "-" in self.flags:
            return prefix + digits + " " * missing
        if zeros and "0" in self.flags:
            return prefix + "0" * missing + digits
        return " " * missing + prefix + digits


def integer(spec: Spec, value: int) -> str:
    base = {"o": "o", "x": "x", "X": "X"}.get(spec.conversion, "d")
    digits = format(abs(value), base)
    if spec.precision is not None:
        digits = digits.rjust(spec.precision, "0")
        if spec.precision == 0 and value == 0:
            digits = ""
    prefix = spec.sign(value < 0) if spec.conversion in "di" else ""
    if "#" in spec.flags and base == "o" and not digits.startswith("0"):
        digits = "0" + digits
    if "#" in spec.flags and base in "xX" and value != 0:
        prefix = "0" + base
    return spec.pad(prefix, digits, spec.precision is None)


def number(spec: Spec, value: Number) -> str:
    kind = spec.conversion.lower()
    if value.kind != "finite":
        text = spec.pad(spec.sign(value.negative), value.kind, False)
        return text.upper() if spec.conversion.isupper() else text
    digits = {"a": _hexadecimal, "e": _scientific, "f": _fixed, "g": _general}[kind](
        spec, value.size
    )
    prefix = spec.sign(value.negative) + ("0x" if kind == "a" else "")
    text = spec.pad(prefix, digits, True)
    return text.upper() if spec.conversion.isupper() else text


def _precision(spec: Spec) -> int:
    return 6 if spec.precision is None else spec.precision


def _point(digits: str, places: int, spec: Spec) -> str:
    """Set the point so that so many digits follow it."""
    digits = digits.rjust(places + 1, "0")
    if places == 0:
        return digits + ("." if "#" in spec.flags else "")
    return f"{digits[:-places]}.{digits[-places:]}"


def _fixed(spec: Spec, size: Fraction) -> str:
    places = _precision(spec)
    return _point(str(round(size * 10**places)), places, spec)


def _decimal_exponent(size: Fraction) -> int:
    if size == 0:
        return 0
    guess = len(str(size.numerator)) - len(str(size.denominator))
    return guess if size >= Fraction(10) ** guess else guess - 1


def _digits(size: Fraction, places: int) -> tuple[str, int]:
    """The digits of d.ddd and the exponent of ten, correctly rounded."""
    exponent = _decimal_exponent(size)
    digits = str(round(size * Fraction(10) ** (places - exponent)))
    if len(digits) > places + 1:
        return digits[:-1], exponent + 1
    return digits.rjust(places + 1, "0"), exponent


def _scientific(spec: Spec, size: Fraction) -> str:
    digits, exponent = _digits(size, _precision(spec))
    return f"{_point(digits, len(digits) - 1, spec)}e{exponent:+03d}"


def _general(spec: Spec, size: Fraction) -> str:
    significant = max(_precision(spec), 1)
    digits, exponent = _digits(size, significant - 1)
    is_fixed = significant > exponent >= -4
    places = significant - 1 - exponent if is_fixed else significant - 1
    text = _point(digits, places, spec)
    if "#" not in spec.flags and "." in text:
        text = text.rstrip("0").rstrip(".")
    return text if is_fixed else f"{text}e{exponent:+03d}"


def _hexadecimal(spec: Spec, size: Fraction) -> str:
    """The first digit is 1, or 2 after rounding up: the standard leaves that open."""
    exponent = 0 if size == 0 else exponent_of(size)
    scaled = size / Fraction(2) ** exponent
    if spec.precision is None:
        places = 0
        while (scaled * 16**places).denominator != 1:
            places += 1
    else:
        places = spec.precision
    digits = format(round(scaled * 16**places), "x")
    return f"{_point(digits, places, spec)}p{exponent:+d}"
