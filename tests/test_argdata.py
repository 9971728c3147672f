# SPDX-License-Identifier: BSD-2-Clause
"""argdata: the vectors, round trips, and every kind of refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argdata_harness import CORPUS, MESSAGES, VALUES, VECTORS, bits, outcome
from argdata_model import MalformedError, Model
from cloudabi.argdata import DEPTH_MAX, Fd, Timestamp, Value, decode, encode
from cloudabi.errors import ArgdataError

GOOD = pytest.mark.parametrize("vector", VECTORS["good"], ids=lambda vector: vector["name"])
BAD = pytest.mark.parametrize("vector", VECTORS["bad"], ids=lambda vector: vector["name"])

FDS = list(range(6))  # what the strategies mention


def python_value(value: Any) -> Any:
    """The Python value that a vector means."""
    if isinstance(value, list):
        return [python_value(member) for member in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    if kind == "map":
        return {frozen(python_value(key)): python_value(member) for key, member in content}
    if kind == "timestamp":
        time = Timestamp(content)
        return time if content % 1000 else time.to_datetime()
    if kind == "fd":
        return Fd(content)
    return float(content) if kind == "float" else bytes.fromhex(content)


def frozen(key: Any) -> Any:
    return tuple(frozen(member) for member in key) if isinstance(key, list) else key


@GOOD
def test_decode_vector(vector: dict[str, Any]) -> None:
    data = bytes.fromhex(vector["hex"])
    value = decode(data, vector.get("fds", []), duplicate_keys=True)
    assert bits(value) == bits(python_value(vector["value"]))


@GOOD
def test_encode_vector(vector: dict[str, Any]) -> None:
    if vector["name"] == "map with a key twice":
        return  # which no dict can be
    data, fds = encode(python_value(vector["value"]))
    assert data.hex() == vector["hex"]
    assert fds == vector.get("fds", [])


@pytest.mark.parametrize(
    ("length", "head"), [(16380, "077ffe0878"), (16382, "070100800878"), (2**21, "07010000820878")]
)
def test_long_members(length: int, head: str) -> None:
    data, _ = encode(["x" * length])
    assert data.startswith(bytes.fromhex(head))
    assert decode(data) == ["x" * length]


@BAD
def test_refuse_vector(vector: dict[str, Any]) -> None:
    with pytest.raises(ArgdataError) as caught:
        decode(bytes.fromhex(vector["hex"]), [0])
    error = caught.value
    assert (error.message, error.offset, error.path) == (
        vector["error"],
        vector["offset"],
        vector["path"],
    )


def test_path_of_a_mistake() -> None:
    data, _ = encode({"args": {"dirs": [1, "two"], 3: {None: b"x"}}})
    broken = data.replace(b"two\0", b"tw\xff\0")
    with pytest.raises(ArgdataError, match=r"^at args\.dirs\[1\], byte 26: .* not valid UTF-8$"):
        decode(broken)
    with pytest.raises(ArgdataError) as caught:
        decode(data.replace(b"\x01x", b"\xaax"))
    assert caught.value.path == "args[3][None]"
    assert data[caught.value.offset or 0] == 1


@pytest.mark.parametrize("tag", [b"\x07", b"\x06\x80"])
def test_depth_limit(tag: bytes) -> None:
    def nested(levels: int) -> bytes:
        data = tag[:1]
        for _ in range(levels - 1):
            prefix = bytes([0x80 | len(data)]) if len(data) < 128 else b"\x01" + bytes([len(data)])
            data = tag + prefix + data
        return data

    assert encode(decode(nested(DEPTH_MAX)))[0] == nested(DEPTH_MAX)
    with pytest.raises(ArgdataError, match="values nest too deeply"):
        decode(nested(DEPTH_MAX + 1))


def test_deep_message_is_refused_without_recursion() -> None:
    data = b""
    for _ in range(30000):
        size, prefix = len(data), b""
        while size or not prefix:
            prefix = bytes([size & 0x7F | (0 if prefix else 0x80)]) + prefix
            size >>= 7
        data = b"\x07" + prefix + data
    with pytest.raises(ArgdataError, match="values nest too deeply") as caught:
        decode(data)
    assert caught.value.path == "[0]" * DEPTH_MAX


def test_size_limit() -> None:
    with pytest.raises(ArgdataError, match=r"^byte 67108864: the message is too long$"):
        decode(b"\x01" + bytes(2**26))
    with pytest.raises(ArgdataError, match="67108865 bytes, 67108864 are allowed"):
        encode(bytes(2**26))


def test_duplicate_keys() -> None:
    data = bytes.fromhex("06 83 08 61 00 8a 06 80 80 82 05 01 80 80 81 05 81 02 82 02 01")
    with pytest.raises(ArgdataError) as caught:
        decode(data)
    error = caught.value
    assert (error.message, error.offset, error.path) == ("duplicate key", 14, "a[None]")
    assert decode(data, duplicate_keys=True) == {"a": {None: 0, 1: None}, False: True}


def test_duplicate_key_of_a_nested_seq() -> None:
    one = bytes.fromhex("84 07 82 05 01")
    data = b"\x06" + one + b"\x80" + one + b"\x80"
    with pytest.raises(ArgdataError, match="duplicate key") as caught:
        decode(data)
    assert caught.value.offset == 8


@pytest.mark.parametrize("key", [lambda n: n * (2**61 - 1), lambda n: (n * (2**61 - 1),)])
def test_keys_that_were_chosen_to_have_one_hash(key: Callable[[int], Value]) -> None:
    """Each of them would be compared with all others: 16 MiB of them would take days."""
    pairs: list[bytes] = []
    for number in range(5, 30_000):
        data, _ = encode(key(number))
        pairs += (bytes([0x80 | len(data)]), data, b"\x80")
    with pytest.raises(ArgdataError, match="too many keys have the same hash"):
        decode(b"\x06" + b"".join(pairs))
    few = b"\x06" + b"".join(pairs[: 3 * 50])
    assert decode(few) == {key(number): None for number in range(5, 55)}


def test_a_duplicate_key_is_found_among_many() -> None:
    data, _ = encode({str(number): None for number in range(200_000)})
    with pytest.raises(ArgdataError, match=r"^at \['7'\], byte \d+: duplicate key$"):
        decode(data + bytes.fromhex("83 08 37 00 80"))


def test_map_as_key() -> None:
    with pytest.raises(ArgdataError, match=r"^at \(key\), byte 2: a map as a map's key"):
        decode(bytes.fromhex("06 81 06 80"))


def test_seq_as_key_is_a_tuple_at_every_level() -> None:
    data, _ = encode({(1, (2, ())): [3]})
    assert decode(data) == {(1, (2, ())): [3]}


@pytest.mark.parametrize(
    ("value", "message", "path"),
    [
        ({"a": [0, {1, 2}]}, "a set has no argdata form", "a[1]"),
        ([{"x y": object()}], "a object has no argdata form", "[0]['x y']"),
        ({frozenset(): 1}, "a frozenset has no argdata form", "(key)"),
        (["\ud800"], "a string has a surrogate at 0", "[0]"),
        (Fd(-1), "-1 is not a descriptor", ""),
        (datetime(2000, 1, 1), "a datetime without time zone is no point in time", ""),
    ],
)
def test_refuse_to_encode(value: Any, message: str, path: str) -> None:
    with pytest.raises(ArgdataError) as caught:
        encode(value)
    assert (caught.value.message, caught.value.path) == (message, path)


def test_refuse_to_encode_a_cycle() -> None:
    cycle: list[Value] = []
    cycle.append(cycle)
    with pytest.raises(ArgdataError, match="values nest deeper than 64 levels"):
        encode(cycle)


def test_descriptors_are_numbered_by_first_mention() -> None:
    data, fds = encode({Fd(9): [Fd(4), Fd(9)], "x": Fd(7)})
    assert fds == [9, 4, 7]
    assert decode(data, [50, 51, 52]) == {Fd(50): [Fd(51), Fd(50)], "x": Fd(52)}


def test_subclasses_are_encoded_as_their_base() -> None:
    class Level(int):
        pass

    assert encode({"level": Level(3)}) == encode({"level": 3})


def test_times() -> None:
    zone = timezone(timedelta(hours=-5))
    moment = datetime(1583, 1, 1, 12, 30, 0, 999999, zone)
    value = decode(encode(moment)[0])
    assert value == moment
    assert isinstance(value, datetime)
    assert value.tzinfo is UTC
    assert Timestamp.from_datetime(moment).to_datetime() == moment


@pytest.mark.parametrize(
    "ns", [1, -1, 10**9 + 999, 2**95 - 1, -(2**95), 10**40, 253402300800 * 10**9]
)
def test_times_beyond_datetime(ns: int) -> None:
    assert decode(encode(Timestamp(ns))[0]) == Timestamp(ns)


# Round trips.


@given(VALUES)
def test_round_trip(value: Any) -> None:
    data, fds = encode(value)
    again = decode(data, fds, duplicate_keys=True)
    assert bits(again) == bits(value)
    assert encode(again) == (data, fds)


@given(st.integers())
def test_integers_have_the_fewest_bytes(number: int) -> None:
    data, _ = encode(number)
    size = 0
    while not -(2 ** (8 * size - 1)) <= number < 2 ** (8 * size - 1) and number != 0:
        size += 1
    assert data == b"\x05" + number.to_bytes(size, "big", signed=True)


@given(MESSAGES)
def test_what_is_accepted_has_no_second_encoding(data: bytes) -> None:
    with suppress(ArgdataError):
        again, fds = encode(decode(data, FDS))
        assert again == data or fds != FDS[: len(fds)]


def model_outcome(data: bytes) -> Any:
    try:
        return bits(Model(data, FDS).value(0, len(data)))
    except MalformedError as error:
        return error.args


@given(MESSAGES)
def test_decoder_and_model_agree(data: bytes) -> None:
    assert outcome(decode, data, FDS) == model_outcome(data)


def test_decoder_and_model_agree_on_what_fuzzing_found() -> None:
    for line in (CORPUS / "message.txt").read_text().splitlines():
        data = bytes.fromhex(line)
        assert outcome(decode, data, FDS) == model_outcome(data), line


def test_a_damaged_map_is_never_a_shorter_one() -> None:
    """An entry that is malformed is an error: what is taken for a value is all of the message."""
    whole, fds = encode({"a": 1, "b": [Fd(0), "x"], "c": b"y"})
    accepted = 0
    for at in range(len(whole)):
        for byte in range(256):
            damaged = whole[:at] + bytes([byte]) + whole[at + 1 :]
            with suppress(ArgdataError):
                assert encode(decode(damaged, fds))[0] == damaged
                accepted += 1
    assert accepted > len(whole)
    begins = [match.start() for match in re.finditer(b"\x83\x08", whole)]
    assert len(begins) == 4
    for begin in begins:
        with pytest.raises(ArgdataError):
            decode(whole[:begin] + b"\x83", fds)
