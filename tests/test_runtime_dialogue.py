# SPDX-License-Identifier: BSD-2-Clause
"""What the runtime asks of a broker, and that it survives any answer."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker_harness import (
    ALL,
    CLONE,
    FILESTAT,
    OPEN,
    READDIR,
    RENAME,
    REPLY,
    REQUEST,
    STAT_GET,
    TICKET,
    abi,
    fds_of,
)
from runtime_harness import (
    ALLOW_SENDMSG,
    Alone,
    Held,
    compiled,
    opened,
    start_block,
    started_alone,
)

EBADF, EIO, ENOTCAPABLE = abi.EBADF, abi.EIO, abi.ENOTCAPABLE


@dataclass
class Request:
    op: int
    ticket: bytes
    data_len: int
    paths: tuple[bytes, bytes]


@dataclass
class Dialogue:
    """A running program whose directory is a socket to the test."""

    alone: Alone
    directory: socket.socket
    output: int

    def request(self) -> Request:
        frame = self.directory.recv(1 << 16)
        fields = REQUEST.unpack_from(frame)
        op, ticket = fields[0], fields[12]
        data_len, first, second, thread = fields[13:]
        paths = frame[REQUEST.size :]
        assert thread == self.alone.pid
        assert len(paths) == first + second
        return Request(op, ticket, data_len, (paths[:first], paths[first:]))

    def reply(self, data: bytes = b"", error: int = 0, fds: tuple[int, ...] = ()) -> None:
        self.send(REPLY.pack(error, abi.FILETYPE_DIRECTORY, ALL, ALL, len(data), 0) + data, fds)

    def send(self, frame: bytes, fds: tuple[int, ...] = ()) -> None:
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack(f"{len(fds)}i", *fds))]
        self.directory.sendmsg([frame], ancillary if fds else [])

    def error(self) -> int:
        """What the program says next."""
        said = b""
        while not said.endswith(b"\n"):
            said += os.read(self.output, 1)
        return int(said)

    def errors(self) -> list[int]:
        """What the program has said at its end."""
        said = b""
        while data := os.read(self.output, 4096):
            said += data
        assert self.alone.wait() == 0
        return [int(line) for line in said.split()]


@contextmanager
def dialogue(letters: str, flags: int = 0) -> Iterator[Dialogue]:
    """Start tests/c/dialogue.c with these things to do."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(20)
    reader, writer = os.pipe()
    held = [
        Held(writer, abi.FILETYPE_SOCKET_STREAM),
        Held(theirs.fileno(), abi.FILETYPE_DIRECTORY),
    ]
    block = start_block(held, letters.encode(), flags)
    with ExitStack() as stack:
        stack.callback(os.close, reader)
        stack.enter_context(ours)
        program = stack.enter_context(opened(compiled("dialogue"), os.O_RDONLY))
        alone = stack.enter_context(started_alone(program, held, block))
        theirs.close()
        os.close(writer)
        assert alone.refusal() is None
        yield Dialogue(alone, ours, reader)


STAT = FILESTAT.pack(1, 2, abi.FILETYPE_REGULAR_FILE, 1, 7, 0, 0, 0)


def test_a_good_answer() -> None:
    with dialogue("s") as broker:
        request = broker.request()
        assert (request.op, request.data_len) == (STAT_GET, FILESTAT.size)
        assert request.paths == (b"file", b"")
        broker.reply(STAT)
        assert broker.errors() == [0]


def test_an_error() -> None:
    with dialogue("ss") as broker:
        broker.request()
        broker.reply(error=ENOTCAPABLE)
        broker.request()
        broker.reply(STAT)
        assert broker.errors() == [ENOTCAPABLE, 0]


GARBAGE = {
    "empty": b"",
    "one byte": b"x",
    "short header": bytes(REPLY.size - 1),
    "unknown error": REPLY.pack(77, 0, 0, 0, 0, 0),
    "large error": REPLY.pack(0xFFFFFFFF, 0, 0, 0, 0, 0),
    "less data than said": REPLY.pack(0, 0, 0, 0, 56, 0) + bytes(55),
    "more data than said": REPLY.pack(0, 0, 0, 0, 55, 0) + bytes(56),
    "more data than asked for": REPLY.pack(0, 0, 0, 0, 57, 0) + bytes(57),
    "much data": bytes(60000),
}


@pytest.mark.parametrize("name", GARBAGE)
def test_garbage_ends_the_capability(name: str) -> None:
    with dialogue("ss") as broker:
        broker.request()
        broker.send(GARBAGE[name])
        assert broker.errors() == [EIO, EIO]
        assert broker.directory.recv(100) == b""


@pytest.mark.parametrize("length", [0, 55])
def test_attributes_of_the_wrong_size(length: int) -> None:
    with dialogue("s") as broker:
        broker.request()
        broker.reply(bytes(length))
        assert broker.errors() == [EIO]


def test_the_broker_goes_away() -> None:
    with dialogue("ss") as broker:
        broker.request()
        broker.directory.close()
        assert broker.errors() == [EIO, EIO]


def test_the_broker_is_gone_already() -> None:
    with dialogue("so") as broker:
        broker.directory.close()
        assert broker.errors() == [EIO, EIO]


def test_descriptor_that_nobody_asked_for() -> None:
    with dialogue("sw") as broker, opened(Path("/dev/null"), os.O_RDONLY) as fd:
        broker.request()
        broker.reply(STAT, fds=(fd,))
        assert broker.error() == EIO
        assert set(fds_of(broker.alone.pid)) == {0, 1}


def test_descriptor_with_an_error() -> None:
    with dialogue("ow") as broker, opened(Path("/dev/null"), os.O_RDONLY) as fd:
        assert broker.request().op == OPEN
        broker.reply(error=ENOTCAPABLE, fds=(fd,))
        assert broker.error() == EIO
        assert set(fds_of(broker.alone.pid)) == {0, 1}


def test_descriptor_is_missing() -> None:
    with dialogue("o") as broker:
        broker.request()
        broker.reply()
        assert broker.errors() == [EIO]


def test_more_descriptors_than_one() -> None:
    """The kernel drops those for which there is no room."""
    with dialogue("ow") as broker, opened(Path("/dev/null"), os.O_RDONLY) as fd:
        broker.request()
        broker.reply(fds=(fd, fd, fd))
        assert broker.error() == 0
        assert set(fds_of(broker.alone.pid)) == {0, 1, 2}


def test_directory_without_records_of_a_full_buffer() -> None:
    with dialogue("r") as broker:
        request = broker.request()
        assert (request.op, request.data_len) == (READDIR, 100)
        broker.reply(b"\xff" * 100)
        assert broker.errors() == [0]


def test_ticket() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, dialogue("l") as broker:
        assert broker.request().op == CLONE
        broker.reply(fds=(theirs.fileno(),))
        second = Dialogue(broker.alone, ours, -1)
        assert second.request().op == TICKET
        second.reply(b"sixteen bytes ok")
        request = broker.request()
        assert (request.op, request.ticket) == (RENAME, b"sixteen bytes ok")
        assert request.paths == (b"a", b"b")
        broker.reply()
        assert broker.errors() == [0]


def test_ticket_of_the_wrong_size() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, dialogue("l") as broker:
        broker.request()
        broker.reply(fds=(theirs.fileno(),))
        second = Dialogue(broker.alone, ours, -1)
        second.request()
        second.reply(b"short")
        assert broker.errors() == [EIO]


def test_closing_keeps_the_number() -> None:
    with dialogue("csw") as broker:
        assert broker.directory.recv(100) == b""
        assert (broker.error(), broker.error()) == (0, EBADF)
        assert set(fds_of(broker.alone.pid)) == {0, 1}


def test_only_granted_descriptors_are_left() -> None:
    """The start block, the program, the result socket and whatever else are closed."""
    with dialogue("w") as broker:
        assert set(fds_of(broker.alone.pid)) == {0, 1}


@pytest.mark.parametrize(("flags", "error"), [(0, abi.ENOTSUP), (ALLOW_SENDMSG, 0)])
def test_descriptors_are_sent_only_where_granted(flags: int, error: int) -> None:
    """Where it is not, the runtime does not even try: the filter would kill it."""
    with dialogue("p", flags) as broker:
        assert broker.errors() == [error]
