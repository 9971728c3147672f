# SPDX-License-Identifier: BSD-2-Clause
"""Which files of tests there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path

# As libregrtest has it: each of what is in these is a file of its own.
SPLIT = (
    *("test_asyncio", "test_concurrent_futures", "test_doctests", "test_future_stmt"),
    *("test_gdb", "test_inspect", "test_pydoc"),
    *("test_multiprocessing_fork", "test_multiprocessing_forkserver"),
    *("test_multiprocessing_spawn",),
)


def names(tests: Path) -> list[str]:
    """List all, without the package `test`; tests: the folder of that package."""
    return sorted(_names(tests, ""))


def chosen(all_names: Iterable[str], wanted: Iterable[str]) -> list[str]:
    """Choose by patterns; a name stands for all that is in it, too.

    >>> chosen(["test_a", "test_b.test_x", "test_bc"], ["test_b"])
    ['test_b.test_x']
    """
    patterns = [pattern.removeprefix("test.") for pattern in wanted]
    patterns += [f"{pattern}.*" for pattern in patterns]
    return [name for name in all_names if any(fnmatchcase(name, each) for each in patterns)]


def _names(folder: Path, prefix: str) -> Iterator[str]:
    for path in folder.glob("test_*"):
        if path.suffix not in ("", ".py"):
            continue
        if path.name in SPLIT:
            yield from _names(path, f"{prefix}{path.stem}.")
        else:
            yield prefix + path.stem
