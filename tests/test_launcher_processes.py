# SPDX-License-Identifier: BSD-2-Clause
"""Programs that start programs, as a manifest lets them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from broker_harness import fds_of
from harness import CLOUDABI_RUN, only_child, run
from libc_harness import compiled
from test_runtime_processes import children_of, processes_of

MANIFEST = """
!program
limits: {{processes: {processes}, memory: 256 MiB, cpu: 60}}
args:
  output: !fd stdout
  what: {what}
  file: !file {{path: '{folder}/file'}}
  script: !file {{path: '{folder}/script', mode: exec}}
  program: !file {{path: '{program}', mode: exec}}
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("contents\n")
    (tmp_path / "script").write_text("#!/bin/sh\n")
    (tmp_path / "script").chmod(0o755)
    return tmp_path


def run_in(folder: Path, what: str, processes: str) -> subprocess.CompletedProcess[str]:
    manifest = MANIFEST.format(
        processes=processes, folder=folder, what=what, program=compiled("spawn")
    )
    return run(manifest, compiled("spawn"))


@pytest.mark.parametrize("processes", ["2", "64", "none"])
def test_programs_that_start_programs(folder: Path, processes: str) -> None:
    result = run_in(folder, "several", processes)
    assert (result.stdout, result.stderr, result.returncode) == ("ok\n", "", 0)


@pytest.mark.parametrize("victim", ["launcher", "broker", "spawner", "first"])
def test_whoever_is_killed_nobody_is_left(folder: Path, victim: str) -> None:
    manifest = folder / "nest.yaml"
    manifest.write_text(
        MANIFEST.format(processes=4, folder=folder, what="nest", program=compiled("spawn"))
    )
    command = [str(CLOUDABI_RUN), "-f", str(manifest), str(compiled("spawn"))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as launcher:
        try:
            left = kill_one_of(launcher, victim)
        finally:
            launcher.kill()
    assert left == []


def kill_one_of(launcher: subprocess.Popen[str], victim: str) -> list[int]:
    """Kill a process of a run once all are there; returns those that do not end."""
    assert launcher.stdout is not None
    assert launcher.stdout.readline() == "ready\n"
    broker = only_child(launcher.pid)
    session = os.getsid(children_of(broker)[0])
    # With the spawner, which leads the session, and without those that were replaced.
    await_count(session, 4)
    guests = {*processes_of(session)} - {session}
    first = max(guests, key=lambda pid: len(fds_of(pid)))
    pids = {"launcher": launcher.pid, "broker": broker, "spawner": session, "first": first}
    os.kill(pids[victim], signal.SIGKILL)
    await_count(session, 0)
    return processes_of(session)


def await_count(session: int, count: int) -> None:
    deadline = time.monotonic() + 20
    while len(processes_of(session)) != count and time.monotonic() < deadline:
        time.sleep(0.01)


def test_one_process_starts_no_other(folder: Path) -> None:
    result = run_in(folder, "alone", "1")
    assert (result.stdout, result.stderr, result.returncode) == ("ok\n", "", 0)


def test_too_many_to_ask_for(folder: Path) -> None:
    result = run_in(folder, "alone", "65")
    assert result.returncode == 125
    assert "a number from 1 to 64, or `none`" in result.stderr
