# SPDX-License-Identifier: BSD-2-Clause
"""Built-in types and modules in C at work: the processor time for each."""

import hashlib
import importlib
import json
import random
import re
import time
from collections.abc import Callable
from importlib.util import find_spec

import world

ITEMS = 200_000
STEPS = 3_000_000
BYTEARRAY_BYTES = 128 << 20
ROWS = 50_000
TIMES = 5

WORDS = [f"word{number % 4999}" for number in random.Random(1).choices(range(1 << 20), k=ITEMS)]
TEXT = " ".join(WORDS)
DATA = TEXT.encode()
NOISE = random.Random(2).randbytes(8 << 20)
FLOATS = [1 / number for number in random.Random(3).choices(range(1, 1 << 30), k=ITEMS)]
HASHES = {
    "md5": "_md5",
    "sha1": "_sha1",
    "sha256": "_sha2",
    "sha512": "_sha2",
    "sha3_256": "_sha3",
    "blake2b": "_blake2",
}


def bytearray_growth() -> None:
    """Make a bytearray large piece by piece."""
    grown = bytearray()
    piece = bytes(1 << 16)
    while len(grown) < BYTEARRAY_BYTES:
        grown += piece


def bytearray_bytes() -> None:
    """Make a bytearray large byte by byte."""
    grown = bytearray()
    for _ in range(STEPS):
        grown.append(0)


def list_growth() -> None:
    """Make a list large one by one."""
    grown: list[None] = []
    for _ in range(STEPS):
        grown.append(None)


def big_integers() -> None:
    """Multiply, divide and write large numbers."""
    number: int = 7**60_000
    square = number * number
    assert square // number == number
    assert pow(3, 7**100, 10**300 + 7) > 0
    assert len(str(7**5_000)) == 4226


def sort_floats() -> None:
    """Sort numbers."""
    sorted(FLOATS)


def sort_words() -> None:
    """Sort strings by a key."""
    sorted(WORDS, key=str.upper)


def dictionary() -> None:
    """Count words; fill a large dictionary and empty it."""
    counts: dict[str, int] = {}
    for word in WORDS:
        counts[word] = counts.get(word, 0) + 1
    large = {number: str(number) for number in range(ITEMS)}
    while large:
        large.popitem()


def regular_expressions() -> None:
    """Find, replace and split."""
    assert re.findall(r"\b\w+(\d)\1\b", TEXT)
    re.sub(r"word(\d+)", r"<\1>", TEXT)
    re.split(r"\s+", TEXT)


def json_document() -> None:
    """Write a document and read it."""
    rows = zip(WORDS[:30_000], FLOATS, strict=False)
    document = [{"word": word, "value": value, "tags": [None, True]} for word, value in rows]
    assert json.loads(json.dumps(document)) == document


def floats_as_text() -> None:
    """Write numbers and read them."""
    for number in FLOATS:
        float(f"{number:.12g}")
        float(repr(number))


def strings() -> None:
    """Split, join, replace, encode and decode."""
    for _ in range(10):
        other = " ".join(TEXT.split(" ")).replace("word", "Wörter").encode()
        assert other.decode().count("ö") == ITEMS


def copies() -> None:
    """Copy and compare megabytes."""
    for _ in range(20):
        assert bytes(bytearray(NOISE)) == NOISE


def sqlite_inserts() -> None:
    """Fill a table in memory and ask for a sum."""
    import sqlite3

    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE words (word TEXT PRIMARY KEY, value REAL) WITHOUT ROWID")
    rows = ((f"{number * 7919 % ROWS:06}", number / 3) for number in range(ROWS))
    database.executemany("INSERT INTO words VALUES (?, ?)", rows)
    assert database.execute("SELECT sum(value) FROM words").fetchone()[0] > 0
    database.close()


def zlib_round_trip() -> None:
    """Compress and decompress."""
    import zlib

    for _ in range(4):
        assert zlib.decompress(zlib.compress(DATA)) == DATA


def hashes() -> None:
    """Hash with the code that is part of CPython."""
    for name in HASHES:
        vars(importlib.import_module(HASHES[name]))[name](NOISE)


def hashes_of_hashlib() -> None:
    """Hash with what hashlib prefers: natively that is OpenSSL's assembly."""
    for name in HASHES:
        hashlib.new(name, NOISE)


def checksums() -> None:
    """Compute checksums."""
    import zlib

    for _ in range(10):
        zlib.crc32(NOISE)


# What is measured, and the module in C without which it cannot be.
FIGURES: dict[str, tuple[Callable[[], None], str]] = {
    "bytearray growth": (bytearray_growth, "builtins"),
    "bytearray, byte by byte": (bytearray_bytes, "builtins"),
    "list growth": (list_growth, "builtins"),
    "big integers": (big_integers, "builtins"),
    "sort, floats": (sort_floats, "builtins"),
    "sort, words": (sort_words, "builtins"),
    "dict": (dictionary, "builtins"),
    "regex": (regular_expressions, "builtins"),
    "json": (json_document, "builtins"),
    "floats as text": (floats_as_text, "builtins"),
    "strings": (strings, "builtins"),
    "copies": (copies, "builtins"),
    "sqlite inserts": (sqlite_inserts, "_sqlite3"),
    "zlib": (zlib_round_trip, "zlib"),
    "hashing": (hashes, "_blake2"),
    "hashing by hashlib's choice": (hashes_of_hashlib, "builtins"),
    "checksums": (checksums, "zlib"),
}


def seconds(work: Callable[[], None]) -> float:
    """Return the processor time that some work takes: the best of a few times.

    All of it is done by this thread, whose clock does not move on in ticks as the process's does
    while the broker has a timer on it.
    """
    times = []
    for _ in range(TIMES):
        begin = time.thread_time()
        work()
        times.append(time.thread_time() - begin)
    return min(times)


def main() -> None:
    """Measure what this interpreter has the modules for."""
    figures = FIGURES.items()
    world.report({name: seconds(work) for name, (work, needs) in figures if find_spec(needs)})


main()
