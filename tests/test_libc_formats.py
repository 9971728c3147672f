# SPDX-License-Identifier: BSD-2-Clause
"""printf() of every conversion, flag, width, precision and length; texts read as numbers."""

from __future__ import annotations

import itertools
import random
import sys
from collections.abc import Iterator
from fractions import Fraction

import pytest

import libc_formats
from libc_formats import Spec
from libc_harness import answers, cached
from libc_numbers import Format, Number, machine, number, parse

FLAGS = ["".join(flags) for count in range(6) for flags in itertools.combinations("-+ #0", count)]
INTEGER_VALUES = (0, 1, 7, 8, 9, 42, 127, 128, 255, 4095, 32767, 65535, 2**31 - 1, 2**31, 2**32 - 1)
INTEGER_LENGTHS = ("hh", "h", "", "l", "ll", "j", "z", "t")

FLOATS = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, 9.5, 0.1, -0.3, 99.95, 999999.5, 1e5, 123456.0, 1e-5),
    *(
        0.0001,
        0.00009999995,
        3.75,
        15.9375,
        -1.96875,
        1e15,
        1e16,
        1e22,
        1e23,
        1.7976931348623157e308,
    ),
    *(5e-324, 2.2250738585072014e-308, float("inf"), float("-inf"), float("nan"), 123456789.125),
)
LENGTHS = {"f": "float", "d": "double", "L": "long double"}


@pytest.fixture(autouse=True)
def long_integers() -> Iterator[None]:
    """All digits of long doubles are more than Python otherwise converts."""
    limit = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    yield
    sys.set_int_max_str_digits(limit)


def texts(lines: list[str]) -> list[str]:
    """Undo put_text() of the program."""
    pairs = [line.split(" ") for line in lines]
    decoded = [bytes.fromhex(digits).decode() for _, digits in pairs]
    assert [int(count) for count, _ in pairs] == [len(text) for text in decoded]
    return decoded


def judge(questions: list[str], expected: list[str]) -> None:
    found = texts(answers("libc_printf", questions))
    wrong = [
        f"{question!r}: {text!r}, expected {right!r}"
        for question, text, right in zip(questions, found, expected, strict=True)
        if text != right
    ]
    assert not wrong, "\n".join(wrong[:20])


def bits_of(modifier: str) -> int:
    target = machine()
    size = target.size_bits
    return {"hh": 8, "h": 16, "": 32, "l": target.long_bits, "z": size, "t": size}.get(modifier, 64)


def integers(modifier: str) -> list[int]:
    """Bit patterns around all limits that matter for the type."""
    top = 2 ** bits_of(modifier)
    values = {value % top for base in (*INTEGER_VALUES, top // 2, top) for value in (base, -base)}
    return sorted(values | {top - 1, top // 2 - 1})


@pytest.mark.parametrize("conversion", "diuoxX")
@pytest.mark.parametrize("modifier", INTEGER_LENGTHS)
def test_integers(modifier: str, conversion: str) -> None:
    flags = [text for text in FLAGS if "#" not in text or conversion in "oxX"]
    if conversion not in "di":
        flags = [text for text in flags if not set(text) & set("+ ")]
    values = itertools.cycle(integers(modifier))
    questions = []
    expected = []
    shapes = itertools.product(flags, (None, 1, 8, 30), (None, 0, 1, 5, 25), range(4))
    for flag, width, precision, _ in shapes:
        spec = Spec(flag, width, precision, modifier, conversion)
        value = next(values)
        questions.append(f"i\t{modifier}\t{spec}\t{value:x}")
        limit = 2 ** (bits_of(modifier) - 1)
        if conversion in "di" and value >= limit:
            value -= 2 * limit
        expected.append(libc_formats.integer(spec, value))
    judge(questions, expected)


def samples(target: Format) -> list[Number]:
    source = random.Random(target.digits)
    return [number(value) for value in FLOATS] + [target.sample(source) for _ in range(8)]


@pytest.mark.parametrize("conversion", "aAeEfFgG")
@pytest.mark.parametrize("modifier", ["", "L"])
def test_floats(modifier: str, conversion: str) -> None:
    """Each specification for three of the values, in turn."""
    values = itertools.cycle(samples(machine().formats[modifier or "d"]))
    questions = []
    expected = []
    precisions = (None, 0, 1, 2, 5, 12, 13, 14, 15, 16, 17, 27, 28, 40)
    for flag, width, precision in itertools.product(FLAGS, (None, 3, 30), precisions):
        spec = Spec(flag, width, precision, modifier, conversion)
        value = next(values)
        questions.append(f"n\t{modifier}\t{spec}\t{value}")
        expected.append(libc_formats.number(spec, value))
    judge(questions, expected)


@pytest.mark.parametrize("conversion", "aefg")
def test_every_value_in_every_precision(conversion: str) -> None:
    """With what is written to wide streams beside it."""
    values = samples(machine().formats["d"])
    for kind, precisions in (("n", (None, *range(0, 45, 3), 400, 1100)), ("w", (None, 0, 3, 17))):
        questions = []
        expected = []
        for value, precision in itertools.product(values, precisions):
            spec = Spec("", None, precision, "", conversion)
            questions.append(f"{kind}\t\t{spec}\t{value}")
            expected.append(libc_formats.number(spec, value))
        judge(questions, expected)


@pytest.mark.parametrize("letter", LENGTHS)
def test_random_numbers_come_back(letter: str) -> None:
    target = machine().formats[letter]
    source = random.Random(4)
    edges = [number(value) for value in (target.least, target.least_normal, target.greatest)]
    values = edges + [target.sample(source) for _ in range(500)]
    lines = answers("libc_printf", [f"b\t{letter}\t{value}" for value in values])
    assert set(lines) == {"same"}


def decimal(value: Fraction) -> str:
    """All digits of a fraction whose denominator is a power of two."""
    places = value.denominator.bit_length() - 1
    return f"{value.numerator * 5**places}e-{places}"


@cached
def numerals(target: Format) -> dict[str, Fraction]:
    """Texts and their exact values: random ones, halves between neighbours, and next to these."""
    source = random.Random(target.digits)
    result: dict[str, Fraction] = {}
    for _ in range(400 if target.max_exponent <= 1024 else 60):
        value = abs(target.sample(source).value)
        half = value + target.ulp(value) / 2
        text = decimal(half)
        mantissa, exponent = text.split("e")
        result[text] = half
        # One more in a place far behind, which alone decides.
        above = f"{mantissa}{'0' * 30}1e{int(exponent) - 31}"
        result[above] = half + Fraction(10) ** (int(exponent) - 31)
        below = f"{int(mantissa) * 10**31 - 1}e{int(exponent) - 31}"
        result[below] = half - Fraction(10) ** (int(exponent) - 31)
        digits = source.randrange(1, 40)
        scale = source.randint(-330, 310)
        some = source.randrange(10**digits)
        result[f"{some}e{scale}"] = some * Fraction(10) ** scale
        result[f".{some:0{digits}}"] = Fraction(some, 10**digits)
    return result


@pytest.mark.parametrize("letter", LENGTHS)
def test_decimal_texts_are_rounded_correctly(letter: str) -> None:
    target = machine().formats[letter]
    exact = numerals(target).items()
    check_reading(letter, {text: target.round(value) for text, value in exact})
    check_reading(letter, {f"-{text}": target.round(-value, True) for text, value in exact})


@pytest.mark.parametrize("letter", LENGTHS)
def test_hexadecimal_texts_are_rounded_correctly(letter: str) -> None:
    target = machine().formats[letter]
    source = random.Random(letter)
    expected = {}
    for _ in range(1000):
        mantissa = source.getrandbits(source.randrange(1, 160)) | 1
        scale = source.randint(-target.max_exponent - 170, target.max_exponent)
        value = mantissa * Fraction(2) ** scale
        expected[f"0x{mantissa:x}p{scale}"] = target.round(value)
        point = source.randrange(1, 9)
        text = f"{mantissa:x}".rjust(point + 1, "0")
        value /= 16**point
        expected[f"-0X{text[:-point]}.{text[-point:]}P{scale:+d}"] = target.round(-value)
    check_reading(letter, expected)


@pytest.mark.parametrize("letter", LENGTHS)
def test_limits_of_the_format_are_read(letter: str) -> None:
    target = machine().formats[letter]
    over = target.greatest + target.ulp(target.greatest) / 2
    expected = {
        decimal(target.least): Number(False, target.least),
        decimal(target.least / 2): Number(False),
        f"-{decimal(target.least / 2)}": Number(True),
        f"-{decimal(target.least / 8)}": Number(True),
        decimal(target.least / 2 * Fraction(2**70 + 1, 2**70)): Number(False, target.least),
        decimal(target.greatest): Number(False, target.greatest),
        str(over.numerator): Number(False, kind="inf"),
        str(over.numerator - 1): Number(False, target.greatest),
        f"-{over.numerator}": Number(True, kind="inf"),
        "1e999999999999": Number(False, kind="inf"),
        "-1e-999999999999": Number(True),
        "-0": Number(True),
        "0x0p99999999999": Number(False),
        "0." + "0" * 5000 + "1e5001": Number(False, Fraction(1)),
        "1" + "0" * 5000 + "e-5000": Number(False, Fraction(1)),
        "iNf": Number(False, kind="inf"),
        "-Infinity": Number(True, kind="inf"),
        "nan": parse("nan"),
        "NaN(12a_)": parse("nan"),
    }
    check_reading(letter, expected)


def check_reading(letter: str, expected: dict[str, Number]) -> None:
    lines = answers("libc_printf", [f"r\t{letter}\t{text}" for text in expected])
    wrong = [
        f"{text}: {line}, expected {right}"
        for (text, right), line in zip(expected.items(), lines, strict=True)
        if parse(line) != right
    ]
    assert not wrong, "\n".join(wrong[:20])
