# SPDX-License-Identifier: BSD-2-Clause
"""Runs the examples of the Python interface as their comments say."""

from __future__ import annotations

import subprocess
import sys

import pytest

from harness import ROOT

EXPECTED = {
    "api_plugin.py": (
        "it returned {'Ada': 'Good morning, Ada!', 'Grace': 'Good morning, Grace!'}\n"
        "it failed: PermissionError: [Errno 76] Capabilities insufficient: '/etc/passwd'\n"
        "it was ended: the program reached its limit of 2 s wall time\n"
    ),
    "api_executor.py": "[1, 1, 4, 27, 256]\nGood morning, Emmy!\nTypeError\n",
    "api_asyncio.py": "endless reached a limit: wall\nsum 499500\ntext s-a-n-d-b-o-x\n",
}


def test_every_example_is_tested() -> None:
    assert sorted(EXPECTED) == sorted(path.name for path in (ROOT / "examples").glob("api_*.py"))


@pytest.mark.parametrize("name", EXPECTED)
def test_example(name: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / name], capture_output=True, text=True, timeout=60
    )
    assert done.stderr == ""
    assert done.returncode == 0
    lines = done.stdout.splitlines(keepends=True)
    # The programs of one event loop end in any order.
    assert "".join(sorted(lines) if name == "api_asyncio.py" else lines) == EXPECTED[name]
