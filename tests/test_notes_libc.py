# SPDX-License-Identifier: BSD-2-Clause
"""What the C library of a traced program notes, and whom it tells."""

from __future__ import annotations

import os
import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from broker_harness import abi
from libc_harness import compiled
from notes_harness import DENIED, LINE, NO_FD, NOTE, TEXT_MAX, Note, denied, noting, parse
from runtime_harness import Held, opened, start_block, started_alone

# The descriptors of tests/c/main_notes.c.
FILE, FOLDER = 0, 1


@pytest.fixture(name="program", scope="module")
def _program() -> Path:
    return compiled("main_notes")


def held_by(stack: ExitStack, folder: Path) -> list[Held]:
    (folder / "file").touch()
    file = stack.enter_context(opened(folder / "file", os.O_RDONLY))
    sockets = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in sockets:
        stack.enter_context(end)
    directory, peer = (end.fileno() for end in sockets)
    reading = abi.MAX_BASE_REGULAR_FILE & ~abi.RIGHTS_WRITING
    return [
        Held(file, abi.FILETYPE_REGULAR_FILE, reading, 0),
        Held(directory, abi.FILETYPE_DIRECTORY, 0, 0),
        Held(peer, abi.FILETYPE_SOCKET_STREAM, abi.MAX_BASE_SOCKET, 0),
    ]


def packets_of(program: Path, letter: str, folder: Path) -> tuple[list[bytes], int]:
    with ExitStack() as stack:
        held = held_by(stack, folder)
        block = start_block(held, letter.encode(), traced=True)
        notes, alone = stack.enter_context(noting(program, held, block))
        packets = []
        while packet := notes.recv(1 << 16):
            packets.append(packet)
        assert alone.wait() == 0
        return packets, alone.pid


def notes_of(program: Path, letter: str, folder: Path) -> list[Note]:
    packets, thread = packets_of(program, letter, folder)
    found = [parse(packet, thread) for packet in packets]
    return [note for note in found if note.kind in (DENIED, LINE)]


def line(number: int) -> Note:
    return Note(LINE, number=number, texts=(b"file.py", b"function"))


def refused(call: str, path: bytes) -> Note:
    return denied(call, NO_FD, path=path)


def with_lines(*refusals: Note) -> list[Note]:
    """Each refusal is followed by the line that the program adds."""
    return [note for i, found in enumerate(refusals, 1) for note in (found, line(i))]


def test_a_refusal_of_the_library(program: Path, tmp_path: Path) -> None:
    expected = with_lines(refused("file_open", b"/etc/passwd"))
    assert notes_of(program, "a", tmp_path) == expected


def test_every_call_with_a_path(program: Path, tmp_path: Path) -> None:
    assert notes_of(program, "l", tmp_path) == with_lines(
        refused("file_stat_get", b"relative"),
        refused("file_stat_get", b"/a"),
        refused("file_stat_put", b"/b"),
        refused("file_create", b"/c"),
        refused("file_unlink", b"/d"),
        refused("file_rename", b"/e"),
        refused("file_link", b"/f"),
        refused("file_symlink", b"/g"),
        refused("file_readlink", b"/h"),
        refused("file_stat_get", b"/i"),
        refused("file_stat_get", b"."),
        refused("sock_send", b""),
    )


def test_refusals_of_the_runtime(program: Path, tmp_path: Path) -> None:
    writing = abi.RIGHT_FD_WRITE
    assert notes_of(program, "r", tmp_path) == with_lines(
        denied("fd_write", FILE, writing),
        denied("fd_stat_put", FILE, writing),
        denied("file_readdir", FOLDER, abi.RIGHT_FILE_READDIR),
        denied("file_open", FOLDER, abi.RIGHT_FILE_OPEN, b"x"),
    )


def test_errors_that_are_no_refusals(program: Path, tmp_path: Path) -> None:
    assert notes_of(program, "n", tmp_path) == []


def test_threads_tell_for_themselves(program: Path, tmp_path: Path) -> None:
    packets, first = packets_of(program, "t", tmp_path)
    thread = NOTE.unpack_from(packets[0])[1]
    assert thread != first
    assert [parse(packet, thread) for packet in packets] == with_lines(
        refused("file_open", b"/etc/passwd")
    )


def test_long_texts_end_between_characters(program: Path, tmp_path: Path) -> None:
    assert notes_of(program, "x", tmp_path) == [
        refused("file_open", b"/" * (TEXT_MAX - 1)),
        line(1),
        Note(LINE, number=7, texts=(b"/" * TEXT_MAX, b"f")),
    ]


def test_nobody_to_tell(program: Path, tmp_path: Path) -> None:
    assert notes_of(program, "0", tmp_path) == [refused("file_open", b"/etc/passwd")]


@pytest.mark.parametrize("letter", ["0", "n"])
def test_untraced(letter: str, program: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        held = held_by(stack, tmp_path)
        file = stack.enter_context(opened(program, os.O_RDONLY))
        block = start_block(held, letter.encode())
        alone = stack.enter_context(started_alone(file, held, block))
        assert alone.refusal() is None
        assert alone.wait() == 0
