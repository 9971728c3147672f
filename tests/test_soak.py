# SPDX-License-Identifier: BSD-2-Clause
"""Runs of all kinds in one host process: tests/soak.py, which can do many more of them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from harness import ROOT

RUNS = 100
SOAK = ROOT / "tests" / "soak.py"
# Its arguments: runs, how many there are between two censuses, and which of them leak.
LEAKING = """
import itertools, json, os, subprocess, sys, tempfile
import soak
runs, soak.CENSUS_RUNS, every = map(int, sys.argv[1:])
soak.PATIENCE_S = 0.1
kept, numbers = [], itertools.count(1)
def leak():
    if next(numbers) % every == 0:
        kept.append(LEAK)
watched = soak.Soak({"leak": leak})
with tempfile.TemporaryDirectory() as tempfile.tempdir:
    watched.run(runs, lambda line: None)
for child in (one for one in kept if isinstance(one, subprocess.Popen)):
    child.kill()
print(json.dumps(list(watched.complaints)))
"""


def complaints(leak: str, runs: int, share: int, every: int) -> list[str]:
    """What a soak says where one of so many runs leaks, and a share of them is run at a time."""
    source = LEAKING.replace("LEAK", leak)
    command = [sys.executable, "-c", source, *map(str, (runs, share, every))]
    done = subprocess.run(command, cwd=SOAK.parent, stdout=subprocess.PIPE, check=True)
    return list(json.loads(done.stdout))


def test_a_soak() -> None:
    command = [sys.executable, str(SOAK), str(RUNS)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 0, done.stdout
    censuses = [line for line in done.stdout.splitlines() if "Census" in line]
    assert len(censuses) == 4
    _, *counts = done.stdout.splitlines()[len(censuses) :]
    assert sum(int(line.split()[0]) for line in counts) == RUNS


def test_an_interrupted_soak() -> None:
    """Like Ctrl-C, for the whole group of processes: what was measured is told."""
    command = [sys.executable, str(SOAK), str(RUNS)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as soak:
        assert soak.stdout is not None
        assert "0 wrong" in soak.stdout.readline()
        os.killpg(soak.pid, signal.SIGINT)
        rest = soak.stdout.read()
    assert "wrong" not in rest.partition(" runs in ")[2], rest
    assert soak.returncode == 1
    assert int(rest.partition(" runs in ")[0].split()[-1]) in range(RUNS // 4, RUNS)


@pytest.mark.parametrize(
    ("leak", "complaint"),
    [
        ("os.dup(0)", "descriptors: "),
        ("bytes([1]) * (1 << 17)", "memory grew by "),
        ("tempfile.mkdtemp()", "temporary: "),
        ("subprocess.Popen(['sleep', '9'])", "children: "),
        ("os.posix_spawn('/bin/true', ['true'], {})", "unwaited: "),
        ("soak.expect(1, 2)", "leak: AssertionError: 1 instead of 2"),
    ],
)
def test_what_a_soak_would_find(leak: str, complaint: str) -> None:
    found = complaints(leak, 60, 20, every=1)
    assert found
    assert all(one.startswith((complaint, "children: ")) for one in found)
    assert any(one.startswith(complaint) for one in found)


def test_slow_leaks() -> None:
    """One descriptor, or 100 KB, in a thousand runs: of as many as a long soak has."""
    assert complaints("os.dup(0)", 3000, 1000, every=1000)
    assert complaints("os.urandom(100_000)", 100_000, 10_000, every=1000)
    assert complaints("None", 100_000, 10_000, every=1000) == []
