# SPDX-License-Identifier: BSD-2-Clause
"""The files that are run with all other tests: those about what the patches change, then others.

The rule, which docs/stdlib.md repeats: first the tests of each part of CPython that a patch
touches, then the other files, those with the most tests a second first; in each group as many as
fit into SECONDS by what is on record. Files that are not ok on record are left to the full run.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from stdlib_suite import listing
from stdlib_suite.judging import OK
from stdlib_suite.recording import Row

SECONDS = 60.0


def choose(table: Mapping[str, Row], patches: Iterable[Path]) -> list[str]:
    """Choose files; table: what is on record."""
    good = {name: row for name, row in table.items() if row.state == OK}
    patterns = {pattern for path in patches for pattern in subjects(path)}
    first = listing.chosen(good, patterns)
    others = [name for name in good if name not in first]
    chosen = []
    left = SECONDS
    for name in (*sorted(first, key=lambda name: good[name].seconds), *_cheapest(others, good)):
        if good[name].seconds <= left:
            left -= good[name].seconds
            chosen.append(name)
    return sorted(chosen)


def subjects(patch: Path) -> Iterator[str]:
    """Name the tests of what a patch touches, whether there are such or not."""
    text = patch.read_text(encoding="utf-8", errors="replace")
    for touched in re.findall(r"^\+\+\+ b/(\S+)", text, re.MULTILINE):
        yield from _subject(PurePosixPath(touched))


def _subject(path: PurePosixPath) -> Iterator[str]:
    """Name tests by the names that CPython's own files have.

    >>> list(_subject(PurePosixPath("Modules/socketmodule.c")))
    ['test_socket']
    >>> list(_subject(PurePosixPath("Modules/_io/fileio.c")))
    ['test_io', 'test_fileio']
    >>> list(_subject(PurePosixPath("Lib/test/test_asyncio/test_events.py")))
    ['test_asyncio', 'test_events']
    """
    if path.parts[0] not in ("Lib", "Modules", "Objects", "Parser", "Python"):
        return
    parts = path.with_suffix("").parts[1:]
    for part in parts[1:] if parts[0] == "test" else parts:
        name = part.strip("_").removesuffix("module").removesuffix("object")
        yield name if name.startswith("test_") else f"test_{name}"


def _cheapest(names: Iterable[str], table: Mapping[str, Row]) -> list[str]:
    return sorted(names, key=lambda name: (table[name].seconds + 0.1) / (table[name].passed + 1))
