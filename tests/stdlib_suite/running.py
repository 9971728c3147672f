# SPDX-License-Identifier: BSD-2-Clause
"""Runs one test file, in a sandbox or natively, and reads what is recorded about it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stdlib_suite import ROOT

INSIDE = Path(__file__).with_name("inside.py")
CLOUDABI_RUN = ROOT / "dist" / "host" / "bin" / "cloudabi-run"
LIBRARY = Path("lib", "python3.14")

# What cloudabi-run ends with at a limit.
LIMIT = 124
OUTPUT = "16 MiB"
DISK = "none"  # directories as deep as some tests make them are above any bound
MEMORY = "16 GiB"  # of addresses; what is mapped need not be there
PROCESSES = 32

# How long before its end a file that is stuck tells where.
NOTICE_SECONDS = 10


@dataclass(frozen=True)
class Outcome:
    """What came of a test: passed, failed, skipped, or xfailed, as the test itself expects."""

    name: str
    outcome: str
    seconds: float
    detail: str = ""


@dataclass(frozen=True)
class Run:
    """What is known about a file that was run.

    status: of the whole; the end of its output is in `output`.
    skip: why the file as a whole did not want to run. broken: why it could not be loaded.
    running: the test that was going on at the end, if any was.
    ended: whether all tests were run.
    """

    name: str
    seconds: float
    status: int
    output: str
    tests: tuple[Outcome, ...] = ()
    skip: str = ""
    broken: str = ""
    running: str = ""
    ended: bool = False

    @property
    def timed_out(self) -> bool:
        return self.status == LIMIT


@dataclass(frozen=True)
class Wish:
    """What to run of a file: name is that of the module, seconds the bound."""

    name: str
    seconds: int
    skip: Sequence[str] = ()
    only: Sequence[str] = ()


class World(ABC):
    """A place where tests run."""

    def run(self, wish: Wish, folder: Path) -> Run:
        """Run a file and wait; folder: for its records and output, and made anew."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        records, output = folder / "records.jsonl", folder / "output.txt"
        records.touch()
        began = time.monotonic()
        with output.open("wb") as stream:
            status = self._start(wish, folder, records, stream.fileno())
        seconds = round(time.monotonic() - began, 1)
        text = output.read_text(encoding="utf-8", errors="replace")
        return read(wish.name, records, seconds=seconds, status=status, output=text[-8000:])

    @abstractmethod
    def _start(self, wish: Wish, folder: Path, records: Path, output: int) -> int:
        """Run a file; returns its status."""


@dataclass(frozen=True)
class Sandbox(World):
    """Each file in a sandbox of its own; product: the folder with the interpreter and tests."""

    product: Path
    emulate: bool = False

    def _start(self, wish: Wish, folder: Path, records: Path, output: int) -> int:
        manifest = folder / "manifest.yaml"
        manifest.write_text(self._manifest(wish, records))
        command = [str(CLOUDABI_RUN), "-f", str(manifest)]
        command += [*(["--emulate"] if self.emulate else []), str(self.product / "bin" / "python3")]
        with (folder / "stdin").open("wb+") as stdin:
            return subprocess.run(
                command, stdin=stdin, stdout=output, stderr=output, check=False
            ).returncode

    def _manifest(self, wish: Wish, records: Path) -> str:
        """Write the manifest; the values that JSON has are YAML."""
        told = _told(wish)
        lines = [
            "!program",
            "args:",
            "  stdin: !fd stdin",
            "  stdout: !fd stdout",
            "  stderr: !fd stderr",
            "  cwd: !tmpdir",
            "  dontwritebytecode: true",
            f"  path: [!file {{path: {json.dumps(str(self.product / LIBRARY))}}}]",
            f"  script: !file {{path: {json.dumps(str(INSIDE))}}}",
            "  args:",
            f"    records: !file {{path: {json.dumps(str(records))}, mode: append}}",
            *(f"    {key}: {json.dumps(value)}" for key, value in told.items()),
            "limits:",
            f"  wall: {wish.seconds}",
            *(f"  memory: {MEMORY}", f"  output: {OUTPUT}", f"  disk: {DISK}"),
            f"  processes: {PROCESSES}",
        ]
        return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Native(World):
    """The same without a sandbox, to compare with; python: the interpreter, with its tests."""

    python: Path

    def _start(self, wish: Wish, folder: Path, records: Path, output: int) -> int:
        with (
            tempfile.TemporaryDirectory() as scratch,
            records.open("ab", buffering=0) as stream,
        ):
            told = json.dumps({**_told(wish), "records": stream.fileno()})
            try:
                return subprocess.run(
                    [self.python, "-E", "-s", INSIDE, told],
                    cwd=scratch,
                    stdin=subprocess.DEVNULL,
                    check=False,
                    stdout=output,
                    stderr=output,
                    timeout=wish.seconds,
                    pass_fds=(stream.fileno(),),
                    env=os.environ | {"LC_ALL": "C.UTF-8"},
                ).returncode
            except subprocess.TimeoutExpired:
                return LIMIT


def read(name: str, records: Path, **known: Any) -> Run:
    """Put together what a file has recorded."""
    facts: dict[str, Any] = {}
    tests = []
    running = ""
    for record in _records(records):
        running = record.get("start", running)
        if "test" in record:
            running = ""
            tests.append(
                Outcome(record["test"], record["outcome"], record["seconds"], record["detail"])
            )
        facts |= {key: value for key, value in record.items() if key in ("skip", "broken")}
        facts |= {"ended": True} if "end" in record else {}
    return Run(name, tests=tuple(tests), running=running, **facts, **known)


def _records(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            record = json.loads(line)
        except ValueError:  # a test has the descriptor, too
            continue
        if isinstance(record, dict):
            yield record


def _told(wish: Wish) -> dict[str, Any]:
    timeout = max(1, wish.seconds - NOTICE_SECONDS)
    return {
        "name": wish.name,
        "skip": list(wish.skip),
        "only": list(wish.only),
        "timeout": timeout,
    }
