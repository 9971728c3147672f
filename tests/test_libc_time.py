# SPDX-License-Identifier: BSD-2-Clause
"""Dates of the C library against Python's, which repeat every 400 years."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest

from libc_harness import answers, answers_to

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CYCLE = 146097 * 86400
INT_MAX = 2**31 - 1


def since_epoch(year: int, month: int = 1, day: int = 1, second: int = 0) -> int:
    """The time of a date in any year."""
    cycles, rest = divmod(year - 2000, 400)
    return (
        cycles * CYCLE
        + int((datetime(2000 + rest, month, day, tzinfo=UTC) - EPOCH).total_seconds())
        + second
    )


def date(seconds: int) -> tuple[int, datetime]:
    """The year, and a date 400 years apart or a multiple of that."""
    cycles, rest = divmod(seconds, CYCLE)
    value = EPOCH + timedelta(seconds=rest)
    return value.year + 400 * cycles, value


def fields(seconds: int) -> str:
    year, value = date(seconds)
    numbers = value.timetuple()
    return " ".join(
        map(
            str,
            (year - 1900, value.month - 1, *numbers[2:6], (numbers[6] + 1) % 7, numbers[7] - 1, 0),
        )
    )


def hexadecimal(value: int) -> str:
    return f"{'-' if value < 0 else ''}{abs(value):x}"


FIRST = since_epoch(1900 - 2**31)
LAST = since_epoch(1900 + INT_MAX + 1) - 1


# What can just be put together, and what no longer.
LIMITS = [
    (f"{INT_MAX} 11 31 23 59 59", f"{LAST} {fields(LAST)}"),
    (f"{INT_MAX} 11 31 23 59 60", "overflow"),
    (f"{INT_MAX} 12 1 0 0 0", "overflow"),
    (f"{-INT_MAX - 1} 0 1 0 0 0", f"{FIRST} {fields(FIRST)}"),
    (f"{-INT_MAX - 1} 0 1 0 0 -1", "overflow"),
    ("69 11 31 23 59 59", f"-1 {fields(-1)}"),
    ("100 1 29 0 0 0", f"{since_epoch(2000, 2, 29)} {fields(since_epoch(2000, 2, 29))}"),
    ("200 1 29 0 0 0", f"{since_epoch(2100, 3, 1)} {fields(since_epoch(2100, 3, 1))}"),
]

# Formats, years and what strftime() writes.
YEARS = [
    ("%Y", 9999, "9999"),
    ("%Y", 10000, "+10000"),
    ("%Y", 7, "0007"),
    ("%Y", 0, "0000"),
    ("%Y", -1, "-001"),
    ("%Y", 2**31 + 1899, "+2147485547"),
    ("%C", 10000, "100"),
    ("%y", -1, "01"),
    ("%F", 2024, "2024-01-01"),
    ("%12F", 2024, "002024-01-01"),
    ("%+12F", 2024, "+02024-01-01"),
    ("%10Y", 2024, "0000002024"),
    ("%+6Y", 2024, "+02024"),
    ("%+4Y", 2024, "2024"),
    ("%F", 10000, "+10000-01-01"),
    ("%Q", 2024, ""),
]

# Formats, texts and what strptime() makes of them.
TEXTS = [
    ("%H:%M", "24:00", "no"),
    ("%H", "7x", "0 0 0 7 0 0 0 0 0|x"),
    ("%m", "13", "no"),
    ("%m", "0", "no"),
    ("%d", "32", "no"),
    ("%S", "60", "0 0 0 0 0 60 0 0 0|"),
    ("%S", "61", "no"),
    ("%y", "68", "168 0 0 0 0 0 0 0 0|"),
    ("%y", "69", "69 0 0 0 0 0 0 0 0|"),
    ("%b", "mAy", "0 4 0 0 0 0 0 0 0|"),
    ("%B", "Febr", "0 1 0 0 0 0 0 0 0|r"),
    ("%a", "Xyz", "no"),
    ("%I %p", "12 AM", "0 0 0 0 0 0 0 0 0|"),
    ("%I %p", "12 PM", "0 0 0 12 0 0 0 0 0|"),
    ("%Y", "-5", "-1905 0 0 0 0 0 0 0 0|"),
    ("%Y%m%d", "20240229", "124 1 29 0 0 0 0 0 0|"),
    ("  %d", "9", "0 0 9 0 0 0 0 0 0|"),
    ("%n%d%t%%", "  9 %", "0 0 9 0 0 0 0 0 0|"),
    ("%Q", "1", "no"),
    ("%d", "", "no"),
]


def answer(question: str) -> str:
    """All rows of the tables are asked in one run."""
    questions = [f"m\t{given}" for given, _ in LIMITS]
    questions += [f"f\t{pattern}\t{hexadecimal(since_epoch(year))}" for pattern, year, _ in YEARS]
    questions += [f"r\t{pattern}\t{text}" for pattern, text, _ in TEXTS]
    return answers_to("libc_calendar", tuple(questions))[question]


def times() -> list[int]:
    source = random.Random(1)
    years = (
        -(10**6),
        -4,
        -1,
        0,
        1,
        4,
        1582,
        1600,
        1900,
        1904,
        1969,
        1970,
        2000,
        2001,
        2024,
        2100,
        9999,
        10000,
    )
    edges = [since_epoch(year, month, 1) for year in years for month in (1, 2, 3, 12)]
    values = [FIRST, LAST, 0, -1, INT_MAX, INT_MAX + 1, 2**32, 2**40]
    values += [edge + step for edge in edges for step in (-1, 0, 86399)]
    values += [source.randint(-(2**40), 2**40) for _ in range(2000)]
    return values + [source.randint(FIRST, LAST) for _ in range(1000)]


def compare(questions: list[str], expected: list[str]) -> None:
    found = answers("libc_calendar", questions)
    wrong = [
        f"{question!r}: {line!r}, expected {right!r}"
        for question, line, right in zip(questions, found, expected, strict=True)
        if line != right
    ]
    assert not wrong, "\n".join(wrong[:20])


def test_times_are_broken_down_and_put_together() -> None:
    values = times()
    compare([f"b\t{hexadecimal(value)}" for value in values], [fields(value) for value in values])


def test_times_whose_year_does_not_fit() -> None:
    values = (FIRST - 1, LAST + 1, 2**63 - 1, -(2**63))
    compare([f"b\t{hexadecimal(value)}" for value in values], ["overflow"] * len(values))


def test_fields_out_of_range_are_normalized() -> None:
    source = random.Random(2)
    questions = []
    expected = []
    for _ in range(2000):
        year, month = source.randint(-3000, 3000), source.randint(-100, 100)
        rest = [source.randint(-(10**size), 10**size) for size in (5, 6, 7, 9)]
        questions.append("m\t" + " ".join(map(str, (year, month, *rest))))
        carry, month = divmod(month, 12)
        days, *clock = rest
        seconds = since_epoch(1900 + year + carry, month + 1) + (days - 1) * 86400
        seconds += clock[0] * 3600 + clock[1] * 60 + clock[2]
        expected.append(f"{seconds} {fields(seconds)}")
    compare(questions, expected)


@pytest.mark.parametrize(("given", "expected"), LIMITS)
def test_limits_of_what_can_be_put_together(given: str, expected: str) -> None:
    assert answer(f"m\t{given}") == expected


# Conversions that Python shares, and what others are made of.
SHARED = {f"%{letter}": f"%{letter}" for letter in "aAbBdHIjmMpSUwWyYGuV"}
COMPOSED = {
    "%D": "%m/%d/%y",
    "%F": "%Y-%m-%d",
    "%h": "%b",
    "%r": "%I:%M:%S %p",
    "%R": "%H:%M",
    "%T": "%H:%M:%S",
    "%x": "%m/%d/%y",
    "%X": "%H:%M:%S",
    "%Ey %Od": "%y %d",
    "%z %Z": "+0000 UTC",
    "%%": "%%",
}


def days() -> list[datetime]:
    """Dates of four digits, with the days around which weeks change their year."""
    source = random.Random(3)
    turns = [
        (year, *day) for year in range(1990, 2020) for day in ((1, 1), (1, 3), (12, 28), (12, 31))
    ]
    values = [datetime(*turn, tzinfo=UTC) for turn in turns]
    return values + [
        datetime(1000, 1, 1, tzinfo=UTC) + timedelta(seconds=source.randrange(280 * 10**9))
        for _ in range(300)
    ]


def seconds_of(value: datetime) -> int:
    return (value - EPOCH) // timedelta(seconds=1)


def test_formats_of_dates() -> None:
    questions: list[str] = []
    expected: list[str] = []
    for value in days():
        week = value.isocalendar().year
        patterns = {key: value.strftime(same) for key, same in (SHARED | COMPOSED).items()}
        patterns |= {
            "%C": f"{value.year // 100:02d}",
            "%g": f"{week % 100:02d}",
            "%s": str(seconds_of(value)),
            "%e|%-d|%_d|%0e": f"{value.day:2d}|{value.day}|{value.day:2d}|{value.day:02d}",
            "%c": value.strftime(f"%a %b {value.day:2d} %H:%M:%S %Y"),
        }
        questions += [f"f\t{pattern}\t{hexadecimal(seconds_of(value))}" for pattern in patterns]
        expected += patterns.values()
    compare(questions, expected)


@pytest.mark.parametrize(("pattern", "year", "expected"), YEARS)
def test_formats_of_years(pattern: str, year: int, expected: str) -> None:
    assert answer(f"f\t{pattern}\t{hexadecimal(since_epoch(year))}") == expected


READ = (
    "%Y-%m-%d %H:%M:%S %a %j",
    "%A %B %d %I:%M:%S %p %Y %j",
    "%h %e %T %Y %w %j",
    "%F %R:%S %u %a %j",
    "%j %C%y %b %d %X %A",
)


def test_formats_are_read() -> None:
    """What strftime() writes, strptime() reads."""
    questions = []
    expected = []
    for value in days():
        for pattern in READ:
            text = value.strftime(pattern.replace("%C%y", "%Y").replace("%e", str(value.day)))
            questions.append(f"r\t{pattern}\t{text} rest")
            expected.append(f"{fields(seconds_of(value))}| rest")
    compare(questions, expected)


@pytest.mark.parametrize(("pattern", "text", "expected"), TEXTS)
def test_texts_with_dates(pattern: str, text: str, expected: str) -> None:
    assert answer(f"r\t{pattern}\t{text}") == expected
