# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of argdata share: vectors, strategies, and an exact comparison."""

from __future__ import annotations

import json
import struct
from datetime import UTC
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from cloudabi.argdata import Fd, Timestamp, encode

ROOT = Path(__file__).parent.parent
VECTORS = json.loads((ROOT / "tests" / "data" / "argdata.json").read_text(encoding="utf-8"))


def bits(value: Any) -> Any:
    """Make NaN equal to itself and tell 0.0 from -0.0 and from 0."""
    if isinstance(value, float):
        return ("float", struct.pack(">d", value))
    if isinstance(value, list | tuple):
        return (type(value), [bits(member) for member in value])
    if isinstance(value, dict):
        return [(bits(key), bits(member)) for key, member in value.items()]
    return (type(value), value)


SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(2**80), max_value=2**80),
    st.floats(),
    st.text(),
    st.binary(),
    st.integers(min_value=0, max_value=5).map(Fd),
    st.integers(min_value=-(2**95), max_value=2**95).map(Timestamp),
    st.datetimes(timezones=st.just(UTC)),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda members: st.lists(members) | st.dictionaries(SCALARS, members),
    max_leaves=30,
)


def plain_values() -> st.SearchStrategy[Any]:
    """Values that need no descriptors and keep their types, as JSON's do."""
    word = st.integers(min_value=-(2**63), max_value=2**63 - 1)
    scalars = st.one_of(st.none(), st.booleans(), word, st.floats(), st.text())
    keys = st.text() | word | st.none() | st.floats() | st.tuples(word)
    return st.recursive(
        scalars,
        lambda members: st.lists(members) | st.dictionaries(keys, members),
        max_leaves=30,
    )


def exact(value: Any) -> Any:
    """As decode() returns it: timestamps in the form that fits."""
    if isinstance(value, list):
        return [exact(member) for member in value]
    if isinstance(value, dict):
        return {exact(key): exact(member) for key, member in value.items()}
    if isinstance(value, Timestamp) and value.ns % 1000 == 0:
        try:
            return value.to_datetime()
        except OverflowError:
            return value
    return value


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message with one byte changed, removed or added."""
    data = bytearray(encode(draw(VALUES))[0] or b"\0")
    at = draw(st.integers(min_value=0, max_value=len(data) - 1))
    data[at : at + draw(st.integers(0, 1))] = draw(st.binary(max_size=1))
    return bytes(data)


MESSAGES = st.binary(max_size=40) | damaged()
