# SPDX-License-Identifier: BSD-2-Clause
"""Kernels that lack something, and containers that hide it: refused with a message, or confined.

tests/broker/kernel.c stands in for them, and runs the real broker with the real runtime, as an
ordinary user. Whatever runs is asked to make a forbidden call, which has to be its end. The table
of docs/security.md says what becomes of each, and is what is tested.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from broker_harness import AS_USER, BROKER, Broker, Grant, argdata, compiled, opened
from cloudabi.argdata import Fd
from escape import corpus
from escape.corpus import Programs
from harness import ROOT, scratch
from kernels import CONTAINER, numbers
from pybuild.targets import X86_64

LONG = os.environ.get("RACES_LONG") == "1"
FORBIDDEN = "mkdir"
# What the kernel, older kernels and containers say of what is not there.
ANSWERS = (errno.ENOSYS, errno.EPERM, errno.EINVAL)
ENDED = re.compile(rb"\nresult -?\d+\n\Z")
MADE = re.compile(rb"\nresult (?!-38\n)-?\d+\n\Z")


@cache
def programs() -> Programs:
    return corpus.build(X86_64, scratch())


@dataclass(frozen=True)
class Run:
    """How a run ended on some kernel, and what the program said."""

    ended: dict[str, Any]
    said: bytes

    @property
    def has_begun(self) -> bool:
        return self.said.startswith(b"begin\n")


def run(words: Sequence[str], attempt: str, *, no_landlock: bool, processes: int) -> Run:
    reader, writer = os.pipe()
    runtime_path = BROKER.with_name("cloudabi-runtime-x86_64")
    with opened(runtime_path) as runtime, opened(programs().cloudabi) as program:
        spec = {
            "runtime": Fd(runtime),
            "program": Fd(program),
            "argdata": argdata([attempt]),
            "descriptors": [Grant(writer).described()],
            "limits": {"wall": 20 * 10**9, "processes": processes},
            "no_landlock": no_landlock,
        }
        wrapper = (*AS_USER, compiled("kernel"), *words, "--")
        with Broker(spec, (runtime, program, writer), wrapper=wrapper) as broker:
            os.close(writer)
            with os.fdopen(reader, "rb") as output:
                said = output.read()
            records = broker.records(60)
    return Run(records[-1]["ended"] if records else {"kind": "silent"}, said)


def outcome(words: Sequence[str], *, no_landlock: bool = False, processes: int = 1) -> str:
    """Say what becomes of a program on a kernel; one that runs is confined."""
    options: dict[str, Any] = {"no_landlock": no_landlock, "processes": processes}
    found = run(words, "nothing", **options)
    if not found.has_begun:
        return f"refused: {found.ended.get('message', '')}"
    # A broker that cannot go on may see it when the program has begun already, and ends it.
    was_ended = found.ended["kind"] == "failed"
    assert was_ended or ENDED.search(found.said), found  # whatever the call itself came to
    held = run(words, f"call own {numbers()[FORBIDDEN]} ARENA", **options)
    # The kernel has not made the call, which would find no such path.
    assert MADE.search(held.said) is None, held
    if held.ended["kind"] == "failed":
        return f"refused: {held.ended['message']}"
    assert held.ended["kind"] == "policy", held
    # Without a listener the kernel ends it, which does not say for what.
    told = FORBIDDEN if held.ended["listener"] else ""
    assert held.ended["call"] == told
    assert was_ended or held.ended["landlock"] == found.ended["landlock"]
    return f"runs: Landlock {held.ended['landlock']}{'' if told else ', calls without names'}"


# What docs/security.md says.


@dataclass(frozen=True)
class Row:
    """A row of the table: what is hidden, each way to hide it, and what comes of it."""

    feature: str
    ways: tuple[str, ...]
    outcome: str

    @property
    def is_resigned(self) -> bool:
        return "--no-landlock" in self.feature

    def fits(self, found: str) -> bool:
        expected = self.outcome.replace("`", "").replace("newest", str(newest_landlock()))
        return found.startswith(expected)


@cache
def newest_landlock() -> int:
    return int(run((), "nothing", no_landlock=False, processes=1).ended["landlock"])


def rows() -> Iterator[Row]:
    text = (ROOT / "docs/security.md").read_text()
    table = text.partition("| hidden | how | outcome |\n")[2].partition("\n\n")[0]
    for line in table.splitlines()[1:]:
        feature, ways, result = (cell.strip() for cell in line.strip("|").split("|"))
        yield Row(feature, tuple(way.strip() for way in ways.split(",")), result)


def words_for(feature: str, way: str) -> list[str]:
    """The words of kernel.c for a cell of the table, in which calls and errors have names."""
    call = re.search(r"`(\w+)`", feature)
    if not way.startswith("E"):
        return [way.strip("`")]
    assert call is not None
    number, error = numbers()[call[1]], getattr(errno, way)
    condition = re.search(r"\(argument (\d): (0x\w+)\)", feature)
    suffix = f":{condition[1]}:{condition[2]}" if condition else ""
    return [f"{number}:{error}{suffix}"]


CASES = [pytest.param(row, way, id=f"{row.feature}-{way}") for row in rows() for way in row.ways]


@pytest.mark.parametrize(("row", "way"), CASES)
def test_what_is_hidden(row: Row, way: str) -> None:
    found = outcome(words_for(row.feature, way), no_landlock=row.is_resigned)
    assert row.fits(found), found
    if found.startswith("refused"):
        assert re.search(r"needs Linux|CONFIG_|there are as many|failed: ", found), found


def test_the_table_is_there() -> None:
    required = {"openat2", "pidfd_open", "close_range", "seccomp", "memfd_create", "execveat"}
    tested = {name for row in rows() for name in re.findall(r"`(\w+)`", row.feature)}
    assert required <= tested
    assert {way for row in rows() for way in row.ways} >= {"ENOSYS", "EPERM", "EINVAL"}


@pytest.mark.parametrize("processes", [1, 2])
def test_in_a_container(processes: int) -> None:
    """What engines forbid by default is not needed."""
    found = outcome(CONTAINER, processes=processes)
    assert found == f"runs: Landlock {newest_landlock()}"
    assert outcome([*CONTAINER, "listener"], processes=1).endswith("calls without names")


def test_every_call() -> None:
    """Whichever call a kernel does not have: no program runs that is not confined."""
    # An outer filter's refusal outranks our question, so one that hides the forbidden call itself
    # answers it, and nobody has to be ended.
    every = {*numbers().values()} - {numbers()[FORBIDDEN]}
    calls = sorted(every if LONG else used_at_the_start())
    cases = [(number, error) for number in calls for error in (ANSWERS if LONG else ANSWERS[1:2])]
    outcome(())  # before there are threads
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda case: outcome([f"{case[0]}:{case[1]}"]), cases))
    refused = [story for story in found if story.startswith("refused")]
    assert len(refused) > 20
    assert len(refused) < len(found)


def used_at_the_start() -> set[int]:
    """Calls by which broker and runtime become what they are."""
    names = """prctl seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self
        capget close_range setsid personality execveat fork clone clone3 socketpair memfd_create
        fcntl pidfd_open openat2 openat statx fstatfs epoll_create1 epoll_ctl signalfd4
        rt_sigprocmask rt_sigaction setrlimit prlimit64 getrandom dup3 timer_create timer_settime
        chdir sendmsg recvmsg arch_prctl set_tid_address mprotect getsockopt setsockopt getppid
        getpid waitid pidfd_send_signal kill sched_getaffinity fstat newfstatat"""
    return {numbers()[name] for name in names.split()}
