# SPDX-License-Identifier: BSD-2-Clause
"""What tests are expected to come to, and whether they did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import yaml

from stdlib_suite.running import Run

# Why a test does not pass: there is no such authority; somebody has to do something; it is
# so on this platform; it is for another one; it is a bug that the tests have everywhere.
CLASSES = ("design", "work", "platform", "elsewhere", "upstream")
ENDINGS = ("skip", "fail")

OK, SKIPPED, FAILED, CRASHED, TIMEOUT = "ok", "skipped", "failed", "crashed", "timeout"


class ExpectationError(Exception):
    """The file with the expectations does not have its form."""


@dataclass(frozen=True)
class Expectation:
    """What some tests of a file come to.

    tests: patterns of their names; all of the file if empty.
    targets: the machines it is true for; all if empty.
    """

    expect: str
    reason: str
    kind: str
    tests: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    def covers(self, test: str) -> bool:
        """Tell whether it is about this test."""
        return any(fnmatchcase(test, pattern) for pattern in self.tests)


@dataclass(frozen=True)
class Expectations:
    """All that is expected.

    files: by name. skips: the class, by a pattern of the reason that tests give.
    emulated: the files that are run where a machine is emulated.
    """

    files: Mapping[str, tuple[Expectation, ...]]
    skips: Mapping[str, str]
    emulated: tuple[str, ...] = ()

    def of(self, name: str) -> tuple[Expectation, ...]:
        """Return what is expected of a file."""
        return self.files.get(name, ())

    def skipped_file(self, name: str) -> Expectation | None:
        """Return why a file is not run."""
        found = (each for each in self.of(name) if each.expect == "skip" and not each.tests)
        return next(found, None)

    def skipped_tests(self, name: str) -> list[str]:
        """Return the patterns of tests that are not run."""
        return [
            pattern for each in self.of(name) if each.expect == "skip" for pattern in each.tests
        ]

    def failure(self, name: str, test: str) -> Expectation | None:
        """Return why a test fails."""
        found = (each for each in self.of(name) if each.expect == "fail" and each.covers(test))
        return next(found, None)

    def kind_of_skip(self, reason: str) -> str:
        """Return the class of what a test gives as its reason."""
        found = (kind for pattern, kind in self.skips.items() if fnmatchcase(reason, pattern))
        return next(found, "unknown")


@dataclass(frozen=True)
class Verdict:
    """What is to say about a file that was run, or was not.

    unexpected: by test, what is wrong with it. expected: failures that are.
    skips: how many tests skip themselves, by class.
    """

    name: str
    state: str
    seconds: float = 0.0
    passed: int = 0
    skipped: int = 0
    expected: int = 0
    unexpected: Mapping[str, str] | None = None
    reason: str = ""
    skips: Mapping[str, int] | None = None


def load(path: Path, arch: str = "") -> Expectations:
    """Read the file with the expectations; arch: leave out what is for other machines.

    Raises ExpectationError: it does not have its form.
    """
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    files = {
        name: tuple(each for each in map(_expectation, entries) if _is_for(each, arch))
        for name, entries in document["files"].items()
    }
    skips = document["skips"]
    for kind in skips.values():
        _check(kind in CLASSES, f"no class `{kind}`")
    return Expectations(files, skips, tuple(document.get("emulated", ())))


def judge(run: Run, name: str, expectations: Expectations) -> Verdict:
    """Compare what came of a file with what is expected."""
    unexpected = {}
    expected = 0
    for test in run.tests:
        failure = expectations.failure(name, test.name)
        if test.outcome == "failed" and failure is None:
            unexpected[test.name] = test.detail
        elif test.outcome == "failed":
            expected += 1
        elif test.outcome == "passed" and failure is not None:
            unexpected[test.name] = f"passes, and is expected to fail: {failure.reason}"
    passed = sum(test.outcome in ("passed", "xfailed") for test in run.tests)
    passed -= sum("passes, and" in detail for detail in unexpected.values())
    reasons = [test.detail for test in run.tests if test.outcome == "skipped"]
    skips = dict(Counter(map(expectations.kind_of_skip, reasons)))
    state, reason = _state(run, passed, bool(unexpected))
    counts = (passed, len(reasons), expected)
    return Verdict(name, state, run.seconds, *counts, unexpected, reason, skips)


def _state(run: Run, passed: int, has_unexpected: bool) -> tuple[str, str]:
    if run.timed_out:
        return TIMEOUT, run.running
    if run.status != 0 and not run.broken:
        return CRASHED, f"status {run.status} in {run.running or 'no test'}"
    if run.skip:
        return SKIPPED, run.skip
    if run.broken or has_unexpected or not run.ended:
        return FAILED, run.broken
    return (OK, "") if passed else (SKIPPED, "each test was skipped")


def _expectation(entry: Mapping[str, Any]) -> Expectation:
    unknown = entry.keys() - {"expect", "reason", "class", "tests", "targets"}
    _check(not unknown, f"unknown keys {unknown}")
    expectation = Expectation(
        expect=entry["expect"],
        reason=entry["reason"],
        kind=entry["class"],
        tests=tuple(entry.get("tests", ())),
        targets=tuple(entry.get("targets", ())),
    )
    _check(expectation.expect in ENDINGS, f"no ending `{expectation.expect}`")
    _check(expectation.kind in CLASSES, f"no class `{expectation.kind}`")
    _check(bool(expectation.tests) or expectation.expect == "skip", "which tests fail?")
    return expectation


def _is_for(expectation: Expectation, arch: str) -> bool:
    return not (arch and expectation.targets) or arch in expectation.targets


def _check(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise ExpectationError(otherwise)


def explain(verdicts: Iterable[Verdict]) -> str:
    """Sum up what is wrong, for a person."""
    lines = []
    for verdict in verdicts:
        if verdict.state not in (OK, SKIPPED):
            lines.append(f"{verdict.name}: {verdict.state} {verdict.reason}".rstrip())
            for test, detail in (verdict.unexpected or {}).items():
                lines.append(f"  {test}: {(detail.strip().splitlines() or [''])[-1]}")
    return "".join(f"{line}\n" for line in lines)
