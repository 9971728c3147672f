# SPDX-License-Identifier: BSD-2-Clause
"""Counts what the conformance suite finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator

import pytest

from abi.results import Results
from conformance_harness import CALLS, Case, all_cases, call_of
from machines import ALL, Machine


class Recorder:
    """A plugin for pytest."""

    def __init__(self) -> None:
        self._seen: Counter[tuple[str | None, str]] = Counter()
        self._passed: Counter[tuple[str | None, str]] = Counter()

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
            self._seen[place] += report.when == "setup"
            self._passed[place] += report.when == "call" and report.passed
        return report

    def results(self) -> Results | None:
        """What was found so far, if that is about every case on every machine."""
        wanted = Counter((call_of(case.program), m.arch) for m in ALL for case in all_cases())
        if self._seen != wanted:
            return None
        return {
            call: {m.arch: (self._passed[call, m.arch], wanted[call, m.arch]) for m in ALL}
            for call in CALLS
        }
