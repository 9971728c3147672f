# SPDX-License-Identifier: BSD-2-Clause
"""How the runtime starts: start blocks and programs that it must refuse, each with its reason."""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from broker_harness import abi
from harness import ROOT
from runtime_harness import (
    BLOCK,
    MAGIC,
    NO_LANDLOCK,
    NO_NOTES,
    STAGE_BLOCK,
    STAGE_CONFINE,
    STAGE_ELF,
    STAGE_MEMORY,
    Alone,
    Held,
    Refusal,
    compiled,
    memory_file,
    start_block,
    started_alone,
)

PAGE = 4096
R, W, X = 4, 2, 1
PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_GNU_STACK = 1, 2, 3, 0x6474E551
EHDR = struct.Struct("<16sHHIQQQIHHHHHH")
PHDR = struct.Struct("<IIQQQQQQ")


# programs


@dataclass
class Segment:
    """A program header, changeable field by field."""

    type: int
    flags: int
    offset: int
    vaddr: int
    paddr: int
    filesz: int
    memsz: int
    align: int

    def pack(self) -> bytes:
        return PHDR.pack(*self.__dict__.values())


@dataclass
class Elf:
    """An ELF file, changeable field by field."""

    ident: bytearray
    type: int
    machine: int
    version: int
    entry: int
    phoff: int
    shoff: int
    flags: int
    ehsize: int
    phentsize: int
    phnum: int
    shentsize: int
    shnum: int
    shstrndx: int
    segments: list[Segment]
    content: bytes

    @property
    def loads(self) -> list[Segment]:
        return [segment for segment in self.segments if segment.type == PT_LOAD]

    def load(self, flags: int) -> Segment:
        return next(segment for segment in self.loads if segment.flags == flags)

    def pack(self) -> bytes:
        values = list(self.__dict__.values())[:-2]
        header = EHDR.pack(bytes(values[0]), *values[1:])
        headers = header + b"".join(segment.pack() for segment in self.segments)
        return headers + self.content[len(headers) :]


def parse(content: bytes) -> Elf:
    ident, *rest = EHDR.unpack_from(content)
    phoff, phnum = rest[4], rest[9]
    segments = [Segment(*PHDR.unpack_from(content, phoff + i * PHDR.size)) for i in range(phnum)]
    fields: list[Any] = [bytearray(ident), *rest, segments, content]
    return Elf(*fields)


def program() -> Elf:
    return parse(compiled("minimal").read_bytes())


@contextmanager
def started_program(content: bytes, wrapper: Sequence[str] = ()) -> Iterator[Alone]:
    output = Held(2, abi.FILETYPE_SOCKET_STREAM)
    with memory_file(content) as fd, started_alone(fd, [output], wrapper=wrapper) as alone:
        yield alone


def refusal_of(content: bytes) -> Refusal | None:
    with started_program(content) as alone:
        refusal = alone.refusal()
        assert alone.wait() == (0 if refusal is None else 126)
        return refusal


def test_the_program_itself_runs() -> None:
    assert refusal_of(program().pack()) is None


Change = Callable[[Elf], None]


def ident(index: int, value: int) -> Change:
    def change(elf: Elf) -> None:
        elf.ident[index] = value

    return change


def header(**fields: int) -> Change:
    def change(elf: Elf) -> None:
        elf.__dict__.update(fields)

    return change


def segment(which: int, /, **fields: int) -> Change:
    """Change the segment with these flags."""

    def change(elf: Elf) -> None:
        elf.load(which).__dict__.update(fields)

    return change


def other(**fields: int) -> Change:
    """Change the last program header, which is PT_GNU_STACK."""

    def change(elf: Elf) -> None:
        elf.segments[-1].__dict__.update(fields)

    return change


def in_data(elf: Elf) -> None:
    elf.entry = elf.load(R | W).vaddr


def without_loads(elf: Elf) -> None:
    for load in elf.loads:
        load.type = 0


def swapped(elf: Elf) -> None:
    a, b = elf.loads[:2]
    a.__dict__, b.__dict__ = b.__dict__, a.__dict__


def overlapping(elf: Elf) -> None:
    a, b = elf.loads[:2]
    b.vaddr = a.vaddr + b.offset % PAGE
    elf.entry = b.vaddr


WRAPPING = (1 << 64) - PAGE

REFUSALS: dict[str, tuple[Change, str]] = {
    "magic": (ident(0, 0), "not an ELF file"),
    "linux": (ident(7, 0), "an ELF file for Linux (OSABI 0), not CloudABI"),
    "gnu": (ident(7, 3), "an ELF file for Linux (OSABI 0), not CloudABI"),
    "freebsd": (ident(7, 9), "an ELF file for another system, not CloudABI"),
    "aarch64": (header(machine=183), "for another machine (aarch64)"),
    "i686": (header(machine=3), "for another machine (i686)"),
    "arm": (header(machine=40), "for another machine (ARM)"),
    "riscv": (header(machine=243), "for another machine (RISC-V)"),
    "sparc": (header(machine=2), "for another machine"),
    "class": (ident(4, 1), "its ELF class is not that of this machine"),
    "data": (ident(5, 2), "not little-endian"),
    "ident version": (ident(6, 0), "of an unknown ELF version"),
    "version": (header(version=2), "of an unknown ELF version"),
    "abi version": (ident(8, 1), "of an unknown CloudABI version"),
    "fixed": (header(type=2), "linked to a fixed address; it has to be position independent"),
    "object": (header(type=1), "not an executable"),
    "core": (header(type=4), "not an executable"),
    "ehsize": (header(ehsize=63), "its ELF header has the wrong size"),
    "phentsize": (header(phentsize=32), "its program headers have the wrong size"),
    "no headers": (header(phnum=0), "without program headers"),
    "65535 headers": (header(phnum=65535), "with too many program headers"),
    "headers beyond": (
        header(phoff=1 << 63),
        "truncated: the file ends before its program headers do",
    ),
    "nothing to load": (without_loads, "without anything to load"),
    "file part": (
        segment(R | X, memsz=1),
        "with a segment that is larger in the file than in memory",
    ),
    "wrapping": (
        segment(R | W, memsz=WRAPPING),
        "with a segment that wraps around the address space",
    ),
    "beyond": (
        segment(R | X, filesz=1 << 40, memsz=1 << 40),
        "truncated: the file ends before its segments do",
    ),
    "offset wraps": (
        segment(R | X, offset=WRAPPING),
        "truncated: the file ends before its segments do",
    ),
    "incongruent": (
        segment(R, vaddr=8),
        "with a segment that cannot be mapped: address and offset differ",
    ),
    "writable text": (
        segment(R | X, flags=R | W | X),
        "with a segment that is both writable and executable",
    ),
    "read-only rest": (
        segment(R, memsz=1 << 20),
        "with a read-only segment that is larger than its file part",
    ),
    "alignment": (segment(R, align=3), "with a segment of impossible alignment"),
    "huge alignment": (segment(R, align=1 << 40), "with a segment of impossible alignment"),
    "order": (swapped, "with segments that overlap or are out of order"),
    "overlap": (overlapping, "with segments that overlap or are out of order"),
    "interpreter": (other(type=PT_INTERP), "dynamically linked: it asks for an interpreter"),
    "stack": (other(flags=R | W | X), "with an executable stack"),
    "entry": (header(entry=1 << 40), "its entry point is not in an executable segment"),
    "entry in data": (in_data, "its entry point is not in an executable segment"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal(name: str) -> None:
    change, message = REFUSALS[name]
    elf = program()
    assert elf.segments[-1].type == PT_GNU_STACK
    change(elf)
    assert refusal_of(elf.pack()) == Refusal(STAGE_ELF, 0, message)


# What a loader of CloudABI programs once did wrong, and the refusal that closes it here.
FLAWS = {
    "program headers on the stack, as many as the file says": "65535 headers",
    "address and size of a segment wrap": "wrapping",
    "more of a segment in the file than in memory": "file part",
    "a segment beyond the end of the file": "beyond",
    "program headers anywhere": "headers beyond",
    "an entry point anywhere": "entry",
    "text that stays writable": "writable text",
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_flaws_of_an_earlier_loader(flaw: str) -> None:
    test_refusal(FLAWS[flaw])


@pytest.fixture(name="shrink", scope="module")
def _shrink(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("shrink") / "shrink"
    source = ROOT / "tests/runtime/shrink.c"
    flags = ("-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror")
    subprocess.run(("clang-16", *flags, "-o", program, source), check=True)
    return program


NOT_TRACED = 3


def refusal_after(shrink: Path, calls: int) -> Refusal | None:
    """What becomes of a program whose data lose their end before a call of the runtime's."""
    data = program().load(R | W)
    wrapper = (str(shrink), str(calls), "2", str(data.offset + data.filesz - 1))
    with started_program(program().pack(), wrapper) as alone:
        refusal = alone.refusal()
        if alone.wait() == NOT_TRACED:
            pytest.skip("nobody may trace a process here, which it takes to be in time")
        assert alone.wait() == (0 if refusal is None else 126)
        return refusal


def test_a_file_that_becomes_shorter_while_it_is_loaded(shrink: Path) -> None:
    """Before any of the calls that it takes: no signal, whatever had been looked at by then."""
    early, late = (
        "truncated: the file ends before its segments do",
        "truncated: the file became shorter",
    )
    found: list[str | None] = []
    while not found or found[-1] is not None:
        refusal = refusal_after(shrink, len(found) + 1)
        found.append(None if refusal is None else refusal.message)
        assert len(found) < 100
    changes = [found.index(late), len(found) - 1]
    assert found == [early] * changes[0] + [late] * (changes[1] - changes[0]) + [None]


def test_too_large_for_memory() -> None:
    elf = program()
    elf.loads[-1].memsz = 1 << 60
    refusal = refusal_of(elf.pack())
    assert refusal is not None
    assert (refusal.stage, refusal.host_errno) == (STAGE_MEMORY, 12)
    assert refusal.message == "the program does not fit into memory"


def test_room_for_all_segments_does_not_wrap() -> None:
    """With the alignment added, the room for all of memory would be small."""
    elf = program()
    elf.loads[0].align = 1 << 24
    last = elf.loads[-1]
    last.vaddr = WRAPPING - PAGE + last.offset % PAGE
    last.memsz = 16
    message = "the program does not fit into memory"
    assert refusal_of(elf.pack()) == Refusal(STAGE_MEMORY, 12, message)


def test_headers_in_no_segment() -> None:
    elf = program()
    headers = b"".join(item.pack() for item in elf.segments)
    content = elf.content + headers
    elf.phoff = len(elf.content)
    header_bytes = elf.pack()[: EHDR.size]
    assert refusal_of(header_bytes + content[EHDR.size :]) == Refusal(
        STAGE_ELF, 0, "its program headers are in none of its segments"
    )


@pytest.mark.parametrize(
    ("length", "message"),
    [
        (0, "not an ELF file"),
        (3, "not an ELF file"),
        (4, "truncated: the file ends in its ELF header"),
        (63, "truncated: the file ends in its ELF header"),
        (64, "truncated: the file ends before its program headers do"),
        (2000, "truncated: the file ends before its segments do"),
    ],
)
def test_truncated(length: int, message: str) -> None:
    assert refusal_of(program().pack()[:length]) == Refusal(STAGE_ELF, 0, message)


def test_script() -> None:
    assert refusal_of(b"#!/bin/sh\nexit 0\n" * 10) == Refusal(STAGE_ELF, 0, "not an ELF file")


def test_a_program_of_this_host() -> None:
    content = Path("/bin/true").read_bytes()
    assert refusal_of(content) == Refusal(
        STAGE_ELF, 0, "an ELF file for Linux (OSABI 0), not CloudABI"
    )


def test_not_a_regular_file() -> None:
    reader, writer = os.pipe()
    with started_alone(reader) as alone:
        assert alone.refusal() == Refusal(STAGE_ELF, 0, "not a regular file")
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("alignment", ["4096", "65536", "1048576"])
@pytest.mark.parametrize("layout", ["separate-loadable-segments", "noseparate-code"])
def test_layouts_of_the_linker(layout: str, alignment: str) -> None:
    """Segments that share pages of the file, and alignment beyond that of a page."""
    options = (f"-Wl,-z,{layout}", f"-Wl,-z,max-page-size={alignment}")
    assert refusal_of(compiled("minimal", *options).read_bytes()) is None


# start blocks


def block_refusal(block: bytes, arguments: list[str] | None = None) -> Refusal | None:
    with opened_program() as fd, started_alone(fd, (), block, arguments) as alone:
        return alone.refusal()


@contextmanager
def opened_program() -> Iterator[int]:
    fd = os.open(compiled("minimal"), os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


# The optional parts of a start block.
NONE = (NO_NOTES, 0, 0)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        (b"", "the start block is too short"),
        (bytes(39), "the start block is too short"),
        (bytes(40), "the start block is of another version"),
        (BLOCK.pack(MAGIC, 0, 1, 0, 1, *NONE), "the start block is for other descriptors"),
        (BLOCK.pack(MAGIC, 0, 0, 1, 1, *NONE), "the start block has the wrong length"),
        (BLOCK.pack(MAGIC, 0, 0, (1 << 64) - 1, 1, *NONE), "the start block has the wrong length"),
        (BLOCK.pack(MAGIC, 0, 0, 0, 1, *NONE) + b"x", "the start block has the wrong length"),
    ],
)
def test_start_block(block: bytes, message: str) -> None:
    assert block_refusal(block) == Refusal(STAGE_BLOCK, 0, message)


@pytest.mark.parametrize(
    "arguments", [[], [""], ["x"], ["-1"], ["1025"], ["99999999999999999999"], ["0", "0"]]
)
def test_arguments(arguments: list[str]) -> None:
    with opened_program() as fd, started_alone(fd, arguments=arguments) as alone:
        assert alone.refusal() is None
        assert alone.wait() == 126


# kernels that lack something

ENOSYS, EPERM, E2BIG, EOPNOTSUPP = 38, 1, 7, 95
LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF, SECCOMP = 444, 446, 317
NO_LANDLOCK_MESSAGE = "the kernel has no Landlock (CONFIG_SECURITY_LANDLOCK, lsm=)"


@pytest.fixture(name="without", scope="module")
def _without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    program = tmp_path_factory.mktemp("without") / "without"
    source = ROOT / "tests/runtime/without.c"
    subprocess.run(("clang-16", "-std=c11", "-o", program, source), check=True)
    return program


def refusal_without(without: Path, error: int, call: int, flags: int = 0) -> Refusal | None:
    output = Held(2, abi.FILETYPE_SOCKET_STREAM)
    wrapper = (str(without), str(error), str(call))
    block = start_block([output], flags=flags)
    with (
        opened_program() as fd,
        started_alone(fd, [output], block, wrapper=wrapper) as alone,
    ):
        refusal = alone.refusal()
        assert alone.wait() == (0 if refusal is None else 126)
        return refusal


@pytest.mark.parametrize("error", [ENOSYS, EOPNOTSUPP, EPERM])
def test_without_landlock(without: Path, error: int) -> None:
    assert refusal_without(without, error, LANDLOCK_CREATE_RULESET) == Refusal(
        STAGE_CONFINE, error, NO_LANDLOCK_MESSAGE
    )
    flags = NO_LANDLOCK
    assert refusal_without(without, error, LANDLOCK_CREATE_RULESET, flags) is None


@pytest.mark.parametrize("flags", [0, NO_LANDLOCK])
def test_broken_landlock_is_not_missing_landlock(without: Path, flags: int) -> None:
    assert refusal_without(without, EPERM, LANDLOCK_RESTRICT_SELF, flags) == Refusal(
        STAGE_CONFINE, EPERM, "the kernel refuses a Landlock domain"
    )


def test_too_many_landlock_domains(without: Path) -> None:
    assert refusal_without(without, E2BIG, LANDLOCK_RESTRICT_SELF) == Refusal(
        STAGE_CONFINE,
        E2BIG,
        "there are as many Landlock domains around this run as the kernel allows (16)",
    )


def test_without_seccomp(without: Path) -> None:
    assert refusal_without(without, ENOSYS, SECCOMP) == Refusal(
        STAGE_CONFINE,
        ENOSYS,
        "the kernel refuses a seccomp filter (CONFIG_SECCOMP_FILTER)",
    )
