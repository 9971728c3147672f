# SPDX-License-Identifier: BSD-2-Clause
"""What argdata's C side has for programs: streams and YAML, compiled with sanitizers."""

from __future__ import annotations

import base64
import os
import re
import socket
import subprocess
import tempfile
from array import array
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from argdata_harness import MESSAGES, VALUES, bits, built, plain_values
from cloudabi.argdata import Fd, Reader, Timestamp, Value, Writer, encode

EMSGSIZE, EBADMSG = 90, 74


@pytest.fixture(scope="session")
def echo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built("echo", tmp_path_factory.mktemp("argdata"))


class Echo:
    """The program at work, and both ends of a connection to it."""

    def __init__(self, program: Path, max_bytes: int = 2**24, max_fds: int = 8) -> None:
        self.sock, other = socket.socketpair()
        self.sock.settimeout(20)
        other.setblocking(False)
        with other:
            self.process = subprocess.Popen(
                [program, str(max_bytes), str(max_fds)],
                stdin=other.fileno(),
                stdout=other.fileno(),
                stderr=subprocess.PIPE,
                text=True,
            )

    def ending(self) -> tuple[int, str]:
        """Close the stream; the program's status and what it said."""
        self.sock.shutdown(socket.SHUT_WR)
        _, message = self.process.communicate(timeout=20)
        return self.process.returncode, message.strip()

    def __enter__(self) -> Echo:
        return self

    def __exit__(self, *_: object) -> None:
        self.sock.close()
        self.process.kill()
        self.process.communicate()


@settings(max_examples=20)
@given(st.lists(plain_values(), max_size=5))
def test_c_sends_back_what_python_sent(echo: Path, values: list[Any]) -> None:
    with Echo(echo) as program:
        writer, reader = Writer(program.sock), Reader(program.sock)
        for value in values:
            writer.send(value)
            assert bits(reader.receive()) == bits(value)
        assert program.ending() == (0, "")


def test_c_passes_descriptors_on(echo: Path) -> None:
    with Echo(echo) as program, tempfile.TemporaryFile() as file:
        writer, reader = Writer(program.sock), Reader(program.sock, max_fds=2)
        for _ in range(3):
            writer.send([Fd(file.fileno()), "x", Fd(file.fileno())])
            value: Any = reader.receive()
            assert value[0] == value[2]
            assert os.path.sameopenfile(value[0].number, file.fileno())
            os.close(value[0].number)
        assert program.ending() == (0, "")


def test_c_goes_on_after_every_byte(echo: Path) -> None:
    message = framed(encode(["a", {"b": 1}])[0])
    with Echo(echo) as program:
        program.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        for at in range(len(message)):
            program.sock.sendall(message[at : at + 1])
        assert Reader(program.sock).receive() == ["a", {"b": 1}]
        assert program.ending() == (0, "")


def test_c_waits_for_room(echo: Path) -> None:
    value: Value = "x" * 10**7
    with Echo(echo) as program:
        Writer(program.sock).send(value)
        assert Reader(program.sock).receive() == value
        assert program.ending() == (0, "")


def framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(8, "big") + payload


def test_c_refuses_a_stream_that_is_cut_off(echo: Path) -> None:
    message = framed(b"\x08abc\0")
    for cut in range(1, len(message)):
        with Echo(echo) as program:
            program.sock.sendall(message[:cut])
            assert program.ending() == (2, str(EBADMSG))


@pytest.mark.parametrize("length", [101, 2**32, 2**63, 2**64 - 1])
def test_c_refuses_what_is_too_long(echo: Path, length: int) -> None:
    with Echo(echo, max_bytes=100) as program:
        program.sock.sendall(length.to_bytes(8, "big"))
        assert program.ending() == (2, str(EMSGSIZE))


@pytest.mark.parametrize(("maximum", "count"), [(1, 2), (2, 3), (252, 253)])
def test_c_refuses_too_many_descriptors(echo: Path, maximum: int, count: int) -> None:
    with Echo(echo, max_fds=maximum) as program:
        numbers = array("i", [0] * count)
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, numbers)
        program.sock.sendmsg([framed(b"\x03\0\0\0\0")], [rights])
        assert program.ending() == (2, str(EMSGSIZE))


def test_c_reads_and_writes_files(echo: Path, tmp_path: Path) -> None:
    values: list[Value] = [None, {"a": [1]}, "end"]
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"".join(framed(encode(value)[0]) for value in values))
    with source.open("rb") as stdin, target.open("wb") as stdout:
        subprocess.run([echo, "1000", "4"], stdin=stdin, stdout=stdout, check=True)
    assert target.read_bytes() == source.read_bytes()


# YAML.

Printer = Callable[[list[bytes]], list[str]]


@pytest.fixture(scope="session")
def printer(tmp_path_factory: pytest.TempPathFactory) -> Printer:
    program = built("yaml", tmp_path_factory.mktemp("argdata"))

    def documents(messages: list[bytes]) -> list[str]:
        lines = "".join(message.hex() + "\n" for message in messages)
        done = subprocess.run([program], input=lines.encode(), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode().removesuffix("...\n").split("...\n")

    return documents


HEAD = "%TAG ! tag:nuxi.nl,2015:cloudabi/\n---\n"


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("", '!!null "null"'),
        ("02", '!!bool "false"'),
        ("02 01", '!!bool "true"'),
        ("05", '!!int "0"'),
        ("05 80 00 00 00 00 00 00 00", '!!int "-9223372036854775808"'),
        ("05 00 ff ff ff ff ff ff ff ff", '!!int "18446744073709551615"'),
        ("05 01 00 00 00 00 00 00 00 00", '!!int "0x010000000000000000"'),
        ("05 ff 7f ff ff ff ff ff ff 00", '!!int "-0x008000000000000100"'),
        ("04 00 00 00 00 00 00 00 00", '!!float "0"'),
        ("04 80 00 00 00 00 00 00 00", '!!float "0"'),
        ("04 3f f0 00 00 00 00 00 00", '!!float "1"'),
        ("04 c0 04 00 00 00 00 00 00", '!!float "-2.5"'),
        ("04 40 59 00 00 00 00 00 00", '!!float "1e+02"'),
        ("04 3f b9 99 99 99 99 99 9a", '!!float "1.0000000000000001e-01"'),
        ("04 7f f0 00 00 00 00 00 00", '!!float ".inf"'),
        ("04 ff f0 00 00 00 00 00 00", '!!float "-.inf"'),
        ("04 7f f8 00 00 00 00 00 00", '!!float ".nan"'),
        ("08 00", '!!str ""'),
        ("08 00 07 08 09 0a 0b 0c 0d 1b 22 5c 00", r'!!str "\0\a\b\t\n\v\f\r\e\"\\"'),
        ("08 c2 85 c2 a0 e2 80 a8 e2 80 a9 00", r'!!str "\N\_\L\P"'),
        ("08 01 7f c2 9f ef bb bf ef bf bf 00", r'!!str "\x01\x7f\x9f\ufeff\uffff"'),
        ("08 c3 a9 e2 82 ac f0 9f 98 80 00", '!!str "é€😀"'),
        ("01", '!!binary ""'),
        ("01 00", '!!binary "AA=="'),
        ("01 00 ff", '!!binary "AP8="'),
        ("01 00 ff 10 fb", '!!binary "AP8Q+w=="'),
        ("09", '!!timestamp "1970-01-01T00:00:00.000000000Z"'),
        ("09 ff", '!!timestamp "1969-12-31T23:59:59.999999999Z"'),
        ("03 00 00 00 00", '!fd "10"'),
        ("03 00 00 00 01", '!fd "invalid"'),
        ("07", "!!seq []"),
        ("06", "!!map {}"),
        ("07 80 81 07", '!!seq [\n  !!null "null",\n  !!seq [],\n]'),
        ("06 81 05 82 07 80", '!!map {\n  ? !!int "0"\n  : !!seq [\n    !!null "null",\n  ],\n}'),
        # Malformed: a null, or what there is before the mistake.
        ("0a", '!!null "null"'),
        ("05 00", '!!null "null"'),
        ("08 ff 00", '!!null "null"'),
        ("07 81 02 85 05", '!!seq [\n  !!bool "false",\n]'),
        ("06 81 02", "!!map {}"),
    ],
)
def test_yaml_of(printer: Printer, message: str, text: str) -> None:
    assert printer([bytes.fromhex(message)]) == [f"{HEAD}{text}\n"]


def test_yaml_nests_as_deep_as_values_may(printer: Printer) -> None:
    deep = b"\x07"
    for _ in range(100):
        size = len(deep)
        prefix = [0x80 | size] if size < 128 else [size >> 7, 0x80 | size & 0x7F]
        deep = b"\x07" + bytes(prefix) + deep
    (text,) = printer([deep])
    assert text.count("!!seq [") == 64
    assert '!!null "null"' in text


@settings(max_examples=50)
@given(st.lists(VALUES, min_size=1, max_size=20))
@example([Timestamp(2**55 * 10**9 + 1), Timestamp(-(2**56) * 10**9)])
def test_yaml_says_what_the_message_says(printer: Printer, values: list[Any]) -> None:
    texts = printer([encode(value, literal=True)[0] for value in values])
    for value, text in zip(values, texts, strict=True):
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
        assert bits(of_node(root)) == bits(as_printed(value))


@settings(max_examples=50)
@given(st.lists(MESSAGES, min_size=1, max_size=8))
def test_yaml_of_anything_is_yaml(printer: Printer, messages: list[bytes]) -> None:
    for text in printer(messages):
        assert yaml.compose(text, Loader=yaml.CSafeLoader) is not None


def as_printed(value: Any) -> Any:
    """A value without what its text does not tell, and maps as lists of pairs."""
    if isinstance(value, list | tuple):
        return [as_printed(member) for member in value]
    if isinstance(value, dict):
        return [(as_printed(key), as_printed(member)) for key, member in value.items()]
    if isinstance(value, float):
        return float("nan") if value != value else value + 0.0
    if isinstance(value, Fd):
        return 10 if value.number == 0 else "invalid"
    if isinstance(value, datetime):
        return Timestamp.from_datetime(value)
    if isinstance(value, Timestamp) and value.ns // 10**9 not in PRINTABLE:
        return None
    return value


def start_of(year: int) -> int:
    """When a year begins, in seconds since 1970; 400 years are always as long."""
    eras, rest = divmod(year, 400)
    moment = datetime(rest + 2000, 1, 1, tzinfo=UTC)
    return (eras - 5) * 146097 * 86400 + Timestamp.from_datetime(moment).ns // 10**9


# The year, less 1900, has to fit into an int.
PRINTABLE = range(start_of(1900 - 2**31), start_of(1900 + 2**31))


SCALARS: dict[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:null": lambda _: None,
    "tag:yaml.org,2002:bool": "true".__eq__,
    "tag:yaml.org,2002:int": lambda text: int(text, 0),
    "tag:yaml.org,2002:float": lambda text: float(text.replace(".inf", "inf").replace(".n", "n")),
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:binary": base64.b64decode,
    "tag:yaml.org,2002:timestamp": lambda text: time_of(text),
    "tag:nuxi.nl,2015:cloudabi/fd": lambda text: text if text == "invalid" else int(text),
}


def of_node(node: Any) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [of_node(member) for member in node.value]
    if isinstance(node, yaml.MappingNode):
        return [(of_node(key), of_node(value)) for key, value in node.value]
    return SCALARS[node.tag](node.value)


def time_of(text: str) -> Timestamp:
    """Any year, which Python's own times do not have: 400 years are always as long."""
    match = re.fullmatch(r"(-?\d{4,})(-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z", text)
    assert match is not None, text
    eras, year = divmod(int(match[1]), 400)
    moment = datetime.strptime(f"{year + 2000}{match[2]}", "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC)
    seconds = (eras - 5) * 146097 * 86400
    return Timestamp(Timestamp.from_datetime(moment).ns + seconds * 10**9 + int(match[3]))
