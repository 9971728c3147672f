# SPDX-License-Identifier: BSD-2-Clause
"""Counts what the conformance suite finds, and compares a whole run with what is on record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator

import pytest

from abi import results
from conformance_harness import CALLS, Case, all_cases, call_of
from harness import ROOT
from machines import ALL, Machine

STALE = "the support table is not that of this run; `build_python.py test conformance --record`"


class Recorder:
    """A plugin for pytest."""

    def __init__(self) -> None:
        self.seen: Counter[tuple[str | None, str]] = Counter()
        self.passed: Counter[tuple[str | None, str]] = Counter()
        self.message = ""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        callspec = getattr(item, "callspec", None)
        parameters = callspec.params if callspec else {}
        case, machine = parameters.get("case"), parameters.get("machine")
        if isinstance(case, Case) and isinstance(machine, Machine):
            place = (call_of(case.program), machine.arch)
            self.seen[place] += report.when == "setup"
            self.passed[place] += report.when == "call" and report.passed
        return report

    def results(self) -> results.Results | None:
        """What was found, if nothing was left out."""
        wanted = Counter((call_of(case.program), m.arch) for m in ALL for case in all_cases())
        if self.seen != wanted:
            return None
        return {
            call: {m.arch: (self.passed[call, m.arch], wanted[call, m.arch]) for m in ALL}
            for call in CALLS
        }

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        found = self.results()
        if found is None:
            return
        if session.config.getoption("record"):
            (ROOT / results.OUTPUT).write_text(results.dump(found), encoding="utf-8")
        elif found != results.load(ROOT):
            self.message = STALE
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.message:
            terminalreporter.write_line(f"error: {self.message}", red=True)
