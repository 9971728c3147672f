# SPDX-License-Identifier: BSD-2-Clause
"""<math.h> and <complex.h>: errors in units of the last place, special values, exceptions."""

from __future__ import annotations

from functools import cache

import pytest

from libc_harness import answers
from libc_math import FUNCTIONS, arguments, error
from libc_numbers import Number, machine, parse

LETTERS = [
    (name, letter)
    for name, function in FUNCTIONS.items()
    for letter in "fdL"[: len(function.ulps)]
]


@cache
def results() -> dict[tuple[str, str], list[tuple[list[Number], Number]]]:
    """What all functions give for all arguments that they are judged by, in one run."""
    asked = []
    for name, letter in LETTERS:
        given = arguments(FUNCTIONS[name], machine().formats[letter], f"{name} {letter}")
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
        (error(function, target, found, values), values, found)
        for values, found in results()[name, letter]
    ]
    worst.sort(key=lambda row: row[0], reverse=True)
    assert len(worst) > 40
    assert worst[0][0] <= function.bound(target), "\n".join(
        f"{name}({', '.join(map(str, values))}) = {found}: {ulps:.3f} ulp"
        for ulps, values, found in worst[:5]
    )
