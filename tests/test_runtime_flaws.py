# SPDX-License-Identifier: BSD-2-Clause
"""Flaws of an earlier implementation: what docs/security.md names against them is there."""

from __future__ import annotations

import re

import pytest

from harness import ROOT


def table() -> list[tuple[str, str]]:
    """The flaws, and the cells that name their tests."""
    text = (ROOT / "docs/security.md").read_text()
    section = text.split("## Flaws of an earlier implementation\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line.startswith("|")]
    return [(flaw, tests) for flaw, tests in rows[2:]]


@pytest.mark.parametrize(("flaw", "tests"), table())
def test_named_tests_exist(flaw: str, tests: str) -> None:
    named = re.findall(r"`(tests/[^`]*)`: `([^`]*)`", tests)
    assert len(named) == tests.count("`") / 4 >= 1, flaw
    for path, name in named:
        begin = f"CASE({name})" if path.endswith(".c") else f"def {name}("
        assert begin in (ROOT / path).read_text(), (path, name)
