# SPDX-License-Identifier: BSD-2-Clause
"""Whatever a manifest says, there is a value or there are problems: soon, and no traceback."""

from __future__ import annotations

import json
import os
import random
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cloudabi import _abi, _scalars
from cloudabi._grammar import INTERPRETER, LIMITS, PROGRAM, TAGS
from cloudabi.diagnostics import document, render
from cloudabi.errors import ManifestError
from cloudabi.manifest import Manifest, parse
from harness import ROOT

CORPUS = sorted(
    [*ROOT.glob("tests/data/manifests/*.yaml"), *ROOT.glob("examples/*.yaml")], key=lambda p: p.name
)
FUZZ_SECONDS = float(os.environ.get("FUZZ_SECONDS", "5"))
KEYS = [
    key.name for form in (*TAGS.values(), LIMITS, PROGRAM, INTERPRETER) for key in form.keys or ()
]
TOKENS = [
    *(f"{key}: " for key in KEYS),
    *(f"{tag} " for tag in (*TAGS, "!program", *_scalars.TAGS, "!", "!!map", "!x", "!<y>")),
    *(
        f"{mark} "
        for mark in [
            "&a",
            "*a",
            "&b",
            "*b",
            "-",
            "?",
            ":",
            ",",
            "[",
            "]",
            "{",
            "}",
            "|",
            ">",
            "#",
            "'",
            '"',
            "%",
            "@",
            "`",
        ]
    ),
    *("\n", "\n  ", "\n- ", "\n--- ", "\n... ", "\t", "\\", "\0", "\u2028", "\ufeff", "é", "名"),
    *("<<: ", "null", "true", "yes", ".inf", "0x1F", "-1", "1e999", "2001-12-14", "64 MiB", "none"),
    *("stdout", "read", "FD_READ", "127.0.0.1:80", "[::1]:80", "/run/x", "dgram", "aGVsbG8="),
]


def judge(data: bytes, *, for_python: bool) -> Manifest | None:
    """Parse; if there are problems, each can be told in both forms and points into the text."""
    try:
        return parse(data, "fuzz.yaml", for_python=for_python)
    except ManifestError as error:
        caught = error
    assert caught.problems
    json.dumps(document(caught))
    for problem in caught.problems:
        span = problem.span
        assert span is None or 0 <= span.start <= span.end <= len(span.source.text)
        text = render(problem)
        assert all(c.isprintable() or c == "\n" for c in text)
        assert problem.helps, text
    return None


def yamlish() -> st.SearchStrategy[str]:
    token = st.one_of(st.sampled_from(TOKENS), st.text(max_size=3))
    return st.lists(token, max_size=40).map("".join)


@settings(max_examples=600, deadline=None)
@given(text=yamlish(), for_python=st.booleans())
@example(text="limits: &a {wall: 1}\nargs: *a", for_python=True)
@example(text="? !file {path: x}\n: 1", for_python=False)
@example(text="limits: {!!binary wall: 2 s, wall: 3 s}", for_python=True)
@example(text="!tmpdir {a: {b: !tmpdir {c: 1}}}", for_python=False)
def test_text_that_looks_like_a_manifest(text: str, for_python: bool) -> None:
    judge(text.encode("utf-8", "surrogatepass"), for_python=for_python)


@settings(max_examples=300, deadline=None)
@given(data=st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    judge(data, for_python=True)


def values() -> st.SearchStrategy[str]:
    """Flow-style YAML that is well-formed, so that the grammar is reached."""
    scalar = st.sampled_from(
        ["x", "'y: z'", "5", "-1.5", "null", "true", "64 MiB", "none", "read", "[FD_READ]", "''"]
    )
    resource = st.sampled_from([form.example for form in TAGS.values()])

    def collections(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        keys = st.sampled_from([*KEYS, "other"])
        pairs = st.lists(st.tuples(keys, inner), max_size=4)
        mapping = pairs.map(lambda ps: "{" + ", ".join(f"{k}: {v} " for k, v in ps) + "}")
        listing = st.lists(inner, max_size=3).map(lambda vs: f"[{', '.join(f'{v} ' for v in vs)}]")
        tag = st.sampled_from([*TAGS, "!program", "!!map", "!!seq", "!!str"])
        return st.one_of(mapping, listing, st.tuples(tag, mapping).map(" ".join))

    return st.recursive(st.one_of(scalar, resource), collections, max_leaves=12)


@settings(max_examples=500, deadline=None)
@given(text=values(), for_python=st.booleans())
def test_well_formed_documents(text: str, for_python: bool) -> None:
    manifest = judge(text.encode(), for_python=for_python)
    if manifest is not None:
        assert len({resource.place for resource in manifest.resources}) == len(manifest.resources)


def change(random_: random.Random, data: bytearray, other: bytes) -> None:
    """Change bytes at random, often so that YAML has something else to see."""
    at = random_.randrange(len(data) + 1)
    match random_.randrange(6):
        case 0:
            data[at : at + 1] = random_.randbytes(1)
        case 1:
            data.insert(at, random_.choice(b"-?:,[]{}#&*!|>'\"%@` \n"))
        case 2:
            del data[at : at + random_.randrange(9)]
        case 3:
            data[at:] = other[random_.randrange(len(other) + 1) :]
        case 4:
            data[at:at] = random_.choice(TOKENS).encode()
        case 5:
            data += data[at:] * random_.randrange(3)


def test_changed_manifests_for_a_while() -> None:
    """The fuzz target: manifests of the tests, changed at random, for FUZZ_SECONDS."""
    seed = int(os.environ.get("FUZZ_SEED", str(time.time_ns())))
    random_ = random.Random(seed)
    corpus = [path.read_bytes()[:4096] for path in CORPUS]
    end = time.monotonic() + FUZZ_SECONDS
    count = 0
    while time.monotonic() < end:
        data = bytearray(random_.choice(corpus))
        for _ in range(random_.randrange(1, 6)):
            change(random_, data, random_.choice(corpus))
        start = time.monotonic()
        try:
            judge(bytes(data), for_python=random_.random() < 0.7)
        except BaseException:
            pytest.fail(f"FUZZ_SEED={seed}, input {count}: {bytes(data)!r}")
        assert time.monotonic() - start < 5, f"FUZZ_SEED={seed}, input {count} takes long"
        count += 1
    assert count > 100 * FUZZ_SECONDS


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_every_prefix(path: Path) -> None:
    data = path.read_bytes()[:1500]
    for end in range(0, len(data), max(1, len(data) // 60)):
        judge(data[:end], for_python=True)


def test_the_rights_are_those_of_the_abi() -> None:
    words = [f"!file {{path: x, rights: [{name}]}}" for name in _abi.RIGHTS]
    for text, bit in zip(words, _abi.RIGHTS.values(), strict=True):
        manifest = judge(text.encode(), for_python=False)
        assert manifest is not None
        assert manifest.value.access.file == bit
