# SPDX-License-Identifier: BSD-2-Clause
"""Every system call by every entry, and every bit of what the filter judges, in real sandboxes.

One process each makes one call: what is forbidden must end it, and what is allowed must come back.
The broker is the real one, without a launcher. Unconfined, no such call ends a process by SIGSYS.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from signal import SIGILL, SIGSYS

import pytest

from broker_harness import AS_USER, BROKER, Broker, Grant, argdata, opened
from cloudabi.argdata import Fd
from escape import corpus
from escape.corpus import CONFINED, Programs
from harness import scratch
from pybuild.targets import Target
from test_seccomp import FILES, FULL, PID, RUNNING, Row, rows_of

WORKERS = 3
NUMBERS = range(1024)
STEP = 64
# sync and msgget: unconfined, a busy machine waits for the one, and the other one leaves a queue.
UNTRIED = {
    ("x86_64", "own"): (162, 68),
    ("x86_64", "x32"): (162, 68),
    ("x86_64", "foreign"): (36, 399),
    ("i686", "own"): (36, 399),
    ("i686", "foreign"): (162, 68),
}
# x86_64's, as i686 programs on its kernel can make its calls.
ENTRIES = {"x86_64": ("own", "foreign", "x32"), "i686": ("own", "foreign")}
SOCKET = {"x86_64": 41, "i686": 359}
PRCTL = {"x86_64": 157, "i686": 172}
CLONE = {"x86_64": 56, "i686": 120}
EXITS = {"x86_64": (60, 231), "i686": (1, 252)}
# uretprobe (Linux 6.11) and uprobe (6.18), of the 64-bit entry: the kernel asks no filter about
# them. In a program in which nobody has set such a probe they give ENXIO or SIGILL.
UNFILTERED = {("x86_64", "own"): (335, 336), ("i686", "foreign"): (335, 336)}
NO_SUCH_PROBE = b"result -6\n"


@dataclass(frozen=True)
class Call:
    """A call by an entry into the kernel, and whether the filter lets it through."""

    target: Target
    entry: str
    number: int
    arguments: tuple[int, ...]
    is_allowed: bool

    @property
    def words(self) -> str:
        mask = (1 << self.target.pointer_bits) - 1
        values = ("SELF" if value == PID else hex(value & mask) for value in self.arguments)
        return f"call {self.entry} {self.number} {' '.join(values)}"


def is_allowed(target: Target, number: int, arguments: Sequence[int]) -> bool:
    """What tests/seccomp/*.table says of a running program that got no socket."""
    mask = (1 << target.pointer_bits) - 1
    return any(
        row.number == number
        and row.stages & (RUNNING | FILES)
        and row.fits([value & mask for value in arguments])
        for row in rows_of(target)
    )


def call(target: Target, entry: str, number: int, arguments: Iterable[int]) -> Call:
    arguments = (*arguments,)
    arguments += (0,) * (6 - len(arguments))
    allowed = entry == "own" and is_allowed(target, number, arguments)
    return Call(target, entry, number, arguments, allowed)


@cache
def programs_for(target: Target) -> Programs:
    return corpus.build(target, scratch())


def confined(call: Call) -> str:
    """Make the call in a sandbox; returns what is wrong with how it ended."""
    reader, writer = os.pipe()
    runtime_path = BROKER.with_name(f"cloudabi-runtime-{call.target.arch}")
    with opened(runtime_path) as runtime, opened(programs_for(call.target).cloudabi) as program:
        spec = {
            "runtime": Fd(runtime),
            "program": Fd(program),
            "argdata": argdata([call.words]),
            "descriptors": [Grant(writer).described()],
        }
        with Broker(spec, (runtime, program, writer)) as broker:
            os.close(writer)
            with os.fdopen(reader, "rb") as output:
                said = output.read()
            ended = broker.records(60)[-1]["ended"]
    return wrong(call, said, ended)


def wrong(call: Call, said: bytes, ended: dict[str, object]) -> str:
    has_come_back = re.search(rb"\nresult -?\d+\n\Z", said) is not None
    story = f"{call.words}: {said!r}, {ended}"
    if not said.startswith(b"begin\n"):
        return f"did not run: {story}"
    if call.number in UNFILTERED.get((call.target.arch, call.entry), ()):
        is_useless = said.endswith(NO_SUCH_PROBE) or ended.get("signal") == SIGILL
        return "" if is_useless or ended["kind"] == "policy" else story
    if not call.is_allowed:
        is_noted = ended.get("number") in (call.number, -1)
        return "" if ended["kind"] == "policy" and is_noted and not has_come_back else story
    is_exit = call.number in EXITS[call.target.arch]
    return "" if ended["kind"] == "exited" and has_come_back != is_exit else story


def unconfined(call: Call) -> str:
    """Make it where nothing forbids it, for somebody who can do no harm."""
    command = [*AS_USER, programs_for(call.target).linux, call.words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as process:
        with suppress(subprocess.TimeoutExpired):
            process.wait(1)
        process.kill()
    return f"SIGSYS without a sandbox: {call.words}" if process.returncode == -SIGSYS else ""


def together(action: Callable[[Call], str], calls: Iterable[Call]) -> list[str]:
    with ThreadPoolExecutor(WORKERS) as pool:
        return [found for found in pool.map(action, calls) if found]


def check(calls: Sequence[Call], *, is_harmless: bool = True) -> None:
    programs_for(calls[0].target)  # before there are threads
    assert not together(confined, calls)
    if is_harmless:
        untried = UNTRIED[calls[0].target.arch, calls[0].entry]
        assert not together(unconfined, [each for each in calls if each.number not in untried])


def numbers() -> Iterator[object]:
    for target in CONFINED:
        for entry in ENTRIES[target.arch]:
            for first in NUMBERS[::STEP]:
                yield pytest.param(target, entry, first, id=f"{target.arch}-{entry}-{first}")


@pytest.mark.parametrize(("target", "entry", "first"), [*numbers()])
def test_numbers(target: Target, entry: str, first: int) -> None:
    """With arguments that fit no rule."""
    check([call(target, entry, first + i, [FULL] * 6) for i in range(STEP)])


def rules() -> Iterator[object]:
    for target in CONFINED:
        for place, row in enumerate(rows_of(target)):
            for position in row.judged if row.stages & (RUNNING | FILES) else ():
                name = f"{target.arch}-{row.name}-{place}-{position}"
                yield pytest.param(target, row, position, id=name)


@pytest.mark.parametrize(("target", "row", "position"), [*rules()])
def test_bits(target: Target, row: Row, position: int) -> None:
    """Each bit of an argument that is judged, flipped: none counts for nothing."""
    fitting = [condition.value for condition in row.conditions]
    calls = []
    for bit in range(target.pointer_bits):
        arguments = [*fitting]
        arguments[position] ^= 1 << bit
        calls.append(call(target, "own", row.number, arguments))
    assert all(not each.is_allowed for each in calls[32:])
    check(calls, is_harmless=row.number != CLONE[target.arch])


@pytest.mark.parametrize("target", CONFINED, ids=lambda target: target.arch)
@pytest.mark.parametrize("family", range(46))
def test_sockets(target: Target, family: int) -> None:
    """Every family × type."""
    number = SOCKET[target.arch]
    check([call(target, "own", number, (family, kind)) for kind in (1, 2, 3, 4, 5, 6, 10)])


@pytest.mark.parametrize("target", CONFINED, ids=lambda target: target.arch)
def test_clone_flags(target: Target) -> None:
    """Each flag alone, for a process that would end with a signal to its parent."""
    calls = [call(target, "own", CLONE[target.arch], (17 | 1 << bit,)) for bit in range(8, 32)]
    assert not any(each.is_allowed for each in calls)
    check(calls, is_harmless=False)


@pytest.mark.parametrize("target", CONFINED, ids=lambda target: target.arch)
def test_prctl(target: Target) -> None:
    """Every option, none of which gets through."""
    options = (*range(79), 0x4D4D, 0x59616D61, 0x53564D41)
    check([call(target, "own", PRCTL[target.arch], (option,)) for option in options])
