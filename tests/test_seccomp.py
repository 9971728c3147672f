# SPDX-License-Identifier: BSD-2-Clause
"""The guest's seccomp filter, run by an interpreter of our own against a table of plain numbers."""

from __future__ import annotations

import random
import struct
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import pytest

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests/seccomp/x86_64.table"
COMPILE = (
    *("clang-16", "-std=c11", "-Wall", "-Wextra", "-Werror"),
    *("-I", str(ROOT / "abi/include"), "-I", str(ROOT / "runtime/arch/x86_64")),
)

AUDIT_ARCH_X86_64 = 0xC000003E
AUDIT_ARCH_I386 = 0x40000003
AUDIT_ARCH_AARCH64 = 0xC00000B7
X32_BIT = 0x40000000
ALLOW, KILL_PROCESS = 0x7FFF0000, 0x80000000
NUMBERS = range(1024)
ROWS_MAX = 45

LOADING, RUNNING, SENDING = 1, 2, 4
STAGES = {
    "loading": LOADING,
    "running": RUNNING,
    "loading, sendmsg": LOADING | SENDING,
    "running, sendmsg": RUNNING | SENDING,
}
LETTERS = {"L": LOADING, "R": RUNNING, "S": SENDING}
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
    """Classic BPF as the kernel defines it for seccomp; refuses what the filter does not use."""

    program: tuple[Instruction, ...]
    executed: set[int] = field(default_factory=set)

    def verdict(self, number: int, arguments: Sequence[int], arch: int = AUDIT_ARCH_X86_64) -> int:
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
def dumper() -> Path:
    """A host program that compiles the runtime's table."""
    program = Path(mkdtemp(prefix="seccomp-")) / "dump"
    files = [str(ROOT / "tests/seccomp/dump.c"), str(ROOT / "runtime/seccomp.c")]
    subprocess.run([*COMPILE, "-o", str(program), *files], check=True)
    return program


def machine_of(stage: int) -> Machine:
    output = subprocess.run(
        [dumper(), str(stage), str(PID)], check=True, capture_output=True
    ).stdout
    instructions = (Instruction(*fields) for fields in struct.iter_unpack("<HBBI", output))
    return Machine(tuple(instructions))


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


ROWS = tuple(parse_table(TABLE.read_text()))


@dataclass
class Judge:
    """Compares the filter with the table."""

    stage: int
    machine: Machine
    seen: set[int] = field(default_factory=set)

    def expected(self, number: int, arguments: Sequence[int]) -> int:
        rows = (row for row in ROWS if row.stages & self.stage and row.number == number)
        return ALLOW if any(row.fits(arguments) for row in rows) else KILL_PROCESS

    def check(self, number: int, arguments: Sequence[int]) -> int:
        found = self.machine.verdict(number, arguments)
        wanted = self.expected(number, arguments)
        assert found == wanted, f"{number}({', '.join(map(hex, arguments))}) gives {found:#x}"
        return wanted


@pytest.fixture(params=STAGES, name="judge")
def _judge(request: pytest.FixtureRequest) -> Judge:
    stage = STAGES[request.param]
    return Judge(stage, machine_of(stage))


def in_force(judge: Judge) -> list[Row]:
    return [row for row in ROWS if row.stages & judge.stage]


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
                assert bit < 32 or verdict == KILL_PROCESS


def test_pairs_of_bits(judge: Judge) -> None:
    source = random.Random(4)
    for row in in_force(judge):
        for position in row.judged:
            for bit in range(64):
                arguments = row.example(source)
                arguments[position] ^= 1 << bit ^ 1 << source.randrange(64)
                judge.check(row.number, arguments)


def test_x32_numbers(judge: Judge) -> None:
    source = random.Random(5)
    for number in NUMBERS:
        assert judge.machine.verdict(number | X32_BIT, [0] * 6) == KILL_PROCESS
    for row in in_force(judge):
        for high in (X32_BIT, 1 << 31, X32_BIT | 1 << 31, 1 << 16):
            arguments = row.example(source)
            assert judge.machine.verdict(row.number | high, arguments) == KILL_PROCESS
    assert judge.machine.verdict(0xFFFFFFFF, [0] * 6) == KILL_PROCESS


@pytest.mark.parametrize("arch", [AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, 0, 62, 0xFFFFFFFF])
def test_other_machines(judge: Judge, arch: int) -> None:
    source = random.Random(6)
    for number in NUMBERS:
        assert judge.machine.verdict(number, [0] * 6, arch) == KILL_PROCESS
    for row in in_force(judge):
        assert judge.machine.verdict(row.number, row.example(source), arch) == KILL_PROCESS


def test_every_instruction_is_used(judge: Judge) -> None:
    """An instruction that no case reaches would be one that no test has judged."""
    source = random.Random(7)
    machine = judge.machine
    machine.verdict(0, [0] * 6, AUDIT_ARCH_I386)
    machine.verdict(X32_BIT, [0] * 6)
    machine.verdict(1023, [0] * 6)
    for row in in_force(judge):
        machine.verdict(row.number, row.example(source))
        for position in row.judged:
            for bit in (31, 63):
                arguments = row.example(source)
                arguments[position] ^= 1 << bit
                machine.verdict(row.number, arguments)
    assert machine.executed == set(range(len(machine.program)))


def test_running_allows_no_more_than_loading() -> None:
    source = random.Random(8)
    loading = machine_of(LOADING)
    for row in ROWS:
        if row.stages & RUNNING:
            assert loading.verdict(row.number, row.example(source)) == ALLOW


def test_size_of_the_table() -> None:
    source = (ROOT / "runtime/seccomp.c").read_text()
    assert source.count("\tROW(") <= ROWS_MAX
