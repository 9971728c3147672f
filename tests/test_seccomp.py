# SPDX-License-Identifier: BSD-2-Clause
"""The guests' seccomp filters, run by an interpreter of our own against tables of plain numbers."""

from __future__ import annotations

import random
import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise

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
X32_BIT = 0x40000000
ALLOW, NOTIFY, KILL_PROCESS = 0x7FFF0000, 0x7FC00000, 0x80000000
NUMBERS = range(1024)
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
    executed: set[int] = field(default_factory=set)

    def verdict(self, number: int, arguments: Sequence[int], arch: int) -> int:
        data = struct.pack("<IIQ6Q", number, arch, 0, *arguments)
        accumulator, at = 0, 0
        while True:
            self.executed.add(at)
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
    return Machine(tuple(instructions))


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


@dataclass
class Judge:
    """Compares the filters with the table."""

    target: Target
    first: int  # what was in force at the beginning
    stage: int  # what is now
    filters: Filters

    @property
    def rows(self) -> tuple[Row, ...]:
        return rows_of(self.target)

    def expected(self, number: int, arguments: Sequence[int]) -> int:
        fitting = [row for row in self.rows if row.number == number and row.fits(arguments)]
        if any(row.stages & self.stage for row in fitting):
            return ALLOW
        # The kernel can only ask about what was never allowed.
        return KILL_PROCESS if any(row.stages & self.first for row in fitting) else NOTIFY

    def check(self, number: int, arguments: Sequence[int]) -> int:
        found = self.filters.verdict(number, arguments)
        wanted = self.expected(number, arguments)
        assert found == wanted, f"{number}({', '.join(map(hex, arguments))}) gives {found:#x}"
        return wanted


CASES = [(target, stage) for target in TARGETS for stage in STAGES]


@pytest.fixture(
    params=CASES, ids=[f"{target.arch}-{stage}" for target, stage in CASES], name="judge"
)
def _judge(request: pytest.FixtureRequest) -> Judge:
    target, stage = request.param
    place, always = STAGES[stage]
    filters = filters_at(target, place, always)
    return Judge(target, COURSE[0] | always, COURSE[place] | always, filters)


def in_force(judge: Judge) -> list[Row]:
    return [row for row in judge.rows if row.stages & judge.stage]


# tests


def test_every_number(judge: Judge) -> None:
    source = random.Random(1)
    for number in NUMBERS:
        judge.check(number, [0] * 6)
        judge.check(number, [FULL] * 6)
        judge.check(number, [source.getrandbits(64) for _ in range(6)])


def test_every_row_allows(judge: Judge) -> None:
    source = random.Random(2)
    for row in in_force(judge):
        for _ in range(50):
            assert judge.check(row.number, row.example(source)) == ALLOW


def test_every_bit_of_every_judged_argument(judge: Judge) -> None:
    source = random.Random(3)
    for row in in_force(judge):
        for position in row.judged:
            for bit in range(64):
                arguments = row.example(source)
                arguments[position] ^= 1 << bit
                verdict = judge.check(row.number, arguments)
                assert bit < 32 or verdict == NOTIFY


def test_pairs_of_bits(judge: Judge) -> None:
    source = random.Random(4)
    for row in in_force(judge):
        for position in row.judged:
            for bit in range(64):
                arguments = row.example(source)
                arguments[position] ^= 1 << bit ^ 1 << source.randrange(64)
                judge.check(row.number, arguments)


def test_high_numbers(judge: Judge) -> None:
    """On x86_64 those of the x32 ABI are as bad as those of another machine."""
    source = random.Random(5)
    refused = KILL_PROCESS if judge.target.arch == "x86_64" else NOTIFY
    for number in NUMBERS:
        assert judge.filters.verdict(number | X32_BIT, [0] * 6) == refused
    for row in in_force(judge):
        assert judge.filters.verdict(row.number | 1 << 16, row.example(source)) == NOTIFY
        for high in (X32_BIT, 1 << 31, X32_BIT | 1 << 31):
            arguments = row.example(source)
            assert judge.filters.verdict(row.number | high, arguments) == refused
    assert judge.filters.verdict(0xFFFFFFFF, [0] * 6) == refused


def test_other_machines(judge: Judge) -> None:
    source = random.Random(6)
    for arch in {*AUDIT_ARCHS.values(), 0, 62, FULL >> 32} - {judge.filters.arch}:
        for number in NUMBERS:
            assert judge.filters.verdict(number, [0] * 6, arch) == KILL_PROCESS
        for row in in_force(judge):
            assert judge.filters.verdict(row.number, row.example(source), arch) == KILL_PROCESS


def test_every_instruction_is_used(judge: Judge) -> None:
    """An instruction that no case reaches would be one that no test has judged."""
    source = random.Random(7)
    filters = judge.filters
    filters.verdict(0, [0] * 6, arch=0)
    filters.verdict(X32_BIT, [0] * 6)
    filters.verdict(1023, [0] * 6)
    for row in judge.rows:
        filters.verdict(row.number, row.example(source))
        for position in row.judged:
            for bit in (31, 63):
                arguments = row.example(source)
                arguments[position] ^= 1 << bit
                filters.verdict(row.number, arguments)
    for machine in filters.machines:
        assert machine.executed == set(range(len(machine.program)))


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
