# SPDX-License-Identifier: BSD-2-Clause
"""What the C library runs when a program ends."""

from __future__ import annotations

import pytest

from libc_harness import compiled, run_program

REGISTERED = """registered second
registered while ending
registered first
destructor 102
destructor 101
buffered
"""


@pytest.mark.parametrize(
    ("how", "status", "output"),
    [
        ("exit", 1, REGISTERED),
        ("_Exit", 2, ""),
        ("thread", 3, REGISTERED),
        ("quick_exit", 4, "registered for a quick end\n"),
        ("last thread", 0, "the last thread\n" + REGISTERED),
        ("abort", 128 + 6, ""),
        # Guards end what would otherwise write over another's memory.
        ("overflow", 128 + 11, ""),
        ("overflow in a thread", 128 + 11, ""),
    ],
)
def test_ending(how: str, status: int, output: str) -> None:
    result = run_program(f"!program\nargs: [!fd stdout , {how}]", compiled("libc_endings"))
    assert (result.stdout, result.returncode) == (output, status)
