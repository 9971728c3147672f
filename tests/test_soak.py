# SPDX-License-Identifier: BSD-2-Clause
"""Runs of all kinds in one host process: tests/soak.py, which can do many more of them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from harness import ROOT

RUNS = 100
LEAKING = """
import json, os, subprocess, tempfile
import soak
soak.CENSUS_RUNS, soak.PATIENCE_S = 20, 0.1
kept = []
watched = soak.Soak({"leak": lambda: kept.append(LEAK)})
with tempfile.TemporaryDirectory() as tempfile.tempdir:
    watched.run(60, lambda line: None)
for child in (one for one in kept if isinstance(one, subprocess.Popen)):
    child.kill()
print(json.dumps(list(watched.complaints)))
"""


def test_a_soak() -> None:
    command = [sys.executable, str(ROOT / "tests" / "soak.py"), str(RUNS)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert sum(int(line.split()[0]) for line in done.stdout.splitlines()[1:]) == RUNS


@pytest.mark.parametrize(
    ("leak", "complaint"),
    [
        ("os.dup(0)", "descriptors: "),
        ("bytes([1]) * (1 << 17)", "memory grew by "),
        ("tempfile.mkdtemp()", "temporary: "),
        ("subprocess.Popen(['sleep', '9'])", "children: "),
        ("soak.expect(1, 2)", "leak: AssertionError: 1 instead of 2"),
    ],
)
def test_what_a_soak_would_find(leak: str, complaint: str) -> None:
    command = [sys.executable, "-c", LEAKING.replace("LEAK", leak)]
    done = subprocess.run(command, cwd=ROOT / "tests", capture_output=True, check=True)
    (found,) = json.loads(done.stdout)
    assert found.startswith(complaint)
