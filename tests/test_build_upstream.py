# SPDX-License-Identifier: BSD-2-Clause
"""CPython's own tests without and with the patches: running, judging and comparing."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pybuild import regression, regrtest
from pybuild.errors import UsageError
from pybuild.log import Reporter
from pybuild.regression import ABSENT, Difference, Report, compare
from pybuild.regrtest import CRASHED, FAILED, PASSED, SKIPPED, TIMED_OUT, Result, Side

# In the place of an interpreter: does what the name of the test file asks for.
INTERPRETER = """\
#!{python} -IS
import json, os, signal, sys
notes, name = sys.argv[8], sys.argv[-1]
with open({ran!r}, "a") as stream:
    stream.write(name + "\\n")
with open(notes, "a") as stream:
    def note(test, outcome, reason=""):
        stream.write(json.dumps([test, outcome, reason]) + "\\n")
        stream.flush()
    if name == "skips":
        print("skips skipped -- not here")
        sys.exit(0)
    if name == "imports":
        sys.exit(2)
    note("a", "started")
    note("a", "passed")
    note("b", "started")
    if name == "crashes":
        os.kill(os.getpid(), signal.SIGABRT)
    note("b", "failed" if name == "fails" else "skipped", "no b")
    note("b", "passed")
    if name == "hangs":
        note("c", "started")
        print("Timeout (0:15:00)!")
        sys.exit(1)
    sys.exit(2 if name == "fails" else 0)
"""
OUTCOMES = {
    "works": {"a": PASSED, "b": SKIPPED},
    "fails": {"a": PASSED, "b": FAILED},
    "crashes": {"a": PASSED, "b": CRASHED},
    "hangs": {"a": PASSED, "b": SKIPPED, "c": TIMED_OUT},
    "imports": {"imports": FAILED},
    "skips": {"skips": SKIPPED},
}


@pytest.fixture
def side(tmp_path: Path) -> Side:
    """A side with the interpreter above, which writes what it runs to the file `ran`."""
    python = tmp_path / "python"
    python.write_text(INTERPRETER.format(python=sys.executable, ran=str(tmp_path / "ran")))
    python.chmod(0o755)
    return Side("other", python, tmp_path / "kept")


def test_what_became_of_each_test(side: Side) -> None:
    results = regrtest.run(side, OUTCOMES, 2, Reporter(quiet=True))
    assert {name: result.tests for name, result in results.items()} == OUTCOMES
    assert results["skips"].reasons == {"skips": "not here"}
    assert results["works"].reasons == {"b": "no b"}
    assert "Timeout (0:15:00)!" in results["hangs"].tail


def test_a_run_is_resumed(side: Side, tmp_path: Path) -> None:
    regrtest.run(side, ["works"], 1, Reporter(quiet=True))
    results = regrtest.run(side, ["works", "fails"], 1, Reporter(quiet=True))
    assert set(results) == {"works", "fails"}
    assert (tmp_path / "ran").read_text().split() == ["works", "fails"]
    regrtest.run(side, ["works"], 1, Reporter(quiet=True), attempt=2)
    assert (tmp_path / "ran").read_text().split() == ["works", "fails", "works"]


def test_a_file_that_does_not_end(side: Side, monkeypatch: pytest.MonkeyPatch) -> None:
    side.python.write_text("#!/bin/sh\nexec sleep 1000\n")
    monkeypatch.setattr(regrtest, "FILE_SECONDS", 0)
    monkeypatch.setattr(regrtest, "GRACE_SECONDS", 0.1)
    results = regrtest.run(side, ["works"], 1, Reporter(quiet=True))
    assert results["works"].tests == {"works": TIMED_OUT}


def test_differences() -> None:
    before = {"f": Result(1, {"a": PASSED, "b": FAILED, "c": PASSED, "d": SKIPPED})}
    after = {"f": Result(1, {"a": PASSED, "b": PASSED, "d": CRASHED, "e": PASSED})}
    found = {item.test: item for item in compare(before, after)}
    assert {test: (item.released, item.patched) for test, item in found.items()} == {
        "b": (FAILED, PASSED),
        "c": (PASSED, ABSENT),
        "d": (SKIPPED, CRASHED),
        "e": (ABSENT, PASSED),
    }
    assert [test for test, item in found.items() if item.is_new_failure] == ["c", "d"]
    report = Report(before, after, list(found.values()))
    assert [item.test for item in report.new_failures] == ["c", "d"]
    assert "failing with the patches alone: 2" in list(report.lines())


@pytest.mark.parametrize(
    ("repeated", "is_new"),
    [((), True), ((FAILED,), True), ((FAILED, PASSED), False), ((SKIPPED,), True)],
)
def test_what_passes_alone_was_disturbed(repeated: tuple[str, ...], is_new: bool) -> None:
    assert Difference("f", "a", PASSED, FAILED, repeated).is_new_failure == is_new


def test_files_by_name() -> None:
    known = ["test_os", "test_osx", "test.test_io.test_a", "test.test_io.test_b"]
    assert regression.chosen(known, []) == known
    assert regression.chosen(known, ["test_os", "test_io"]) == [known[0], *known[2:]]
    with pytest.raises(UsageError, match="no tests named test_none"):
        regression.chosen(known, ["test_none"])
