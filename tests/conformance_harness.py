# SPDX-License-Identifier: BSD-2-Clause
"""The conformance suite: the cases that the programs of tests/c consist of, and their results."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import ROOT
from machines import Machine
from runtime_harness import PROGRAMS, Outcome, run_program

DISPATCH = (ROOT / "runtime/dispatch.inc").read_text()
CALLS = re.findall(r"^DISPATCH(?:_NONE)?\(\d+, (\w+)\)", DISPATCH, re.MULTILINE)

# The programs that are about more than one call.
OTHERS = ("auxv", "contention", "capability_")
LINE = re.compile(r"^(?:CASE\((\w+)\)|ENDS\((\w+), (-?\d+)\))", re.MULTILINE)

# Where the signal of the instruction that __builtin_trap() stands for is another one.
TRAPS: dict[tuple[str, int], int] = {("aarch64", signal.SIGILL): signal.SIGTRAP}


@dataclass(frozen=True)
class Case:
    """A named check of a program.

    ends: the exit status of the process of its own that it runs in, or the negative number of
        the signal that kills it; None if it runs along with others.
    """

    program: str
    name: str
    ends: int | None = None


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
    found = LINE.findall((PROGRAMS / f"{program}.c").read_text())
    return tuple(
        Case(program, name or last, int(ends) if last else None) for name, last, ends in found
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
        return run_program(program, Path(folder), machine, argument)


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
    if case.ends is not None:
        check_end(case, machine, _run(case.program, machine, case.name))
        return
    results = results_of(case.program, machine)
    assert case.name in results.good, results.trouble or "was not run"


def check_end(case: Case, machine: Machine, outcome: Outcome) -> None:
    assert case.ends is not None
    assert outcome.output == f"runs {case.name}\n"
    if case.ends >= 0:
        assert outcome == Outcome(case.ends, outcome.output, "")
    elif case.ends == -signal.SIGSYS:
        # For the broker that is a verdict of its filter, whoever sends it.
        assert outcome == Outcome(123, outcome.output, "the sandbox refuses a call (-1)")
    else:
        number = TRAPS.get((machine.arch, -case.ends), -case.ends)
        message = f"killed by signal {number} ({signal.strsignal(number)})"
        assert outcome == Outcome(128 + number, outcome.output, message)
