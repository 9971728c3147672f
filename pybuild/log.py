# SPDX-License-Identifier: BSD-2-Clause
# What a person sees of a build: numbered steps with their times, and the log behind each.

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

TAIL_LINES = 25


class Reporter:
    """Prints numbered steps; when quiet, only what goes wrong is printed (by main)."""

    def __init__(self, quiet: bool = False, stream: TextIO | None = None) -> None:
        self._quiet = quiet
        self._stream = stream or sys.stderr
        self._total = 0
        self._started = 0

    def expect(self, steps: int) -> None:
        """Announce how many more steps will follow."""
        self._total += steps

    def note(self, text: str) -> None:
        """Print one line beside the steps."""
        self._write(f"{text}\n")

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Frame one step: its number and title before, the seconds it took after."""
        self._started += 1
        self._write(f"[{self._started}/{self._total}] {title} … ")
        begin = time.monotonic()
        try:
            yield
        except BaseException:
            self._write("failed\n")
            raise
        self._write(f"{time.monotonic() - begin:.1f} s\n")

    def _write(self, text: str) -> None:
        if not self._quiet:
            self._stream.write(text)
            self._stream.flush()


def tail(path: Path, lines: int = TAIL_LINES) -> str:
    """Return the last lines of a log, indented for quoting."""
    text = path.read_text(encoding="utf-8", errors="replace")
    return "\n".join(f"  | {line}" for line in text.splitlines()[-lines:])
