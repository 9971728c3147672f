# SPDX-License-Identifier: BSD-2-Clause
"""Each call of the interface, in a program of its own that runs under the broker."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness import ROOT
from runtime_harness import Outcome, run_program

DISPATCH = (ROOT / "runtime/dispatch.inc").read_text()
CALLS = re.findall(r"^DISPATCH(?:_NONE)?\(\d+, (\w+)\)", DISPATCH, re.MULTILINE)

# How programs end that do not just return from test().
ENDS = {
    "fd_write": Outcome(0, "written", ""),
    "proc_exit": Outcome(42, "", ""),
    "proc_raise": Outcome(128 + 15, "", "killed by signal 15 (Terminated)"),
    "thread_exit": Outcome(7, "outlived main", ""),
}


@pytest.mark.parametrize("name", [*CALLS, "auxv", "contention"])
def test_call(name: str, tmp_path: Path) -> None:
    expected = ENDS.get(name, Outcome(0, "", ""))
    outcome = run_program(name, tmp_path)
    assert outcome.output == expected.output
    assert expected.message in outcome.message and bool(expected.message) == bool(outcome.message)
    assert outcome.status == expected.status
