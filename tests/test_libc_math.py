# SPDX-License-Identifier: BSD-2-Clause
"""<math.h> and <complex.h>: errors in units of the last place, special values, exceptions."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest

from libc_harness import answers, cached
from libc_math import (
    COMPLEX,
    FUNCTIONS,
    Range,
    arguments,
    bessel_error,
    complex_bound,
    complex_error,
    error,
    numbers,
)
from libc_numbers import Format, Number, machine, number, parse, power_of_two

LETTERS = [
    (name, letter) for name, function in FUNCTIONS.items() for letter in "fdL"[: len(function.ulps)]
]


@cached
def results() -> dict[tuple[str, str], list[tuple[list[Number], Number]]]:
    """What all functions give for all arguments that they are judged by, in one run."""
    asked = []
    for name, letter in LETTERS:
        function = FUNCTIONS[name]
        measure = function.measure(machine().formats[letter])
        given = arguments(function, measure, f"{name} {letter}")
        asked += [(name, letter, values) for values in given]
    lines = answers(
        "libc_math",
        ["\t".join([name, letter, *map(str, values)]) for name, letter, values in asked],
    )
    found: dict[tuple[str, str], list[tuple[list[Number], Number]]] = {}
    for (name, letter, values), line in zip(asked, lines, strict=True):
        found.setdefault((name, letter), []).append((values, parse(line.split()[0])))
    return found


@pytest.mark.parametrize(("name", "letter"), LETTERS)
def test_errors_are_within_bounds(name: str, letter: str) -> None:
    function = FUNCTIONS[name]
    target = machine().formats[letter]
    worst = [
        (error(function, function.measure(target), found, values), values, found)
        for values, found in results()[name, letter]
    ]
    worst.sort(key=lambda row: row[0], reverse=True)
    assert len(worst) > 40
    assert worst[0][0] <= function.bound(target), "\n".join(
        f"{name}({', '.join(map(str, values))}) = {found}: {ulps:.3f} ulp"
        for ulps, values, found in worst[:5]
    )


def some_part(target: Format, source: random.Random) -> Number:
    """Between -5 and 5, and as often near zero."""
    size = Fraction(source.getrandbits(160), 2**160) * source.choice((5, power_of_two(-10)))
    return target.round(size * source.choice((-1, 1)))


@pytest.mark.parametrize("letter", "fdL")
@pytest.mark.parametrize("name", COMPLEX)
def test_complex_errors_are_within_bounds(name: str, letter: str) -> None:
    target = machine().formats[letter]
    source = random.Random(f"{name} {letter}")
    given = [(some_part(target, source), some_part(target, source)) for _ in range(100)]
    lines = answers("libc_math", [f"{name}\t{letter}\t{x}\t{y}" for x, y in given])
    worst = []
    for values, line in zip(given, lines, strict=True):
        real, imaginary = map(parse, line.split()[:2])
        worst.append((complex_error(name, target, (real, imaginary), values), values, line))
    worst.sort(key=lambda row: row[0], reverse=True)
    bound = complex_bound(name, target)
    assert worst[0][0] <= bound, "\n".join(
        f"{name}({x} + {y}i) = {line}: {ulps:.3f} ulp" for ulps, (x, y), line in worst[:5]
    )


@pytest.mark.parametrize("letter", "fd")
@pytest.mark.parametrize("name", ["jn", "yn"])
def test_bessel_functions_of_any_order(name: str, letter: str) -> None:
    """Within a few units of the swing, which recurrence does not always leave at one."""
    target = machine().formats[letter]
    given = [
        (order, x)
        for order in (-3, -1, 0, 1, 2, 5, 20)
        for x in numbers(target, Range(1, 60), 3, f"{name} {order}")
    ]
    lines = answers(
        "libc_math", [f"{name}\t{letter}\t{number(Fraction(n))}\t{x}" for n, x in given]
    )
    for (order, x), line in zip(given, lines, strict=True):
        ulps = bessel_error(name, target, order, x, parse(line.split()[0]))
        assert ulps <= 64, f"{name}({order}, {x}) = {line}: {ulps}"
