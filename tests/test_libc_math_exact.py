# SPDX-License-Identifier: BSD-2-Clause
"""<math.h> where results are exact: rounding, remainders, special values and exceptions."""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor, trunc

import pytest

from libc_harness import answers, cached, current
from libc_numbers import NAN, Format, Number, exponent_of, machine, number, parse, power_of_two

# What calls have to give by the standard's Annex F: arguments, result, and the exceptions among
# invalid, divide-by-zero and overflow. `max` is the largest number, `min` the least normal one,
# `least` the least of all. Rows hold for all three types.
SPECIAL = """
acos 1 = 0; acos 2 = nan i; acos inf = nan i; acos nan = nan; asin 0 = 0; asin -0 = -0
asin -2 = nan i; asin nan = nan; atan 0 = 0; atan -0 = -0; atan nan = nan
acosh 1 = 0; acosh 0 = nan i; acosh inf = inf; acosh -inf = nan i; acosh nan = nan
asinh -0 = -0; asinh inf = inf; asinh -inf = -inf; asinh nan = nan
atanh -0 = -0; atanh 1 = inf z; atanh -1 = -inf z; atanh 2 = nan i; atanh nan = nan
cbrt -0 = -0; cbrt 27 = 3; cbrt -8 = -2; cbrt inf = inf; cbrt -inf = -inf; cbrt nan = nan
cos 0 = 1; cos -0 = 1; cos inf = nan i; cos -inf = nan i; cos nan = nan
sin 0 = 0; sin -0 = -0; sin inf = nan i; sin nan = nan; sin least = least
tan -0 = -0; tan -inf = nan i; tan nan = nan; cosh 0 = 1; cosh -inf = inf; cosh max = inf o
cosh nan = nan; sinh -0 = -0; sinh -inf = -inf; sinh -max = -inf o; sinh nan = nan
tanh -0 = -0; tanh inf = 1; tanh -inf = -1; tanh max = 1; tanh nan = nan
erf -0 = -0; erf inf = 1; erf -inf = -1; erf nan = nan; erfc inf = 0; erfc -inf = 2; erfc 0 = 1
erfc nan = nan; exp 0 = 1; exp -0 = 1; exp inf = inf; exp -inf = 0; exp max = inf o; exp -max = 0
exp nan = nan; exp2 10 = 1024; exp2 -1 = 0.5; exp2 inf = inf; exp2 -inf = 0; exp2 max = inf o
exp2 nan = nan; exp10 2 = 100; exp10 -inf = 0; exp10 max = inf o; exp10 nan = nan
expm1 -0 = -0; expm1 inf = inf; expm1 -inf = -1; expm1 max = inf o; expm1 nan = nan
log 1 = 0; log 0 = -inf z; log -0 = -inf z; log -1 = nan i; log inf = inf; log -inf = nan i
log nan = nan; log10 1 = 0; log10 0 = -inf z; log10 -1 = nan i; log10 inf = inf; log10 nan = nan
log2 8 = 3; log2 0.25 = -2; log2 0 = -inf z; log2 -1 = nan i; log2 inf = inf; log2 nan = nan
log1p -0 = -0; log1p -1 = -inf z; log1p -2 = nan i; log1p inf = inf; log1p nan = nan
logb 8 = 3; logb 0.75 = -1; logb 0 = -inf z; logb -inf = inf; logb nan = nan
sqrt 9 = 3; sqrt -0 = -0; sqrt -1 = nan i; sqrt inf = inf; sqrt -inf = nan i; sqrt nan = nan
lgamma 1 = 0; lgamma 2 = 0; lgamma 0 = inf z; lgamma -3 = inf z; lgamma inf = inf
lgamma -inf = inf; lgamma max = inf o; lgamma nan = nan; tgamma 5 = 24; tgamma 0 = inf z
tgamma -0 = -inf z; tgamma -1 = nan i; tgamma -inf = nan i; tgamma inf = inf; tgamma max = inf o
tgamma nan = nan; fabs -0 = 0; fabs -inf = inf; fabs nan = nan
ceil -0.5 = -0; ceil inf = inf; ceil nan = nan; floor -0 = -0; floor -inf = -inf; floor nan = nan
trunc -0.9 = -0; trunc nan = nan; round -0.4 = -0; round -inf = -inf; round nan = nan
rint -0.5 = -0; rint inf = inf; nearbyint -0.2 = -0; nearbyint nan = nan
atan2 0 1 = 0; atan2 -0 1 = -0; atan2 0 inf = 0; atan2 1 inf = 0; atan2 -1 inf = -0
atan2 nan 1 = nan; atan2 1 nan = nan; copysign 3 -0 = -3; copysign nan 1 = nan
copysign inf -1 = -inf; fdim 5 3 = 2; fdim 3 5 = 0; fdim inf inf = 0; fdim nan 1 = nan
fdim 1 nan = nan; fdim max -max = inf o; fmax 1 nan = 1; fmax nan 1 = 1; fmax nan nan = nan
fmax -inf inf = inf; fmax -0 0 = 0; fmin 1 nan = 1; fmin nan 1 = 1; fmin -inf inf = -inf
fmin 0 -0 = -0; fmod 0 1 = 0; fmod -0 1 = -0; fmod 1 0 = nan i; fmod inf 1 = nan i; fmod 5 inf = 5
fmod nan 1 = nan; remainder 1 0 = nan i; remainder inf 1 = nan i; remainder 5 inf = 5
remainder -0 1 = -0; hypot 3 4 = 5; hypot inf nan = inf; hypot nan -inf = inf; hypot -0 0 = 0
hypot nan 1 = nan; hypot max max = inf o; pow 0 3 = 0; pow -0 3 = -0; pow 0 -1 = inf z
pow -0 -1 = -inf z; pow -0 -2 = inf z; pow 0 -0.5 = inf z; pow -1 inf = 1; pow -1 -inf = 1
pow 1 nan = 1; pow nan 0 = 1; pow 0 0 = 1; pow inf -0 = 1; pow -2 0.5 = nan i; pow -2 3 = -8
pow -2 2 = 4; pow 0.5 inf = 0; pow 0.5 -inf = inf; pow 2 inf = inf; pow 2 -inf = 0
pow -inf -3 = -0; pow -inf -2 = 0; pow -inf 3 = -inf; pow -inf 2 = inf; pow inf 2 = inf
pow inf -2 = 0; pow nan 1 = nan; pow 2 nan = nan; pow max 2 = inf o; pow -max 3 = -inf o
pow 10 2 = 100; nextafter 0 1 = least; nextafter 0 -1 = -least; nextafter least 0 = 0
nextafter max inf = inf o; nextafter -0 0 = 0; nextafter 1 1 = 1; nextafter nan 1 = nan
nextafter 1 nan = nan; nextafter inf 0 = max; fma 0 inf 1 = nan i; fma 1 inf nan = nan
fma inf 1 -inf = nan i; fma max 2 -inf = -inf; fma max 2 0 = inf o; fma 1 1 -1 = 0; fma -1 0 0 = 0
fma -1 0 -0 = -0; fma 2 3 4 = 10; fma nan 1 1 = nan; ldexp 0 9999 = 0; ldexp -0 9 = -0
ldexp inf -9 = inf; ldexp 1 99999 = inf o; ldexp 1 -99999 = 0; ldexp nan 1 = nan
scalbn 3 2 = 12; scalbn least 1 = 2least; scalbn max -99999 = 0
"""
# There is no long double of these.
SPECIAL_FOR_TWO = """
j0 0 = 1; j0 inf = 0; j0 nan = nan; j1 0 = 0; j1 inf = 0; j1 nan = nan
y0 0 = -inf z; y0 -1 = nan i; y0 inf = 0; y0 nan = nan; y1 0 = -inf z; y1 -1 = nan i; y1 inf = 0
y1 nan = nan; jn 0 0 = 1; jn 1 0 = 0; jn 3 0 = 0; jn 5 inf = 0; jn 2 nan = nan
yn 2 0 = -inf z; yn 3 -1 = nan i; yn 2 inf = 0; significand 12 = 1.5; significand -0.25 = -1
"""


def rows(text: str) -> list[str]:
    return [row.strip() for row in text.replace("\n", ";").split(";") if row.strip()]


def named(word: str, target: Format) -> Number:
    size = {
        "max": target.greatest,
        "min": target.least_normal,
        "least": target.least,
        "2least": 2 * target.least,
    }.get(word.lstrip("-"))
    if size is not None:
        return Number(word.startswith("-"), size)
    if "inf" in word or word == "nan":
        return number(float(word))
    return target.round(Fraction(word), word.startswith("-"))


CASES = [(row, "fdL") for row in rows(SPECIAL)] + [(row, "fd") for row in rows(SPECIAL_FOR_TWO)]


@cached
def specials() -> dict[tuple[str, str], str]:
    asked = [(row, letter) for row, letters in CASES for letter in letters]
    questions = []
    for row, letter in asked:
        name, *words = row.split(" = ")[0].split()
        values = [str(named(word, machine().formats[letter])) for word in words]
        questions.append("\t".join([name, letter, *values]))
    return dict(zip(asked, answers("libc_math", questions), strict=True))


@pytest.mark.parametrize(("row", "letters"), CASES)
def test_special_values(row: str, letters: str) -> None:
    expected, *flags = row.split(" = ")[1].split()
    for letter in letters:
        target = machine().formats[letter]
        value, raised = specials()[row, letter].split()
        assert parse(value) == named(expected, target), letter
        # The compiler's arithmetic on 113 bits raises nothing.
        if target.digits != 113:
            assert {*raised} & {*"izo"} == {*"".join(flags)}, letter


def samples(target: Format, name: str) -> list[Number]:
    source = random.Random(name)
    halves = [number(Fraction(step, 4)) for step in range(-20, 21)]
    digits = target.digits
    large = [target.round(power_of_two(digits - 1) + Fraction(step, 2)) for step in range(-5, 6)]
    sizes = (Fraction(0), target.least, target.least_normal, target.greatest)
    edges = [*(Number(False, size) for size in sizes), *large]
    return [
        *halves,
        *edges,
        *(Number(True, edge.size) for edge in edges),
        *(target.sample(source) for _ in range(100)),
        *(target.round(Fraction(source.getrandbits(40), 2**12)) for _ in range(100)),
    ]


def keep_sign(function: Callable[[Fraction], int]) -> Callable[[Number], Number]:
    return lambda x: Number(x.negative, abs(Fraction(function(x.value))))


def half_away(value: Fraction) -> int:
    return floor(abs(value) + Fraction(1, 2)) * (-1 if value < 0 else 1)


ROUNDING: dict[str, Callable[[Number], Number]] = {
    "ceil": keep_sign(ceil),
    "floor": keep_sign(floor),
    "trunc": keep_sign(trunc),
    "round": keep_sign(half_away),
    "rint": keep_sign(round),
    "nearbyint": keep_sign(round),
    "fabs": lambda x: Number(False, x.size),
}


def ask(name: str, letter: str, given: list[list[Number]]) -> list[list[str]]:
    lines = answers("libc_math", ["\t".join([name, letter, *map(str, values)]) for values in given])
    return [line.split() for line in lines]


def judge(name: str, letter: str, given: list[list[Number]], right: list[str]) -> None:
    """Compare all but the exceptions, numbers as numbers."""
    wrong = []
    for values, found, expected in zip(given, ask(name, letter, given), right, strict=True):
        words = [str(parse(word)) if "p" in word else word for word in found[:-1]]
        if words != expected.split():
            wrong.append(f"{name}({', '.join(map(str, values))}) = {found}, expected {expected}")
    assert not wrong, "\n".join(wrong[:10])


@pytest.mark.parametrize("letter", "fdL")
@pytest.mark.parametrize("name", ROUNDING)
def test_rounding_to_integers(name: str, letter: str) -> None:
    values = samples(machine().formats[letter], name)
    judge(name, letter, [[x] for x in values], [str(ROUNDING[name](x)) for x in values])


@pytest.mark.parametrize("letter", "fdL")
@pytest.mark.parametrize("name", ["lrint", "llrint", "lround", "llround"])
def test_rounding_to_types_of_integers(name: str, letter: str) -> None:
    """Those that fit; what does not is invalid."""
    bits = 64 if name.startswith("ll") else machine().long_bits
    function = half_away if "round" in name else round
    values = samples(machine().formats[letter], name)
    fitting = [x for x in values if -(2 ** (bits - 1)) <= function(x.value) < 2 ** (bits - 1)]
    assert len(fitting) > 100
    judge(name, letter, [[x] for x in fitting], [str(function(x.value)) for x in fitting])
    # What the compiler calls for these does not raise it, or not always.
    if machine().formats[letter].digits != 113 and (bits, current().arch) != (64, "armv6"):
        other = [[x] for x in values if x not in fitting] + [[NAN], [number(float("inf"))]]
        assert all("i" in line[-1] for line in ask(name, letter, other))


@pytest.mark.parametrize("letter", "fdL")
def test_parts_of_numbers(letter: str) -> None:
    values = [x for x in samples(machine().formats[letter], "parts") if x.size]
    exponents = [exponent_of(x.size) for x in values]
    given = [[x] for x in values]
    judge("ilogb", letter, given, [str(exponent) for exponent in exponents])
    judge("logb", letter, given, [str(number(Fraction(exponent))) for exponent in exponents])
    fractions = [
        Number(x.negative, x.size / power_of_two(exponent + 1))
        for x, exponent in zip(values, exponents, strict=True)
    ]
    judge(
        *("frexp", letter, given),
        [f"{part} {exponent + 1}" for part, exponent in zip(fractions, exponents, strict=True)],
    )
    whole = [Number(x.negative, Fraction(floor(x.size))) for x in values]
    rest = [Number(x.negative, x.size % 1) for x in values]
    judge("modf", letter, given, [f"{a} {b}" for a, b in zip(whole, rest, strict=True)])


def pairs(target: Format, name: str) -> list[list[Number]]:
    source = random.Random(name)
    first = [x for x in samples(target, name) if x.size]
    second = first[:]
    source.shuffle(second)
    near = [[x, target.round(x.value * Fraction(source.getrandbits(60), 2**54))] for x in first]
    return [[x, y] for x, y in zip(first, second, strict=True)] + [
        [x, y] for x, y in near if y.kind == "finite" and y.size
    ]


@pytest.mark.parametrize("letter", "fdL")
@pytest.mark.parametrize("name", ["fmod", "remainder", "remquo"])
def test_remainders(name: str, letter: str) -> None:
    given = pairs(machine().formats[letter], name)
    right = []
    for x, y in given:
        if name == "fmod":
            right.append(str(Number(x.negative, x.size % y.size)))
            continue
        quotient = round(x.value / y.value)
        rest = x.value - quotient * y.value
        result = number(rest) if rest else Number(x.negative)
        low = (abs(quotient) if quotient >= 0 else -abs(quotient)) & 7
        if name == "remquo" and quotient < 0:
            low = -(abs(quotient) & 7) & 7
        right.append(f"{result} {low}" if name == "remquo" else str(result))
    judge(name, letter, given, right)


@pytest.mark.parametrize("letter", "fdL")
@pytest.mark.parametrize("name", ["fdim", "fmax", "fmin", "copysign", "nextafter", "nexttoward"])
def test_choices(name: str, letter: str) -> None:
    target = machine().formats[letter]
    given = pairs(target, name)
    right = {"fdim": difference, "copysign": with_sign}.get(name, step)
    if name in ("fmax", "fmin"):
        best = max if name == "fmax" else min
        expected = [str(number(best(x.value, y.value))) for x, y in given]
    else:
        expected = [str(right(target, x, y)) for x, y in given]
    judge(name, letter, given, expected)


def difference(target: Format, x: Number, y: Number) -> Number:
    return target.round(max(x.value - y.value, Fraction(0)))


def with_sign(_: Format, x: Number, y: Number) -> Number:
    return Number(y.negative, x.size)


def step(target: Format, x: Number, y: Number) -> Number:
    """The next number on the way from x to y."""
    if x.value == y.value:
        return y
    above, below = target.neighbours(x)
    away = (y.value > x.value) == (x.value > 0)
    result = above if away else below
    return Number(x.negative, kind="inf") if result.size > target.greatest else result


@pytest.mark.parametrize("letter", "fdL")
def test_fma_rounds_once(letter: str) -> None:
    target = machine().formats[letter]
    source = random.Random(letter)
    given = []
    for _ in range(600):
        x, y = (target.sample(source) for _ in "xy")
        product = x.value * y.value
        if source.random() < 0.7:
            x, y = (target.round(Fraction(source.getrandbits(200), 2**190)) for _ in "xy")
            product = x.value * y.value
        scale = power_of_two(source.randint(-130, 130))
        z = target.round(source.choice((-product, product * scale, -product * scale)))
        if z.kind == "finite":
            given.append([x, y, z])
    sums = [x.value * y.value + z.value for x, y, z in given]
    judge("fma", letter, given, [str(target.round(value)) for value in sums])


@pytest.mark.parametrize("letter", "fdL")
@pytest.mark.parametrize("name", ["ldexp", "scalbn"])
def test_scaling_rounds_once(name: str, letter: str) -> None:
    target = machine().formats[letter]
    source = random.Random(letter)
    given = []
    for x in samples(target, name):
        near = -exponent_of(x.size) - target.max_exponent if x.size else 0
        scale = source.choice((source.randint(-300, 300), near - source.randrange(target.digits)))
        given.append([x, number(Fraction(scale))])
    right = [
        str(target.round(x.value * power_of_two(int(scale.value)), x.negative))
        for x, scale in given
    ]
    judge(name, letter, given, right)
