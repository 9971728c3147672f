# SPDX-License-Identifier: BSD-2-Clause
"""Programs that start programs, as a manifest lets them."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness import run
from test_libc import compiled

MANIFEST = """
!program
limits: {{processes: {processes}, memory: 256 MiB, cpu: 60}}
args:
  output: !fd stdout
  what: {what}
  file: !file {{path: '{folder}/file'}}
  script: !file {{path: '{folder}/script', mode: exec}}
  program: !file {{path: '{folder}/spawn', mode: exec}}
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    compiled("spawn", tmp_path)
    (tmp_path / "file").write_text("contents\n")
    (tmp_path / "script").write_text("#!/bin/sh\n")
    (tmp_path / "script").chmod(0o755)
    return tmp_path


def run_in(folder: Path, what: str, processes: str) -> subprocess.CompletedProcess[str]:
    manifest = MANIFEST.format(processes=processes, folder=folder, what=what)
    return run(manifest, folder / "spawn")


@pytest.mark.parametrize("processes", ["2", "64", "none"])
def test_programs_that_start_programs(folder: Path, processes: str) -> None:
    result = run_in(folder, "several", processes)
    assert (result.stdout, result.stderr, result.returncode) == ("ok\n", "", 0)


def test_one_process_starts_no_other(folder: Path) -> None:
    result = run_in(folder, "alone", "1")
    assert (result.stdout, result.stderr, result.returncode) == ("ok\n", "", 0)


def test_too_many_to_ask_for(folder: Path) -> None:
    result = run_in(folder, "alone", "65")
    assert result.returncode == 125
    assert "a number from 1 to 64, or `none`" in result.stderr
