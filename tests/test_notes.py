# SPDX-License-Identifier: BSD-2-Clause
"""What a traced program's runtime notes: refusals, first uses, limits."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker_harness import REPLY, REQUEST, abi
from notes_harness import (
    DENIED,
    FILE_SIZE,
    FILES,
    LIMIT,
    MEMORY,
    NO_FD,
    TEXT_MAX,
    THREADS,
    USED,
    Note,
    denied,
    noting,
    parse,
)
from runtime_harness import (
    ALLOW_SENDMSG,
    BLOCK,
    MAGIC,
    NO_MEMORY_FILES,
    STAGE_BLOCK,
    Alone,
    Held,
    Refusal,
    compiled,
    opened,
    start_block,
    started_alone,
)

# The descriptors of tests/c/notes.c.
FILE, FOLDER, PEER = 1, 2, 3


@dataclass
class Traced:
    """A traced program, the other end of its socket for notes, and that of its directory."""

    alone: Alone
    notes: socket.socket
    directory: socket.socket

    def packets(self) -> Iterator[bytes]:
        while packet := self.notes.recv(1 << 16):
            yield packet

    def finish(self) -> list[Note]:
        """Everything noted until the program ends as it should."""
        found = [parse(packet, self.alone.pid) for packet in self.packets()]
        assert self.alone.wait() == 0
        return found


def held_by(stack: ExitStack, folder: Path, directory: socket.socket) -> list[Held]:
    """Nothing but what the program needs, so that everything else is refused."""
    for name in ("output", "file"):
        (folder / name).write_text("0123456789")
    output = stack.enter_context(opened(folder / "output", os.O_WRONLY))
    file = stack.enter_context(opened(folder / "file", os.O_RDONLY))
    peer, other = socket.socketpair()
    stack.enter_context(peer)
    stack.enter_context(other)
    reading = abi.MAX_BASE_REGULAR_FILE & ~abi.RIGHTS_WRITING
    some = abi.RIGHT_FILE_UNLINK | abi.RIGHT_FILE_RENAME_SOURCE
    return [
        Held(output, abi.FILETYPE_REGULAR_FILE, abi.MAX_BASE_REGULAR_FILE, 0),
        Held(file, abi.FILETYPE_REGULAR_FILE, reading, 0),
        Held(directory.fileno(), abi.FILETYPE_DIRECTORY, some, 0),
        Held(peer.fileno(), abi.FILETYPE_SOCKET_STREAM, abi.MAX_BASE_SOCKET, 0),
    ]


@contextmanager
def traced(
    letters: str,
    folder: Path,
    flags: int = 0,
    threads_max: int = 0,
    wrapper: Sequence[str] = (),
) -> Iterator[Traced]:
    """Start tests/c/notes.c with these things to do."""
    with ExitStack() as stack:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.enter_context(ours)
        stack.enter_context(theirs)
        ours.settimeout(60)
        held = held_by(stack, folder, theirs)
        block = start_block(held, letters.encode(), flags, traced=True, threads_max=threads_max)
        notes, alone = stack.enter_context(noting(compiled("notes"), held, block, wrapper))
        theirs.close()
        yield Traced(alone, notes, ours)


WRITING = abi.RIGHT_FD_WRITE
REFUSALS = {
    "w": denied("fd_write", FILE, WRITING),
    "d": denied("fd_write", FILE, WRITING),
    "o": denied("fd_write", NO_FD, WRITING),
    "s": denied("file_stat_get", FOLDER, abi.RIGHT_FILE_STAT_GET, b"some/file"),
    "l": denied("file_stat_get", FOLDER, abi.RIGHT_FILE_STAT_GET, b"p" * TEXT_MAX),
    "r": denied("file_rename", FOLDER, abi.RIGHT_FILE_RENAME_TARGET, b"from"),
    "p": denied("poll", FILE, WRITING),
    "m": denied("mem_map", FILE, WRITING),
    "x": denied("mem_map", NO_FD, error=abi.ENOTSUP),
    "f": denied("sock_send", PEER, error=abi.ENOTSUP),
    "t": denied("fd_stat_put", FILE, abi.RIGHT_FD_DATASYNC),
}


@pytest.mark.parametrize("letter", REFUSALS)
def test_refusal(letter: str, tmp_path: Path) -> None:
    with traced(letter, tmp_path) as program:
        found = program.finish()
    assert [note for note in found if note.kind == DENIED] == [REFUSALS[letter]]


def test_calls_that_make_no_sense_are_not_noted(tmp_path: Path) -> None:
    with traced("n", tmp_path) as program:
        assert [note for note in program.finish() if note.kind == DENIED] == []


def test_memory_files_are_refused_where_they_would_not_count(tmp_path: Path) -> None:
    with traced("c", tmp_path, NO_MEMORY_FILES) as program:
        assert program.finish() == [denied("fd_create1", NO_FD, error=abi.ENOTSUP)]


@pytest.mark.parametrize("letter", ["R", "P", "w", "d", "g"])
def test_first_use(letter: str, tmp_path: Path) -> None:
    with traced("L" + letter * 2, tmp_path, ALLOW_SENDMSG) as program:
        used = [note.fd for note in program.finish() if note.kind == USED]
    assert used == ([PEER, FILE] if letter == "g" else [FILE])


def test_a_look_is_no_use(tmp_path: Path) -> None:
    with traced("L", tmp_path) as program:
        assert program.finish() == []


def limit(number: int) -> Note:
    return Note(LIMIT, number=number)


@pytest.mark.parametrize(
    ("letters", "wrapper", "number"),
    [
        ("DD", (), FILES),
        ("FF", ("prlimit", "--fsize=100000"), FILE_SIZE),
        ("MM", ("prlimit", "--as=1000000000"), MEMORY),
    ],
)
def test_limit(letters: str, wrapper: Sequence[str], number: int, tmp_path: Path) -> None:
    with traced(letters, tmp_path, NO_MEMORY_FILES, wrapper=wrapper) as program:
        found = program.finish()
    assert [note for note in found if note.kind != USED] == [limit(number)]


@pytest.mark.parametrize(("letter", "flags"), [("M", 0), ("A", NO_MEMORY_FILES)])
def test_no_limit(letter: str, flags: int, tmp_path: Path) -> None:
    """What fails for other reasons than a limit on memory."""
    with traced(letter, tmp_path, flags, wrapper=("prlimit", "--as=1000000000")) as program:
        assert program.finish() == []


def test_threads(tmp_path: Path) -> None:
    with traced("T", tmp_path, threads_max=3) as program:
        assert program.finish() == [limit(THREADS)]


def test_answers_of_the_broker_are_on_its_own_record(tmp_path: Path) -> None:
    """The program hears of the refusal; its thread is named in the request."""
    with traced("b", tmp_path) as program:
        assert REQUEST.unpack_from(program.directory.recv(1 << 16))[-1] == program.alone.pid
        program.directory.send(REPLY.pack(abi.EACCES, 0, 0, 0, 0, 0))
        assert program.finish() == []


def test_the_program_is_told(tmp_path: Path) -> None:
    with traced("h", tmp_path) as program:
        program.directory.recv(1 << 16)
        program.directory.send(REPLY.pack(abi.EACCES, 0, 0, 0, 0, 0))
        assert len([note for note in program.finish() if note.kind == DENIED]) == 2


def test_refusals_while_it_is_told_are_noted_only(tmp_path: Path) -> None:
    with traced("H", tmp_path) as program:
        found = program.finish()
    assert [note for note in found if note.kind == DENIED] == [REFUSALS["w"]] * 2


def test_nothing_but_writing_works_on_the_socket(tmp_path: Path) -> None:
    with traced("aw", tmp_path) as program:
        packets = list(program.packets())
        assert program.alone.wait() == 0
    assert packets[0] == b"packet"
    assert parse(packets[-1], program.alone.pid) == REFUSALS["w"]


def test_a_full_socket_holds_nobody_up(tmp_path: Path) -> None:
    with traced("O", tmp_path) as program:
        assert program.alone.wait() == 0
        assert 0 < len(list(program.packets())) < 100_000


def test_nothing_is_told_to_others(tmp_path: Path) -> None:
    with ExitStack() as stack:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.enter_context(ours)
        stack.enter_context(theirs)
        held = held_by(stack, tmp_path, theirs)
        program = stack.enter_context(opened(compiled("notes"), os.O_RDONLY))
        alone = stack.enter_context(started_alone(program, held, start_block(held, b"uwpx")))
        assert alone.wait() == 0


@pytest.mark.parametrize("number", [0, 3, 5, 1023, 1024])
def test_the_socket_has_its_number(number: int) -> None:
    block = BLOCK.pack(MAGIC, 0, 1, 0, 1, number, 0, 0) + bytes(24)
    output = Held(2, abi.FILETYPE_SOCKET_STREAM)
    with (
        opened(compiled("notes"), os.O_RDONLY) as program,
        started_alone(program, [output], block) as alone,
    ):
        assert alone.refusal() == Refusal(
            STAGE_BLOCK, 0, "the start block has another number for notes"
        )
