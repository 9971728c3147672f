# SPDX-License-Identifier: BSD-2-Clause
"""cloudabi.argdata inside the sandbox: a program there sends back what it gets."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from array import array
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings

from argdata_harness import VECTORS, bits, plain_values
from cloudabi.argdata import Fd, Reader, Value, Writer, decode, encode
from harness import CLOUDABI_RUN, python_manifest

ECHO = """
import os, sys
from cloudabi.argdata import Reader, Writer, encode
from cloudabi.errors import ArgdataError

def is_open(fd):
    try:
        os.fstat(fd)
    except OSError:
        return False
    return True

connection = sys.argdata["connection"]
reader, writer = Reader(connection, max_fds=2), Writer(connection)
while True:
    try:
        value = reader.receive()
    except EOFError:
        break
    except ArgdataError as error:
        place = [error.message, error.path, error.offset]
        writer.send([place, sum(map(is_open, range(64)))])
        if error.offset is None:
            break
    else:
        writer.send(value)
        for fd in encode(value)[1]:
            os.close(fd)
"""


class Guest:
    """The sandbox, and our end of a connection to it."""

    def __init__(self) -> None:
        self.sock, other = socket.socketpair()
        self.sock.settimeout(60)
        with other:
            number = other.fileno()
            manifest = python_manifest(ECHO, args=f"{{connection: !fd {number}}}")
            self.process = subprocess.Popen(
                [CLOUDABI_RUN], stdin=subprocess.PIPE, pass_fds=[number], text=True
            )
            assert self.process.stdin is not None
            with self.process.stdin as stdin:
                stdin.write(manifest)
        self.writer, self.reader = Writer(self.sock), Reader(self.sock, max_fds=2)

    def ask(self, value: Value) -> Any:
        self.writer.send(value)
        return self.reader.receive()

    def ask_raw(self, payload: bytes, *fds: int) -> Any:
        """Send bytes as a message, with descriptors that it may not mention."""
        numbers = array("i", fds)
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers)
        data = len(payload).to_bytes(8, "big") + payload
        self.sock.sendmsg([data], [rights] if fds else [])
        return self.reader.receive()

    def ending(self) -> int:
        self.sock.shutdown(socket.SHUT_WR)
        return self.process.wait(timeout=60)


@pytest.fixture
def guest() -> Iterator[Guest]:
    guest = Guest()
    try:
        yield guest
    finally:
        guest.sock.close()
        guest.process.terminate()
        guest.process.wait()


@pytest.fixture(scope="module")
def shared() -> Iterator[Guest]:
    guest = Guest()
    yield guest
    assert guest.ending() == 0
    guest.sock.close()


@settings(max_examples=50)
@given(plain_values())
def test_values_come_back(shared: Guest, value: Any) -> None:
    assert bits(shared.ask(value)) == bits(value)


def test_the_vectors_come_back(shared: Guest) -> None:
    for vector in VECTORS["good"]:
        if "fds" not in vector and vector["name"] != "map with a key twice":
            value = decode(bytes.fromhex(vector["hex"]))
            assert bits(shared.ask(value)) == bits(value)


def test_mistakes_are_found_where_they_are(shared: Guest) -> None:
    places = [[bad["error"], bad["path"], bad["offset"]] for bad in VECTORS["bad"]]
    answers = [shared.ask_raw(bytes.fromhex(bad["hex"]), 0) for bad in VECTORS["bad"]]
    assert [place for place, _ in answers] == places
    assert len({count for _, count in answers}) == 1


def test_descriptors_come_back(guest: Guest) -> None:
    with tempfile.TemporaryFile() as file, tempfile.TemporaryFile() as other:
        numbers = [file.fileno(), other.fileno()]
        for _ in range(3):
            value = guest.ask([Fd(numbers[0]), {"again": Fd(numbers[0])}, Fd(numbers[1])])
            assert value[0] == value[1]["again"]
            for fd, number in zip((value[0], value[2]), numbers, strict=True):
                assert os.path.sameopenfile(fd.number, number)
                os.close(fd.number)
        assert guest.ending() == 0


def test_descriptors_that_are_refused_are_closed(guest: Guest) -> None:
    _, before = guest.ask_raw(b"\xff")
    with tempfile.TemporaryFile() as file:
        number = file.fileno()
        for _ in range(3):
            assert guest.ask_raw(b"\xff", number, number)[1] == before
            assert guest.ask_raw(encode("unmentioned")[0], number) == "unmentioned"
        place, after = guest.ask_raw(b"\x03\0\0\0\0", number, number, number)
    assert "descriptors were lost: 2 are allowed" in place[0]
    assert after == before
    assert guest.process.wait(timeout=60) == 0
