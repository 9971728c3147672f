# SPDX-License-Identifier: BSD-2-Clause
# Runs CPython's own tests with a CPython for this machine, and keeps what came of each file.

import asyncio
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

from pybuild.log import Reporter
from pybuild.stages import base_environment

# What needs no network, no screen, no hour of processor time and no gigabytes of disk.
RESOURCES = ("curses", "decimal", "subprocess")
FILE_SECONDS = 900
GRACE_SECONDS = 60  # for a process that does not even end by itself

# How a test can end: as recorder.py notes it, and what its process did instead.
STARTED, PASSED, SKIPPED, FAILED = "started", "passed", "skipped", "failed"
CRASHED, TIMED_OUT = "crashed", "timed out"
BAD = (FAILED, CRASHED, TIMED_OUT)
RANKS = (STARTED, PASSED, SKIPPED, *BAD)

# Not by the name of a file: processes that tests start would run that once more.
CODE = "import sys; sys.path[0] = sys.argv.pop(1); import recorder; sys.path[0] = ''"
CODE += "; recorder.main()"
INTERPRETER_OPTIONS = ("-E", "-bb", "-Wdefault", "-u", "-c", CODE)
OPTIONS = (
    *("--verbose3", "--randseed=0", "--dont-add-python-opts"),
    *(f"--timeout={FILE_SECONDS}", f"--use={','.join(RESOURCES)}"),
)
# Regrtest's exit statuses; the last says that a test has left something changed behind.
ALL_WELL = (0, 3, 4)

# What the results depend on, besides the CPython.
FILES = (Path(__file__), Path(__file__).with_name("recorder.py"))

REASON = re.compile(r"skipped -- (.*)")
TIMEOUT = re.compile(r"^Timeout \(", re.MULTILINE)
TAIL_LINES = 60


@dataclass(frozen=True)
class Result:
    """What the tests of one file came to.

    tests: how each ended, by name; the file itself is among them where it adds something.
    reasons: why tests were skipped, by name.
    tail: the end of the output, if something failed.
    """

    seconds: float
    tests: dict[str, str]
    reasons: dict[str, str] = field(default_factory=dict)
    tail: str = ""

    def count(self, *outcomes: str) -> int:
        """Tell how many tests ended in one of these ways."""
        return sum(outcome in outcomes for outcome in self.tests.values())


@dataclass(frozen=True)
class Side:
    """A CPython whose tests are run.

    python: its interpreter.
    folder: has a file for the result of each test file, by which a run is resumed.
    """

    name: str
    python: Path
    folder: Path

    def files(self) -> list[str]:
        """List the test files; those of the largest folders one by one."""
        command = (self.python, "-E", "-m", "test", "--list-tests")
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.split()

    def kept(self, name: str, attempt: int) -> Path:
        """Where the result of a test file is, or will be."""
        return self.folder / f"{name}.{attempt}.json"

    def result(self, name: str, attempt: int = 1) -> Result:
        """Return the result of a test file that was run."""
        return Result(**json.loads(self.kept(name, attempt).read_text(encoding="utf-8")))


def run(
    side: Side, names: Iterable[str], jobs: int, reporter: Reporter, attempt: int = 1
) -> dict[str, Result]:
    """Run test files, unless there is a result already; return all results by name."""
    names = list(names)
    side.folder.mkdir(parents=True, exist_ok=True)
    missing = [name for name in names if not side.kept(name, attempt).exists()]
    asyncio.run(_run_all(side, missing, jobs, reporter, attempt))
    return {name: side.result(name, attempt) for name in names}


async def _run_all(
    side: Side, names: list[str], jobs: int, reporter: Reporter, attempt: int
) -> None:
    slots = asyncio.Semaphore(jobs)
    done = 0

    async def one(name: str) -> None:
        nonlocal done
        async with slots:
            result = await _run_one(side, name)
        _keep(side.kept(name, attempt), result)
        done += 1
        reporter.note(f"[{done}/{len(names)}] {side.name}: {describe(name, result)}")

    async with asyncio.TaskGroup() as group:
        for name in names:
            group.create_task(one(name))


def describe(name: str, result: Result) -> str:
    """Say in a line how the tests of a file went."""
    counts = ((result.count(*kind), kind[0]) for kind in ((PASSED,), (SKIPPED,), BAD))
    text = ", ".join(f"{number} {kind}" for number, kind in counts if number)
    return f"{name}: {text or 'no tests'}, {result.seconds:.1f} s"


async def _run_one(side: Side, name: str) -> Result:
    """Run a test file in a folder and a session of its own."""
    with tempfile.TemporaryDirectory(prefix="regrtest-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        notes, output = folder / "notes", folder / "output"
        begin = time.monotonic()
        with output.open("wb") as stream:
            status = await _status(side, name, folder, stream.fileno())
        seconds = round(time.monotonic() - begin, 1)
        tests, reasons = _read(notes) if notes.exists() else ({}, {})
        return _judge(name, seconds, status, tests, reasons, output.read_text(errors="replace"))


async def _status(side: Side, name: str, folder: Path, output: int) -> int | None:
    """Return the exit status of a process that runs a test file, None if time was over."""
    temporary = folder / "tmp"
    temporary.mkdir()
    process = await asyncio.create_subprocess_exec(
        *(side.python, *INTERPRETER_OPTIONS, Path(__file__).parent, folder / "notes"),
        *(*OPTIONS, f"--tempdir={temporary}", name),
        cwd=temporary,
        env=base_environment() | {"TMPDIR": str(temporary)},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(FILE_SECONDS + GRACE_SECONDS):
            return await process.wait()
    except TimeoutError:
        return None
    finally:
        with suppress(ProcessLookupError):  # with what the tests have left behind
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _read(notes: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return the worst that was noted of each test, and why tests were skipped."""
    tests: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for line in notes.read_text(encoding="utf-8").splitlines():
        name, outcome, reason = json.loads(line)
        tests[name] = max(outcome, tests.get(name, STARTED), key=RANKS.index)
        if outcome == SKIPPED:
            reasons[name] = reason
    return tests, reasons


def _judge(
    name: str,
    seconds: float,
    status: int | None,
    tests: dict[str, str],
    reasons: dict[str, str],
    output: str,
) -> Result:
    """Add to the tests that ended what is to be said of the file as a whole."""
    ending = _ending(status, output)
    tests = {test: ending if outcome == STARTED else outcome for test, outcome in tests.items()}
    if ending == PASSED and not tests:
        reason = REASON.search(output)
        tests[name], reasons[name] = SKIPPED, reason[1] if reason else "no tests"
    elif ending not in (PASSED, *tests.values()):
        tests[name] = ending
    failed = any(outcome in BAD for outcome in tests.values())
    tail = "\n".join(output.splitlines()[-TAIL_LINES:]) if failed else ""
    return Result(seconds, tests, reasons, tail)


def _ending(status: int | None, output: str) -> str:
    if status is None or (status > 0 and TIMEOUT.search(output)):
        return TIMED_OUT
    if status < 0:
        return CRASHED
    return PASSED if status in ALL_WELL else FAILED


def _keep(path: Path, result: Result) -> None:
    """Write a result so that it is there whole or not at all."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(asdict(result), indent=1), encoding="utf-8")
    shutil.move(part, path)
