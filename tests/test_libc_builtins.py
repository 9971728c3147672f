# SPDX-License-Identifier: BSD-2-Clause
"""Arithmetic that the compiler leaves to functions: wide integers, long double, conversions."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from math import trunc

import pytest

from libc_harness import answers
from libc_numbers import Number, machine, number, parse, power_of_two


def widths() -> list[int]:
    """Of the integers that the target has."""
    widest = int(answers("libc_builtins", ["b"])[0])
    assert widest == (128 if machine().size_bits == 64 else 64)
    return [32, 64, 128][: 3 if widest == 128 else 2]


def judge(questions: list[str], expected: list[str]) -> None:
    lines = answers("libc_builtins", questions)
    wrong = [
        f"{question!r}: {line}, expected {right}"
        for question, line, right in zip(questions, lines, expected, strict=True)
        if line != right
    ]
    assert not wrong, "\n".join(wrong[:20])


def integers(bits: int, source: random.Random) -> list[int]:
    """Around all powers of two, and random ones of all lengths."""
    powers = [2**exponent for exponent in range(0, bits + 1, 4 if bits > 64 else 2)]
    values = {(power + step) % 2**bits for power in powers for step in (-1, 0, 1)}
    values |= {-value % 2**bits for value in values}
    return sorted(values | {source.getrandbits(source.randint(1, bits)) for _ in range(60)})


def signed(value: int, bits: int) -> int:
    return value - 2**bits if value >> (bits - 1) else value


def quotient(a: int, b: int) -> int:
    return trunc(Fraction(a, b))


# By the letters of the program; those in the second table see signed numbers.
UNSIGNED: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a // b,
    "%": lambda a, b: a % b,
    "<": lambda a, b: a << b,
    ">": lambda a, b: a >> b,
}
SIGNED: dict[str, Callable[[int, int], int]] = {
    "d": quotient,
    "m": lambda a, b: a - b * quotient(a, b),
    "s": lambda a, b: a >> b,
    "l": lambda a, b: int(a < b),
}


@pytest.mark.parametrize("operation", [*UNSIGNED, *SIGNED])
def test_integers(operation: str) -> None:
    source = random.Random(operation)
    questions = []
    expected = []
    for bits in widths():
        first = integers(bits, source)
        for a in first:
            for b in source.sample(first, 25):
                if operation in "<>s":
                    b %= bits
                x, y = (signed(a, bits), signed(b, bits)) if operation in SIGNED else (a, b)
                if operation in "/%dm" and (y == 0 or (x == -(2 ** (bits - 1)) and y == -1)):
                    continue
                result = (UNSIGNED | SIGNED)[operation](x, y)
                questions.append(f"c\t{bits}\t{operation}\t{a:x}\t{b:x}")
                expected.append(f"{result % 2**bits:x}")
    judge(questions, expected)


@pytest.mark.parametrize("letter", "fdL")
@pytest.mark.parametrize("sign", "su")
def test_integers_become_floating(letter: str, sign: str) -> None:
    """Correctly rounded: halves between neighbours are among the values."""
    target = machine().formats[letter]
    source = random.Random(letter)
    questions = []
    expected = []
    for bits in widths():
        values = integers(bits, source)
        for _ in range(100):
            digits = source.randint(target.digits - 1, target.digits + 2)
            value = (source.getrandbits(digits) | 1) << source.randrange(bits)
            values += [(value + step) % 2**bits for step in (-1, 0, 1)]
        for value in values:
            exact = signed(value, bits) if sign == "s" else value
            questions.append(f"f\t{letter}\t{bits}\t{sign}\t{value:x}")
            expected.append(str(target.round(Fraction(exact))))
    lines = answers("libc_builtins", questions)
    wrong = [
        f"{question!r}: {line}, expected {right}"
        for question, line, right in zip(questions, lines, expected, strict=True)
        if str(parse(line)) != right
    ]
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.parametrize("letter", "fdL")
@pytest.mark.parametrize("sign", "su")
def test_floating_becomes_integers(letter: str, sign: str) -> None:
    target = machine().formats[letter]
    source = random.Random(letter)
    questions = []
    expected = []
    for bits in widths():
        low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if sign == "s" else (0, 2**bits)
        values = [Fraction(step, 8) for step in range(-20, 21)]
        for _ in range(400):
            size = Fraction(source.getrandbits(target.digits), 2**target.digits)
            size *= power_of_two(source.randint(-3, bits))
            values += [size, -size]
        limits = [target.round(Fraction(edge)) for edge in (low, high)]
        edges = [edge for edge in limits if edge.kind == "finite"]
        values += [edge.value for edge in edges]
        values += [next_to.value for edge in edges for next_to in target.neighbours(edge)]
        for value in values:
            if low <= trunc(value) < high:
                questions.append(f"i\t{letter}\t{bits}\t{sign}\t{number(value)}")
                expected.append(f"{trunc(value) % 2**bits:x}")
    judge(questions, expected)


@pytest.mark.parametrize("letter", "fdL")
@pytest.mark.parametrize("operation", "+-*/")
def test_floating_arithmetic(letter: str, operation: str) -> None:
    target = machine().formats[letter]
    source = random.Random(letter + operation)
    questions = []
    expected = []
    for _ in range(400):
        x = target.sample(source)
        y = target.sample(source)
        if source.random() < 0.8:
            near = Fraction(source.getrandbits(200) | 1 << 199, 2**200)
            y = target.round(x.value * near * power_of_two(source.randint(-70, 70)))
        if y.kind != "finite" or not y.size:
            continue
        exact = {
            "+": x.value + y.value,
            "-": x.value - y.value,
            "*": x.value * y.value,
            "/": x.value / y.value,
        }[operation]
        questions.append(f"a\t{letter}\t{operation}\t{x}\t{y}")
        negative = x.negative != y.negative if operation in "*/" else exact < 0
        expected.append(str(target.round(exact, negative)))
    lines = answers("libc_builtins", questions)
    wrong = [
        f"{question!r}: {line}, expected {right}"
        for question, line, right in zip(questions, lines, expected, strict=True)
        if str(parse(line)) != right
    ]
    assert not wrong, "\n".join(wrong[:20])


def test_long_double_is_narrowed() -> None:
    """To double, to float, and to float by way of double, which may round twice."""
    formats = machine().formats
    source = random.Random(5)
    questions = []
    expected = []
    for _ in range(800):
        near = formats[source.choice("fd")].sample(source)
        value = formats["L"].round(near.value * (1 + Fraction(source.randint(-3, 3), 2**62)))
        double = formats["d"].round(value.value, value.negative)
        narrow = double
        if double.kind == "finite":
            narrow = formats["f"].round(double.value, double.negative)
        direct = formats["f"].round(value.value, value.negative)
        questions.append(f"n\t{value}")
        expected.append(f"{narrow} {direct} {double}")
    lines = answers("libc_builtins", questions)
    found = [" ".join(str(parse(word)) for word in line.split()) for line in lines]
    wrong = [row for row in zip(questions, found, expected, strict=True) if row[1] != row[2]]
    assert not wrong, wrong[:10]


def test_numbers_are_written_and_read_exactly() -> None:
    """A control of the exchange itself, without which agreement would mean little."""
    target = machine().formats["L"]
    source = random.Random(6)
    values = [target.sample(source) for _ in range(500)] + [Number(True), number(float("inf"))]
    lines = answers("libc_builtins", [f"a\tL\t*\t{value}\t1p0" for value in values])
    assert [parse(line) for line in lines] == values
