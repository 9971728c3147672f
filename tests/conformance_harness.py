# SPDX-License-Identifier: BSD-2-Clause
"""The conformance suite: the cases that the programs of tests/c consist of, and their results."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from harness import ROOT
from machines import Machine
from runtime_harness import PROGRAMS, Outcome, run_program

DISPATCH = (ROOT / "runtime/dispatch.inc").read_text()
CALLS = re.findall(r"^DISPATCH(?:_NONE)?\(\d+, (\w+)\)", DISPATCH, re.MULTILINE)

# The programs that are about more than one call.
OTHERS = ("auxv", "contention", "capability_", "process_descriptors")
# Those that may have other processes: the limit is that of proc_fork-limit.
MANY = ("proc_fork", "proc_exec", "process_descriptors", "capability_processes")
PROCESSES = 4
LINE = re.compile(
    r"^(?:CASE\((?P<name>\w+)\)"
    r"|ENDS\((?P<last>\w+), (?P<ends>-?\d+|TRAP)\)"
    r'|NATIVE\((?P<native>\w+),\s+"(?P<reason>.+)"\))',
    re.MULTILINE,
)

# What __builtin_trap() does to a process.
TRAPS = {"aarch64": signal.SIGTRAP}
TRAP = "TRAP"


@dataclass(frozen=True)
class Case:
    """A named check of a program.

    ends: the exit status of the process of its own that it runs in, or the negative number of
        the signal that kills it, or TRAP; None if it runs along with others.
    reason: why it is left out under an emulator, if it is.
    """

    program: str
    name: str
    ends: int | str | None = None
    reason: str = ""

    def is_for(self, machine: Machine) -> bool:
        return not (self.reason and machine.is_emulated)


def call_of(program: str) -> str | None:
    """The call that a program is about: file_open_paths.c is about file_open."""
    fitting = [call for call in CALLS if f"{program}_".startswith(f"{call}_")]
    return max(fitting, key=len, default=None)


def programs() -> list[str]:
    names = sorted(path.stem for path in PROGRAMS.glob("*.c"))
    return [name for name in names if call_of(name) or name.startswith(OTHERS)]


@cache
def cases_of(program: str) -> tuple[Case, ...]:
    """What a program consists of, by its source."""
    source = (PROGRAMS / f"{program}.c").read_text()
    return tuple(_case(program, found) for found in LINE.finditer(source))


def _case(program: str, found: re.Match[str]) -> Case:
    ends = found["ends"]
    return Case(
        program,
        found["name"] or found["last"] or found["native"],
        ends if ends in (None, TRAP) else int(ends),
        found["reason"] or "",
    )


def all_cases() -> list[Case]:
    return [case for program in programs() for case in cases_of(program)]


@dataclass(frozen=True)
class Results:
    """What a program has said.

    good: the cases that it has been through, in their order.
    trouble: what it said beyond that, and how it ended unless all is well.
    """

    good: tuple[str, ...]
    trouble: str


def _run(program: str, machine: Machine, argument: str = "every case") -> Outcome:
    with TemporaryDirectory(prefix="cloudabi-case-") as folder:
        processes = PROCESSES if program in MANY else 1
        return run_program(program, Path(folder), machine, argument, processes=processes)


@cache
def results_of(program: str, machine: Machine) -> Results:
    """Run the cases of a program that do not end it, once per session."""
    outcome = _run(program, machine)
    lines = outcome.output.splitlines()
    good = tuple(line.removeprefix("ok ") for line in lines if line.startswith("ok "))
    trouble = [line for line in lines if not line.startswith("ok ")]
    trouble += [f"exit status {outcome.status}"] if outcome.status else []
    trouble += [outcome.message] if outcome.message else []
    return Results(good, "; ".join(trouble))


def check(case: Case, machine: Machine) -> None:
    """Fail unless a case is good."""
    if not case.is_for(machine):
        pytest.skip(f"emulated: {case.reason}")
    if case.ends is not None:
        check_end(case, machine, _run(case.program, machine, case.name))
        return
    results = results_of(case.program, machine)
    assert case.name in results.good, results.trouble or "was not run"


def check_end(case: Case, machine: Machine, outcome: Outcome) -> None:
    ends = case.ends
    if ends == TRAP:
        ends = -TRAPS.get(machine.arch, signal.SIGILL)
    assert isinstance(ends, int)
    assert outcome.output == f"runs {case.name}\n"
    if ends >= 0:
        assert outcome == Outcome(ends, outcome.output, "")
    elif ends == -signal.SIGSYS:
        # For the broker that is a verdict of its filter, whoever sends it.
        assert outcome == Outcome(123, outcome.output, "the sandbox refuses a call (-1)")
    else:
        message = f"killed by signal {-ends} ({signal.strsignal(-ends)})"
        assert outcome == Outcome(128 - ends, outcome.output, message)
