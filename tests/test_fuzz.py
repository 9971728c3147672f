# SPDX-License-Identifier: BSD-2-Clause
"""What parses bytes of somebody else's, for a moment each; `build_python.py fuzz` takes longer."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness import scratch
from pybuild import fuzz

SECONDS = float(os.environ.get("FUZZ_SECONDS", "3"))
PLANTED = fuzz.Target("planted", (), (), 64)


@pytest.fixture(scope="module")
def programs() -> Path:
    """The folder of all targets' programs."""
    folder = scratch() / "fuzz"
    folder.mkdir()
    fuzz.build_all((*fuzz.TARGETS, PLANTED), folder, os.process_cpu_count() or 1)
    return folder


@pytest.mark.parametrize("target", fuzz.TARGETS, ids=lambda target: target.name)
def test_nothing_crashes(target: fuzz.Target, programs: Path, tmp_path: Path) -> None:
    """From the kept inputs, which reach nearly all that there is to reach, on to new ones."""
    result = fuzz.run(target, programs / target.name, tmp_path, SECONDS)
    assert result.crashes == (), result.log.read_text()[-4000:]
    assert result.executions > 100
    assert result.edges_before > 0.9 * result.edges > 0


def test_a_flaw_is_found_and_its_input_kept(programs: Path, tmp_path: Path) -> None:
    result = fuzz.run(PLANTED, programs / "planted", tmp_path, 20)
    assert 1 <= len(result.crashes) <= fuzz.CRASHES_MAX
    for path in result.crashes:
        assert path.read_bytes()[:2] == b"\xc1\x0d"
    assert "heap-buffer-overflow" in result.log.read_text()


def test_kept_inputs_are_in_order() -> None:
    """So that a change of them is no more than it has to be."""
    assert {path.stem for path in fuzz.CORPUS.iterdir()} == {t.name for t in fuzz.TARGETS}
    for target in fuzz.TARGETS:
        inputs = [bytes.fromhex(line) for line in target.kept.read_text().splitlines()]
        assert inputs == sorted(set(inputs), key=lambda data: (len(data), data))
        assert all(len(data) <= target.max_len for data in inputs)
