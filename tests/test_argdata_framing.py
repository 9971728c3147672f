# SPDX-License-Identifier: BSD-2-Clause
"""Streams of argdata: whole, in pieces, cut off and hostile; no descriptor is ever left over."""

from __future__ import annotations

import os
import resource
import socket
import subprocess
import sys
import tempfile
import threading
from array import array
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argdata_harness import bits, plain_values
from cloudabi.argdata import Fd, Reader, Value, Writer, decode, encode
from cloudabi.errors import ArgdataError


def open_fds() -> set[str]:
    return set(os.listdir("/proc/self/fd"))


@pytest.fixture(autouse=True, scope="module")
def _nothing_left() -> Iterator[None]:
    before = open_fds()
    yield
    assert open_fds() == before


@contextmanager
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends; once they are closed, as many descriptors are open as before."""
    before = open_fds()
    here, there = socket.socketpair()
    with here, there:
        yield here, there
    assert open_fds() == before


@contextmanager
def files(count: int) -> Iterator[list[Fd]]:
    """Descriptors of different files."""
    with ExitStack() as stack:
        opened = [stack.enter_context(tempfile.TemporaryFile()) for _ in range(count)]
        yield [Fd(file.fileno()) for file in opened]


def frame(payload: bytes) -> bytes:
    return len(payload).to_bytes(8, "big") + payload


def send_with_fds(sock: socket.socket, data: bytes, *fds: Fd) -> None:
    numbers = array("i", [fd.number for fd in fds])
    sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers)])


def is_same_file(one: int, other: int) -> bool:
    return os.path.sameopenfile(one, other)


# What is sent arrives.


@given(st.lists(plain_values(), max_size=5))
def test_values_over_a_pipe(values: list[Any]) -> None:
    reading, writing = os.pipe()
    try:
        writer = Writer(writing)
        for value in values:
            writer.send(value)
        os.close(writing)
        reader = Reader(reading, max_fds=1)
        received = [reader.receive() for _ in values]
        assert bits(received) == bits(values)
        with pytest.raises(EOFError):
            reader.receive()
    finally:
        os.close(reading)


@pytest.mark.parametrize("by_number", [False, True])
def test_descriptors_over_a_socket(by_number: bool) -> None:
    with connection() as (here, there), files(2) as (first, second):
        writer = Writer(here.fileno() if by_number else here)
        reader = Reader(there.fileno() if by_number else there, max_fds=2)
        for _ in range(2):
            writer.send({"log": [first, second, first], "n": 1})
            writer.send("none")
        for _ in range(2):
            value: Any = reader.receive()
            one, two, again = (fd.number for fd in value["log"])
            assert one == again
            assert is_same_file(one, first.number) and is_same_file(two, second.number)
            assert not os.get_inheritable(one)
            assert reader.receive() == "none"
            os.close(one)
            os.close(two)


def test_descriptors_that_are_received_are_closed_on_exec() -> None:
    """A program that is started between receiving and using them gets none."""
    look = "import os; print(*os.listdir('/proc/self/fd'))"
    with connection() as (here, there), files(1) as (file,):
        Writer(here).send(file)
        received: Any = Reader(there, max_fds=1).receive()
        try:
            command = [sys.executable, "-IS", "-c", look]
            # Without close_fds nothing but that flag keeps a descriptor.
            listed = subprocess.run(command, close_fds=False, capture_output=True, check=True)
            os.set_inheritable(received.number, True)
            kept = subprocess.run(command, close_fds=False, capture_output=True, check=True)
        finally:
            os.close(received.number)
    number = str(received.number).encode()
    assert number not in listed.stdout.split()
    assert number in kept.stdout.split()


def test_a_large_value() -> None:
    value: Value = ["x" * 1000] * 5000
    with connection() as (here, there):
        thread = threading.Thread(target=Writer(here).send, args=[value])
        thread.start()
        assert Reader(there).receive() == value
        thread.join()


# In pieces.


@given(st.lists(plain_values(), min_size=1, max_size=4), st.data())
def test_a_reader_goes_on_after_every_piece(values: list[Any], data: st.DataObject) -> None:
    stream = b"".join(frame(encode(value)[0]) for value in values)
    cuts = data.draw(st.sets(st.integers(1, len(stream) - 1), max_size=20))
    edges = [0, *sorted(cuts), len(stream)]
    received: list[Value] = []
    with connection() as (here, there):
        there.setblocking(False)
        reader = Reader(there, max_fds=data.draw(st.integers(0, 2)))
        for begin, end in zip(edges, edges[1:], strict=False):
            here.sendall(stream[begin:end])
            received += available(reader)
    assert bits(received) == bits(values)


def available(reader: Reader) -> Iterator[Value]:
    """What can be received without waiting."""
    while True:
        try:
            yield reader.receive()
        except BlockingIOError:
            return


def test_a_message_with_a_descriptor_cut_at_every_byte() -> None:
    with files(1) as (file,):
        message = frame(encode({"file": file, "text": "abc"})[0])
        for cut in range(1, len(message)):
            with connection() as (here, there):
                there.setblocking(False)
                reader = Reader(there, max_fds=1)
                send_with_fds(here, message[:cut], file)
                assert list(available(reader)) == []
                here.sendall(message[cut:])
                value: Any = reader.receive()
                assert is_same_file(value["file"].number, file.number)
                os.close(value["file"].number)


def test_a_writer_goes_on_when_there_is_room() -> None:
    with connection() as (here, there), files(1) as (file,):
        here.setblocking(False)
        there.setblocking(False)
        writer, reader = Writer(here), Reader(there, max_fds=1)
        sent: list[Value] = [{"number": number, "file": file} for number in range(3)]
        sent += ["x" * 10**6, "end"]
        received: list[Any] = []
        for value in sent:
            try:
                writer.send(value)
            except BlockingIOError:
                assert writer.is_waiting
        while len(received) < len(sent):
            received += available(reader)
            try:
                writer.flush()
            except BlockingIOError:
                continue
        assert not writer.is_waiting
        assert [value["number"] for value in received[:3]] == [0, 1, 2]
        assert received[3:] == sent[3:]
        for value in received[:3]:
            os.close(value["file"].number)


def test_a_timeout_loses_nothing() -> None:
    with connection() as (here, there):
        there.settimeout(0.01)
        reader = Reader(there)
        message = frame(encode("late")[0])
        here.sendall(message[:10])
        with pytest.raises(TimeoutError):
            reader.receive()
        here.sendall(message[10:])
        assert reader.receive() == "late"


# Cut off and hostile.


def test_a_stream_that_ends_inside_a_message() -> None:
    with files(1) as (file,):
        message = frame(encode([file, "abc"])[0])
        for cut in range(1, len(message)):
            with connection() as (here, there):
                send_with_fds(here, message[:cut], file)
                here.close()
                reader = Reader(there, max_fds=1)
                for _ in range(2):
                    with pytest.raises(ArgdataError, match="bytes too early inside a message"):
                        reader.receive()


def test_the_end_of_a_stream_stays() -> None:
    with connection() as (here, there):
        here.close()
        reader = Reader(there, max_fds=1)
        for _ in range(2):
            with pytest.raises(EOFError, match="there is no further message"):
                reader.receive()


def test_a_message_that_is_too_long_is_not_read() -> None:
    with connection() as (here, there), files(1) as (file,):
        send_with_fds(here, (2**63).to_bytes(8, "big") + b"rest", file)
        reader = Reader(there, max_bytes=100, max_fds=1)
        for _ in range(2):
            with pytest.raises(ArgdataError, match="has 9223372036854775808 bytes, 100 are"):
                reader.receive()
        assert there.recv(10) == b"rest"


def test_a_length_alone_takes_no_memory() -> None:
    with connection() as (here, there):
        there.setblocking(False)
        here.sendall((2**26).to_bytes(8, "big"))
        reader = Reader(there)
        assert list(available(reader)) == []
        assert len(reader._data) == 8


def test_after_a_malformed_message_comes_the_next() -> None:
    with connection() as (here, there), files(2) as (first, second):
        send_with_fds(here, frame(b"\x07\x85\x03\x00\x00\x00\x00\x81\xff"), first, second)
        send_with_fds(here, frame(b"\x03\x00\x00\x00\x02"), first, second)
        Writer(here).send("fine")
        reader = Reader(there, max_fds=2)
        with pytest.raises(ArgdataError) as caught:
            reader.receive()
        assert (caught.value.message, caught.value.path) == ("unknown tag", "[1]")
        with pytest.raises(ArgdataError, match="there is no descriptor of this index"):
            reader.receive()
        assert reader.receive() == "fine"


@pytest.mark.parametrize(("maximum", "count"), [(1, 2), (2, 3), (3, 4), (1, 253)])
def test_too_many_descriptors(maximum: int, count: int) -> None:
    with connection() as (here, there), files(1) as (file,):
        send_with_fds(here, frame(b"\x03\x00\x00\x00\x00"), *[file] * count)
        reader = Reader(there, max_fds=maximum)
        with pytest.raises(ArgdataError, match=f"descriptors were lost: {maximum} are allowed"):
            reader.receive()


def test_no_room_for_descriptors() -> None:
    """The kernel then delivers fewer of them, and says so."""
    with connection() as (here, there), files(1) as (file,):
        send_with_fds(here, frame(b"\x03\x00\x00\x00\x00"), file, file)
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        free = os.dup(0)
        os.close(free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (free + 1, limits[1]))
        try:
            with pytest.raises(
                ArgdataError, match="descriptors were lost: 2 are allowed, and no more than"
            ):
                Reader(there, max_fds=2).receive()
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_descriptors_that_are_not_wanted() -> None:
    with connection() as (here, there), files(1) as (file,):
        send_with_fds(here, frame(b"\x08x\x00"), file)
        send_with_fds(here, frame(b"\x03\x00\x00\x00\x00"), file)
        reader = Reader(there)
        assert reader.receive() == "x"
        with pytest.raises(ArgdataError, match="there is no descriptor of this index"):
            reader.receive()


def test_descriptors_that_no_value_mentions() -> None:
    with connection() as (here, there), files(2) as (first, second):
        send_with_fds(here, frame(b"\x03\x00\x00\x00\x01"), first, second)
        value: Any = Reader(there, max_fds=2).receive()
        assert is_same_file(value.number, second.number)
        os.close(value.number)


def test_descriptors_that_come_late() -> None:
    message = frame(encode("text")[0])
    with files(1) as (file,):
        for cut in range(1, len(message)):
            with connection() as (here, there):
                here.sendall(message[:cut])
                send_with_fds(here, message[cut:], file)
                assert Reader(there, max_fds=1).receive() == "text"


def test_a_reader_that_is_given_up() -> None:
    with connection() as (here, there), files(1) as (file,):
        there.setblocking(False)
        send_with_fds(here, frame(b"\x03\x00\x00\x00\x00")[:9], file)
        reader = Reader(there, max_fds=1)
        assert list(available(reader)) == []
        del reader


@given(st.binary(max_size=60), st.integers(0, 3), st.integers(0, 3))
def test_anything_may_come(stream: bytes, sent: int, wanted: int) -> None:
    """Bytes that mean nothing, or a header and bytes that mean nothing."""
    for data in (stream or b"\0", frame(stream)):
        with connection() as (here, there), files(1) as (file,):
            send_with_fds(here, data, *[file] * sent)
            here.close()
            reader = Reader(there, max_bytes=100, max_fds=wanted)
            try:
                value = reader.receive()
            except ArgdataError:
                continue
            for fd in encode(value)[1]:
                os.close(fd)


# What a writer refuses.


def test_more_descriptors_than_a_message_carries() -> None:
    with connection() as (here, there):
        writer = Writer(here)
        with pytest.raises(ArgdataError, match="the value has 254 descriptors, 253 are allowed"):
            writer.send([Fd(number) for number in range(254)])
        writer.send(None)
        assert there.recv(100) == bytes(8)


def test_a_descriptor_that_is_not_open() -> None:
    with connection() as (here, there):
        writer = Writer(here)
        with pytest.raises(OSError, match="Bad file descriptor"):
            writer.send(Fd(10**6))
        assert not writer.is_waiting
        writer.send("next")
        assert Reader(there).receive() == "next"


def test_descriptors_into_a_pipe() -> None:
    reading, writing = os.pipe()
    try:
        with pytest.raises(OSError, match="on non-socket"):
            Writer(writing).send(Fd(0))
    finally:
        os.close(reading)
        os.close(writing)


def test_the_form_of_a_message() -> None:
    with connection() as (here, there):
        Writer(here).send({"a": 1})
        data = there.recv(100)
    assert data == bytes.fromhex("0000000000000008 0683086100820501")
    assert decode(data[8:]) == {"a": 1}


def test_a_writer_knows_what_the_other_end_takes() -> None:
    with connection() as (here, there):
        writer = Writer(here, max_bytes=8, max_fds=0)
        for value, message in (("x" * 8, "has 10 bytes"), (Fd(here.fileno()), "has 1 descriptors")):
            with pytest.raises(ArgdataError, match=message):
                writer.send(value)
        writer.send("x" * 6)
        assert Reader(there, max_bytes=8).receive() == "x" * 6
