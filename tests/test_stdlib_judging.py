# SPDX-License-Identifier: BSD-2-Clause
"""What the harness of CPython's own tests makes of what it sees."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stdlib_suite import judging, listing, running, subset
from stdlib_suite.judging import CRASHED, FAILED, OK, SKIPPED, TIMEOUT, Expectation, Expectations
from stdlib_suite.recording import Row
from stdlib_suite.running import LIMIT, Outcome, Run

FAILS = Expectation("fail", "no such file", "design", tests=("Case.test_bad*",))
EXPECTED = Expectations({"test_x": (FAILS,)}, {"needs *": "platform"})


def run(*tests: tuple[str, str], status: int = 0, ended: bool = True, **known: str) -> Run:
    found = tuple(Outcome(name, outcome, 0.0, "why") for name, outcome in tests)
    return Run("test.test_x", 1.0, status, "", found, ended=ended, **known)


@pytest.mark.parametrize(
    ("what", "state"),
    [
        (run(("Case.test_a", "passed"), ("Case.test_b", "skipped")), OK),
        (run(("Case.test_a", "xfailed")), OK),
        (run(("Case.test_a", "passed"), ("Case.test_bad1", "failed")), OK),
        (run(("Case.test_a", "failed")), FAILED),
        (run(("Case.test_a", "passed"), ("Case.test_bad1", "passed")), FAILED),
        (run(("Case.test_a", "skipped")), SKIPPED),
        (run(skip="needs a screen"), SKIPPED),
        (run(broken="SyntaxError"), FAILED),
        (run(("Case.test_a", "passed"), ended=False), FAILED),
        (run(("Case.test_a", "passed"), status=139, ended=False), CRASHED),
        (run(("Case.test_a", "passed"), status=1), CRASHED),
        (run(("Case.test_a", "passed"), status=LIMIT, ended=False), TIMEOUT),
    ],
)
def test_states(what: Run, state: str) -> None:
    assert judging.judge(what, "test_x", EXPECTED).state == state


def test_counts() -> None:
    outcomes = ("passed", "passed", "xfailed", "skipped", "failed")
    tests = [(f"Case.test_{number}", outcome) for number, outcome in enumerate(outcomes)]
    verdict = judging.judge(run(*tests, ("Case.test_bad", "failed")), "test_x", EXPECTED)
    assert (verdict.passed, verdict.skipped, verdict.expected) == (3, 1, 1)
    assert verdict.unexpected == {"Case.test_4": "why"}
    assert verdict.skips == {"unknown": 1}


def test_classes_of_skips() -> None:
    kinds = Expectations({}, {"needs a *": "platform", "needs *": "design"}).kind_of_skip
    assert [kinds("needs a screen"), kinds("needs root"), kinds("?")] == [
        *("platform", "design", "unknown")
    ]


def test_a_failure_that_passes_is_told() -> None:
    verdict = judging.judge(run(("Case.test_bad", "passed")), "test_x", EXPECTED)
    assert verdict.passed == 0
    assert "expected to fail: no such file" in judging.explain([verdict])


def test_records_survive_what_is_between_them(tmp_path: Path) -> None:
    records = tmp_path / "records"
    lines = [
        json.dumps({"start": "Case.test_a"}),
        json.dumps({"test": "Case.test_a", "outcome": "passed", "seconds": 0.1, "detail": ""}),
        "noise",
        "[1]",
        json.dumps({"start": "Case.test_b"}),
        '{"test": "Case.te',
    ]
    records.write_text("\n".join(lines))
    found = running.read("test.test_x", records, seconds=1.0, status=139, output="")
    assert [test.name for test in found.tests] == ["Case.test_a"]
    assert found.running == "Case.test_b"
    assert not found.ended


@pytest.mark.parametrize(
    "entry",
    [
        "{expect: fail, reason: r, class: design}",
        "{expect: pass, reason: r, class: design}",
        "{expect: skip, reason: r, class: laziness}",
        "{expect: skip, reason: r, class: design, test: [a]}",
    ],
)
def test_malformed_expectations(entry: str, tmp_path: Path) -> None:
    path = tmp_path / "expectations.yaml"
    path.write_text(f"skips: {{}}\nfiles: {{test_x: [{entry}]}}\n")
    with pytest.raises(judging.ExpectationError):
        judging.load(path)


def test_expectations_for_other_machines_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "expectations.yaml"
    entry = "{expect: skip, reason: r, class: platform, targets: [i686]}"
    path.write_text(f"skips: {{}}\nfiles: {{test_x: [{entry}]}}\n")
    assert judging.load(path, "x86_64").skipped_file("test_x") is None
    assert judging.load(path, "i686").skipped_file("test_x") is not None


def test_listing(tmp_path: Path) -> None:
    split = ("test_asyncio/test_b.py", "test_inspect/test_inspect.py")
    for name in ("test_a.py", *split, "test_pkg/test_c.py", "other.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    names = listing.names(tmp_path)
    assert names == ["test_a", "test_asyncio.test_b", "test_inspect.test_inspect", "test_pkg"]
    assert listing.chosen(names, ["test_asyncio"]) == ["test_asyncio.test_b"]


def test_the_subset_starts_with_what_patches_touch(tmp_path: Path) -> None:
    patch = tmp_path / "0001.patch"
    patch.write_text("--- a/Modules/zlibmodule.c\n+++ b/Modules/zlibmodule.c\n")
    table = {
        "test_zlib": Row(OK, 1, 0, 0, subset.SECONDS - 1),
        "test_dear": Row(OK, 1, 0, 0, 2),
        "test_cheap": Row(OK, 10, 0, 0, 0.5),
        "test_wrong": Row(FAILED, 10, 0, 0, 0.1),
    }
    assert subset.choose(table, [patch]) == ["test_cheap", "test_zlib"]
    assert subset.choose(table, []) == ["test_cheap", "test_dear"]
