# SPDX-License-Identifier: BSD-2-Clause
"""The runtime: every call, the loader's refusals, and a broker that misbehaves."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.broker_harness import abi
from tests.runtime_harness import PROGRAMS, Outcome, run_program

CALLS = sorted(path.stem for path in PROGRAMS.glob("*.c") if not path.stem.startswith("libc_"))
CALLS.remove("start")

# How programs end that do not just return from test().
ENDS = {
    "fd_write": Outcome(0, "written", ""),
    "proc_exit": Outcome(42, "", ""),
    "proc_raise": Outcome(128 + 15, "", "killed by signal 15 (Terminated)"),
    "thread_exit": Outcome(7, "outlived main", ""),
}


@pytest.mark.parametrize("name", CALLS)
def test_call(name: str, tmp_path: Path) -> None:
    expected = ENDS.get(name, Outcome(0, "", ""))
    outcome = run_program(name, tmp_path)
    assert outcome.output == expected.output
    assert expected.message in outcome.message and bool(expected.message) == bool(outcome.message)
    assert outcome.status == expected.status
