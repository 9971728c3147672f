# SPDX-License-Identifier: BSD-2-Clause
"""The two ways through cloudabi.argdata, by marshal and by tokens, are one to its users."""

from __future__ import annotations

import marshal
from array import array
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argdata_harness import MESSAGES, VALUES, outcome, plain_values
from cloudabi import argdata
from cloudabi.argdata import DEPTH_MAX, Fd, Value, decode, encode
from cloudabi.errors import ArgdataError


def by_tokens(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call encode() or decode() with the way by marshal closed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argdata, "_encode_quickly", lambda _value: None)
        patch.setattr(argdata, "_to_marshal", lambda _data: b"")
        return outcome(function, *arguments, **options)


class Level(int):
    pass


class Shared(float):
    """A number that lends its memory, as those of some libraries do."""

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(b"not this")


def nested(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels - 1):
        value = [value]
    return value


def is_key(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


ODD: list[Any] = [
    *("\ud800", b"", bytearray(b"x"), memoryview(b"x"), array("i", [1]), Level(3), Shared(0.5)),
    *(1j, ..., {1}, frozenset(), int, OrderedDict(a=1), (lambda: 0).__code__, slice(1), Fd(-1)),
    *(2**63 - 1, 2**63, -(2**63), -(2**63) - 1, 2**64, 2**75, -(2**75)),
    *(nested(DEPTH_MAX - 1), nested(DEPTH_MAX), nested(3000), object()),
]
WILD = st.recursive(
    st.one_of(VALUES, st.sampled_from(ODD)),
    lambda members: (
        st.lists(members)
        | st.tuples(members, members)
        | st.dictionaries(st.one_of(plain_values(), st.tuples(st.text())).filter(is_key), members)
    ),
    max_leaves=10,
)


@given(WILD, st.booleans())
def test_both_ways_encode_alike(value: Any, literal: bool) -> None:
    assert outcome(encode, value, literal=literal) == by_tokens(encode, value, literal=literal)


@pytest.mark.parametrize("value", ODD, ids=lambda value: type(value).__name__)
def test_both_ways_encode_odd_values_alike(value: Any) -> None:
    for whole in (value, [value], {"a": (1, value)}):
        assert outcome(encode, whole) == by_tokens(encode, whole)


@given(MESSAGES, st.booleans())
def test_both_ways_decode_alike(data: bytes, duplicate_keys: bool) -> None:
    options = {"duplicate_keys": duplicate_keys}
    assert outcome(decode, data, [7], **options) == by_tokens(decode, data, [7], **options)


@pytest.mark.parametrize(
    "message",
    [
        "06 83 08 61 00 80 83 08 61 00 80",  # a key twice
        "06 82 05 01 80 82 02 01 81 02",  # keys that Python takes for equal
        "06 81 05 80 89 04 80 00 00 00 00 00 00 00 80",  # 0 and -0.0
        "06 89 04 7f f8 00 00 00 00 00 00 80 89 04 7f f8 00 00 00 00 00 00 80",  # no number twice
        "06 84 07 82 05 01 80 84 07 82 05 01 80",  # a tuple twice
        "06 81 06 80",  # a map as a key
        "06 84 07 82 07 80 80",  # a seq inside a key
        "06 85 07 83 07 81 06 80",  # a map deep inside a key
    ],
)
def test_both_ways_decode_keys_alike(message: str) -> None:
    data = bytes.fromhex(message)
    for duplicate_keys in (False, True):
        options = {"duplicate_keys": duplicate_keys}
        assert outcome(decode, data, **options) == by_tokens(decode, data, **options)


@given(plain_values())
def test_plain_values_take_the_quick_way(value: Any) -> None:
    """Otherwise they would only be slow, which no other test could tell."""
    data, _ = by_tokens_data(value)
    assert argdata._encode_quickly(value) == data
    assert bytes(argdata._to_marshal(data)) == marshal.dumps(value, 2)


def by_tokens_data(value: Any) -> tuple[bytes, list[int]]:
    encoder = argdata._Encoder(literal=False)
    encoder.add(value, 0)
    return encoder.finish(), list(encoder.fds)


def test_size_limit_on_both_ways() -> None:
    values: list[Value] = [["x" * 2**26], [Fd(0), "x" * 2**26]]
    for value in values:
        with pytest.raises(ArgdataError, match="bytes, 67108864 are allowed"):
            encode(value)
