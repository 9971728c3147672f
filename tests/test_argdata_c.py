# SPDX-License-Identifier: BSD-2-Clause
"""The C functions for programs, compiled with sanitizers."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argdata_harness import MESSAGES, VECTORS, built
from cloudabi.argdata import DEPTH_MAX, decode
from cloudabi.errors import ArgdataError

EINVAL, EILSEQ, EBADF, E2BIG = 22, 84, 9, 7

Ask = Callable[[list[bytes]], list[str]]


@pytest.fixture(scope="session")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Ask:
    program = built("tree", tmp_path_factory.mktemp("argdata"))

    def ask(messages: list[bytes]) -> list[str]:
        lines = "".join(message.hex() + "\n" for message in messages)
        answer = subprocess.run([program], input=lines, capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.splitlines()

    return ask


def test_trees_rebuild_the_vectors(tree: Ask) -> None:
    hexes = [vector["hex"] for vector in VECTORS["good"]]
    assert tree([bytes.fromhex(text) for text in hexes]) == hexes


def test_trees_refuse_the_bad_vectors(tree: Ask) -> None:
    # This program takes every descriptor number, hence not those two.
    bad = [v for v in VECTORS["bad"] if "descriptor of this index" not in v["error"]]
    codes = [EILSEQ if "UTF-8" in v["error"] else EINVAL for v in bad]
    answers = tree([bytes.fromhex(vector["hex"]) for vector in bad])
    assert answers == [f"refused {code}" for code in codes]


def test_trees_refuse_unresolved_descriptors_and_depth(tree: Ask) -> None:
    deep = b"\x07"
    for _ in range(DEPTH_MAX):
        prefix = [0x80 | len(deep)] if len(deep) < 128 else [1, len(deep)]
        deep = b"\x07" + bytes(prefix) + deep
    answers = tree([bytes.fromhex("03ffffffff"), deep])
    assert answers == [f"refused {EBADF}", f"refused {E2BIG}"]


@given(st.lists(MESSAGES, min_size=1, max_size=8))
def test_trees_and_python_agree(tree: Ask, messages: list[bytes]) -> None:
    for message, answer in zip(messages, tree(messages), strict=True):
        try:
            decode(message, range(2**31 - 1), duplicate_keys=True)
        except ArgdataError as error:
            if "no Python form" not in error.message:
                assert answer.startswith("refused")
        else:
            assert answer == message.hex()
