# SPDX-License-Identifier: BSD-2-Clause
"""The guests' seccomp filters, judged by tables of plain numbers.

FILTER_CALLS=100000000 makes it as many calls at random for each target, and all mistakes in all
filters instead of one of a hundred.
"""

from __future__ import annotations

import os
import random
import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from harness import ROOT, scratch
from pybuild.runtime import RUNTIME_COMPILE, host_headers
from pybuild.targets import CLANG, LLD, TARGETS, X86_64, Target

RUNTIME = ROOT / "runtime"
AUDIT_ARCHS = {
    "x86_64": 0xC000003E,
    "i686": 0x40000003,
    "armv6": 0x40000028,
    "aarch64": 0xC00000B7,
}
ALLOW, NOTIFY, KILL_PROCESS = 0x7FFF0000, 0x7FC00000, 0x80000000
RETURN = 0x06
ROWS_MAX = 45

LOADING, RUNNING, SENDING, HANDING, FILES, ALONE = 1, 2, 4, 8, 16, 32
# What is in force one after the other, and what may be in force all the time.
COURSE = (HANDING | LOADING, LOADING, RUNNING)
OPTIONS = {
    "": FILES | ALONE,
    ", sendmsg": FILES | SENDING | ALONE,
    ", no files": ALONE,
    ", processes": FILES | SENDING,
    ", processes, no files": 0,
}
STAGES = {
    name + option: (place, always)
    for place, name in enumerate(("handing", "loading", "running"))
    for option, always in OPTIONS.items()
}
LETTERS = {"L": LOADING, "R": RUNNING, "S": SENDING, "H": HANDING, "F": FILES, "A": ALONE}
PID = 4711
# For each target. What is claimed of the filters takes 100 million, which are minutes.
CALLS = int(os.environ.get("FILTER_CALLS", "1000000"))
SEED = int(os.environ.get("FILTER_SEED", "9"))
# All mistakes take minutes as well.
EVERY = 1 if "FILTER_CALLS" in os.environ else 100
FULL = (1 << 64) - 1


# the filter, and a machine for it


@dataclass(frozen=True)
class Instruction:
    code: int
    if_true: int
    if_false: int
    k: int


@dataclass
class Machine:
    """Classic BPF as the kernel defines it for seccomp; refuses what the filters do not use."""

    program: tuple[Instruction, ...]
    content: bytes = b""

    def verdict(self, number: int, arguments: Sequence[int], arch: int) -> int:
        data = struct.pack("<IIQ6Q", number, arch, 0, *arguments)
        accumulator, at = 0, 0
        while True:
            instruction = self.program[at]
            at += 1
            k = instruction.k
            match instruction.code:
                case 0x20:  # LD W ABS
                    assert k % 4 == 0
                    assert k < len(data)
                    (accumulator,) = struct.unpack_from("<I", data, k)
                case 0x54:  # ALU AND K
                    accumulator &= k
                case 0x15:  # JMP JEQ K
                    at += instruction.if_true if accumulator == k else instruction.if_false
                case 0x35:  # JMP JGE K
                    at += instruction.if_true if accumulator >= k else instruction.if_false
                case 0x06:  # RET K
                    return k
                case code:
                    raise AssertionError(f"instruction {code:#x} at {at - 1}")


@cache
def dumper(target: Target) -> tuple[str, ...]:
    """A command that compiles the runtime's table for a machine."""
    program = scratch() / f"seccomp-dump-{target.arch}"
    arch = RUNTIME / "arch" / target.arch
    command = [CLANG, f"--target={target.host_triple}", *RUNTIME_COMPILE, *target.host_flags]
    command += ["-I", str(arch), "-I", str(ROOT / "abi/include"), *host_headers(target)]
    command += ["-nostdlib", "-static-pie", f"--ld-path={LLD}", "-o", str(program)]
    command += map(str, (ROOT / "tests/seccomp/dump.c", arch / "start.S"))
    command += [str(RUNTIME / name) for name in ("seccomp.c", "string.c")]
    command.append(str(ROOT / "dist" / target.triple / "lib" / "libcompiler_rt.a"))
    subprocess.run(command, check=True)
    return (*target.runner, str(program))


def machine_of(target: Target, *arguments: int | str) -> Machine:
    command = [*dumper(target), *map(str, arguments), str(PID)]
    output = subprocess.run(command, check=True, capture_output=True).stdout
    instructions = (Instruction(*fields) for fields in struct.iter_unpack("<HBBI", output))
    return Machine(tuple(instructions), output)


@dataclass
class Filters:
    """Those of a process; the sternest verdict counts."""

    machines: list[Machine]
    arch: int

    def verdict(self, number: int, arguments: Sequence[int], arch: int | None = None) -> int:
        arch = self.arch if arch is None else arch
        verdicts = [machine.verdict(number, arguments, arch) for machine in self.machines]
        return min(verdicts, key=[KILL_PROCESS, NOTIFY, ALLOW].index)


def filters_at(target: Target, place: int, always: int) -> Filters:
    """The filters of a stage, the way the runtime adds one to the other."""
    stages = [stage | always for stage in COURSE[: place + 1]]
    later = [machine_of(target, "tighten", *pair) for pair in pairwise(stages)]
    first = machine_of(target, "start", stages[0])
    return Filters([first, *later], AUDIT_ARCHS[target.arch])


# the table


@dataclass(frozen=True)
class Condition:
    value: int
    free: int

    def holds(self, argument: int) -> bool:
        return (argument ^ self.value) & ~self.free == 0


@dataclass(frozen=True)
class Row:
    stages: int
    number: int
    name: str
    conditions: tuple[Condition, ...]

    @property
    def judged(self) -> list[int]:
        return [i for i, condition in enumerate(self.conditions) if condition.free != FULL]

    def fits(self, arguments: Sequence[int]) -> bool:
        return all(c.holds(a) for c, a in zip(self.conditions, arguments, strict=True))

    def example(self, source: random.Random) -> list[int]:
        """Arguments that fit."""
        return [c.value ^ (source.getrandbits(64) & c.free) for c in self.conditions]


def parse_condition(text: str) -> Condition:
    if text == "_":
        return Condition(0, FULL)
    if text == "PID":
        return Condition(PID, 0)
    value, _, free = text.partition("/")
    return Condition(int(value, 0), int(free or "0", 0))


def parse_table(text: str) -> Iterator[Row]:
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if not words:
            continue
        letters, number, name, *arguments = words
        arguments += ["_"] * (6 - len(arguments))
        stages = sum(LETTERS[letter] for letter in letters)
        yield Row(stages, int(number), name, tuple(map(parse_condition, arguments)))


@cache
def rows_of(target: Target) -> tuple[Row, ...]:
    return tuple(parse_table((ROOT / f"tests/seccomp/{target.arch}.table").read_text()))


# the judge: an evaluator and an oracle in C, which share nothing with the filters' compiler


@cache
def judge() -> Path:
    program = scratch() / "seccomp-judge"
    names = ("judge", "program", "table", "calls", "proof", "mutants")
    sources = [ROOT / "tests" / "seccomp" / f"{name}.c" for name in names]
    flags = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror")
    subprocess.run([CLANG, *flags, "-o", program, *sources], check=True)
    return program


def judged(
    how: str,
    target: Target,
    stages: tuple[int, int, int],
    count: int,
    machines: list[Machine],
    every: int = 1,
) -> str:
    """Run the judge, which has to be content; what it printed.

    stages: what was in force at the beginning, what is now, and the verdict on anything else.
    """
    table = ROOT / "tests" / "seccomp" / f"{target.arch}.table"
    has_x32 = int(target.arch == "x86_64")
    numbers = (AUDIT_ARCHS[target.arch], has_x32, *stages, PID, count, f"{SEED}/{every}")
    with TemporaryDirectory() as folder:
        filters = [Path(folder, str(i)) for i in range(len(machines))]
        for path, machine in zip(filters, machines, strict=True):
            path.write_bytes(machine.content)
        command: list[str | Path] = [judge(), how, table, *map(str, numbers), *filters]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"seed {SEED}: {done.stdout[-4000:]}{done.stderr}"
    return done.stdout


# tests


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.arch)
def test_filters_do_as_the_table_says(target: Target) -> None:
    """By each number, each bit, and FILTER_CALLS calls at random, on all ways through a filter."""
    for place, always in STAGES.values():
        filters = filters_at(target, place, always)
        stages = (COURSE[0] | always, COURSE[place] | always, NOTIFY)
        output = judged("calls", target, stages, CALLS // len(STAGES), filters.machines)
        assert int(output) > CALLS // len(STAGES)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.arch)
def test_filters_are_the_table(target: Target) -> None:
    """On every call there can be, by a comparison of all ways through both."""
    for place, always in STAGES.values():
        filters = filters_at(target, place, always)
        stages = (COURSE[0] | always, COURSE[place] | always, NOTIFY)
        ways = int(judged("proof", target, stages, 0, filters.machines))
        # There is one for each row at the least, and one for what fits none.
        assert ways > sum(row.stages & stages[1] != 0 for row in rows_of(target))


def mistakes_of(machine: Machine) -> int:
    """How many there are at the least: each bit of a constant, or another verdict."""
    return sum(2 if instruction.code == RETURN else 32 for instruction in machine.program)


@pytest.mark.parametrize("always", OPTIONS.values())
@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.arch)
def test_mistakes_are_noticed(target: Target, always: int) -> None:
    """A filter with one mistake is refused by the kernel, found to be wrong, or proven the same."""
    stages = [stage | always for stage in COURSE]
    for place, machine in enumerate(filters_at(target, 2, always).machines):
        first, otherwise = (stages[place - 1], ALLOW) if place else (stages[0], NOTIFY)
        expected = (first, stages[place], otherwise)
        output = judged("mutants", target, expected, 0, [machine], EVERY)
        mistakes, chosen, refused, same, noticed = map(int, output.split())
        assert mistakes >= mistakes_of(machine)
        assert chosen == refused + same + noticed
        assert noticed > 0
        assert chosen == mistakes or EVERY > 1


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.arch)
@pytest.mark.parametrize("always", OPTIONS.values())
def test_no_stage_allows_more_than_the_one_before(target: Target, always: int) -> None:
    """So that a later filter has nothing to do but to take away."""
    source = random.Random(8)
    for place, stage in enumerate(COURSE[1:]):
        before = filters_at(target, place, always)
        for row in rows_of(target):
            if row.stages & (stage | always):
                assert before.verdict(row.number, row.example(source)) == ALLOW


def test_what_stays_forbidden_to_the_end() -> None:
    """The kernel itself kills for what was allowed once."""
    filters = filters_at(X86_64, 2, FILES | ALONE)
    executable = [0, 4096, 5, 0x12, 0, 0]
    assert filters.verdict(9, executable) == KILL_PROCESS
    assert filters.verdict(317, [1, 0, 0, 0, 0, 0]) == KILL_PROCESS
    assert filters.verdict(46, [0, 0, 0x4000, 0, 0, 0]) == KILL_PROCESS
    assert filters.verdict(9, [0, 4096, 7, 0x22, 0, 0]) == NOTIFY


def test_processes_are_a_matter_for_the_broker() -> None:
    """No filter lets a process be made, or one send a signal to what has its filter from it."""
    clone, prctl, tgkill = (56, [0x208011, 0, 0]), (157, [1, 9, 0]), (234, [PID, PID, 9])
    for option in (FILES, FILES | SENDING, 0):
        filters = filters_at(X86_64, 2, option)
        for number, arguments in (clone, prctl, tgkill):
            assert filters.verdict(number, arguments + [0] * 3) == NOTIFY


def test_size_of_the_table() -> None:
    source = (ROOT / "runtime/seccomp.c").read_text()
    assert source.count("\tROW(") <= ROWS_MAX
