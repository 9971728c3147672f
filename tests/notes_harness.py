# SPDX-License-Identifier: BSD-2-Clause
"""Runs traced programs without the broker and reads what they note."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from broker_harness import abi
from runtime_harness import NO_NOTES, Alone, Held, opened, started_alone

NOTE = struct.Struct("<IIHHIQIHH")
DENIED, LINE, USED, LIMIT = 1, 2, 3, 4
MEMORY, THREADS, FILES, FILE_SIZE = 1, 2, 3, 4
TEXT_MAX = 4096
NO_FD = NO_NOTES
CALLS = list(abi.SYSCALLS)


@dataclass(frozen=True)
class Note:
    """A note as it was written; the thread is always the first one."""

    kind: int
    call: str = ""
    error: int = 0
    fd: int = NO_FD
    rights: int = 0
    number: int = 0
    texts: tuple[bytes, bytes] = (b"", b"")


def parse(packet: bytes, thread: int) -> Note:
    kind, found, call, error, fd, rights, number, first, second = NOTE.unpack_from(packet)
    texts = packet[NOTE.size :]
    assert found == thread
    assert len(texts) == first + second
    name = CALLS[call] if kind == DENIED else ""
    return Note(kind, name, error, fd, rights, number, (texts[:first], texts[first:]))


def denied(
    call: str, fd: int, rights: int = 0, path: bytes = b"", error: int = abi.ENOTCAPABLE
) -> Note:
    return Note(DENIED, call, error, fd, rights, texts=(path, b""))


@contextmanager
def noting(
    path: Path, held: Sequence[Held], block: bytes, wrapper: Sequence[str] = ()
) -> Iterator[tuple[socket.socket, Alone]]:
    """Start a program whose notes can be read from a socket."""
    reader, writer = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    reader.settimeout(60)
    # Otherwise a note would wait for room.
    writer.setblocking(False)
    with (
        reader,
        writer,
        opened(path, os.O_RDONLY) as program,
        started_alone(program, held, block, wrapper=wrapper, notes=writer) as alone,
    ):
        assert alone.refusal() is None
        writer.close()
        yield reader, alone
