# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of argdata share: vectors, strategies, and an exact comparison."""

from __future__ import annotations

import json
import struct
import subprocess
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from cloudabi.argdata import Fd, Timestamp, encode
from cloudabi.errors import ArgdataError

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "Lib" / "cloudabi"
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
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


def outcome(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """Call a function; its result for comparison, or what its ArgdataError says."""
    try:
        return bits(function(*arguments, **options))
    except ArgdataError as error:
        return error.message, error.path, error.offset


SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-(2**80), max_value=2**80),
    st.floats(),
    st.text(),
    st.binary(),
    st.integers(min_value=0, max_value=5).map(Fd),
    # Whole microseconds are what datetimes are for.
    st.integers(min_value=-(2**95), max_value=2**95).map(lambda ns: Timestamp(ns | 1)),
    st.datetimes(timezones=st.just(UTC)),
)
KEYS = SCALARS | st.tuples(SCALARS, st.tuples(SCALARS))
VALUES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda members: st.lists(members) | st.dictionaries(KEYS, members),
    max_leaves=30,
)


def plain_values() -> st.SearchStrategy[Any]:
    """Values that need no descriptors and keep their types, as JSON's do."""
    word = st.integers(min_value=-(2**63), max_value=2**63 - 1)
    scalars = st.one_of(st.none(), st.booleans(), word, st.floats(), st.text())
    keys = st.text() | word | st.none() | st.floats()
    return st.recursive(
        scalars,
        lambda members: st.lists(members) | st.dictionaries(keys, members),
        max_leaves=30,
    )


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A message with one byte changed, removed or added."""
    data = bytearray(encode(draw(VALUES))[0] or b"\0")
    at = draw(st.integers(min_value=0, max_value=len(data) - 1))
    data[at : at + draw(st.integers(0, 1))] = draw(st.binary(max_size=1))
    return bytes(data)


def container(tag: bytes, members: list[bytes]) -> bytes:
    return tag + b"".join(length(len(member)) + member for member in members)


def length(size: int) -> bytes:
    """The length prefix of a member."""
    groups = [size & 127 | 128]
    while size := size >> 7:
        groups.insert(0, size & 127)
    return bytes(groups)


# Containers are well-formed, and what is in them may be anything.
CROOKED = st.recursive(
    st.builds(bytes.__add__, st.integers(0, 10).map(lambda tag: bytes([tag])), st.binary())
    | SCALARS.map(lambda value: encode(value)[0]),
    lambda members: st.builds(container, st.sampled_from((b"\6", b"\7")), st.lists(members)),
    max_leaves=8,
)
MESSAGES = st.binary(max_size=40) | damaged() | CROOKED


def built(name: str, folder: Path, *flags: str) -> Path:
    """Compile a program of tests/argdata with the codec and sanitizers."""
    program = folder / name
    sources = [*sorted((ROOT / "argdata").glob("*.c")), PACKAGE / "_marshal.c"]
    sources.append(ROOT / "tests" / "argdata" / f"{name}.c")
    includes = [f"-I{path}" for path in (ROOT / "argdata", PACKAGE)]
    command = [
        "clang-16",
        "-std=c11",
        "-D_GNU_SOURCE",
        "-g",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        *includes,
    ]
    subprocess.run([*command, *SANITIZERS, *flags, "-o", program, *sources], check=True)
    return program
