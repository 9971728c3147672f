# SPDX-License-Identifier: BSD-2-Clause
# Makefiles for libraries, so that their files are compiled side by side.

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pybuild.targets import AR


@dataclass(frozen=True)
class Unit:
    """One file to compile.

    output: the object file, in the folder that make runs in.
    command: the compiler with all flags.
    """

    output: str
    source: Path
    command: tuple[str, ...]

    def rule(self) -> str:
        """Return the lines that make the object file."""
        words = (*self.command, "-c", "-o", self.output, str(self.source))
        return f"{self.output}: {self.source}\n\t{' '.join(words)}\n"


def archive(name: str, units: Iterable[Unit], others: Iterable[Unit] = ()) -> Iterator[str]:
    """Write a makefile for a library, and for objects beside it."""
    members, beside = tuple(units), tuple(others)
    yield f"all: {' '.join([name, *(unit.output for unit in beside)])}\n"
    for unit in (*members, *beside):
        yield unit.rule()
    yield f"{name}: {' '.join(unit.output for unit in members)}\n\trm -f $@\n\t{AR} rcsD $@ $^\n"
