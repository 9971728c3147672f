# SPDX-License-Identifier: BSD-2-Clause
# Runs CPython's tests and notes the end of each one. The CPython under test imports this.
#
# The reports that regrtest can write lack tests of which a part failed, and everything when the
# process dies. Here each note is a line of its own, written at once.

import importlib
import json
import os
import runpy
import sys
import unittest.case
from typing import Any

STARTED, PASSED, SKIPPED, FAILED = "started", "passed", "skipped", "failed"

PART: Any = vars(unittest.case)["_SubTest"]

results: Any = importlib.import_module("test.libregrtest.testresult")


class Recorder(results.RegressionTestResult):  # type: ignore[misc]
    """Regrtest's own result that notes what it is told."""

    fd = -1
    write = staticmethod(os.write)  # whatever a test puts in its place

    def startTest(self, test: Any) -> None:  # noqa: N802
        super().startTest(test)
        self._note(test, STARTED)

    def addSuccess(self, test: Any) -> None:  # noqa: N802
        super().addSuccess(test)
        self._note(test, PASSED)

    def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addExpectedFailure(test, err)
        self._note(test, PASSED)

    def addUnexpectedSuccess(self, test: Any) -> None:  # noqa: N802
        super().addUnexpectedSuccess(test)
        self._note(test, FAILED)

    def addSkip(self, test: Any, reason: str) -> None:  # noqa: N802
        super().addSkip(test, reason)
        self._note(test, SKIPPED, reason)

    def addError(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addError(test, err)
        self._note(test, FAILED)

    def addFailure(self, test: Any, err: Any) -> None:  # noqa: N802
        super().addFailure(test, err)
        self._note(test, FAILED)

    def addSubTest(self, test: Any, subtest: Any, err: Any) -> None:  # noqa: N802
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._note(test, FAILED)

    def _note(self, test: Any, outcome: str, reason: str = "") -> None:
        if isinstance(test, PART):  # it is skipped in its own name
            test = test.test_case
        name = type(test).id(test)  # some tests have another `id` themselves
        line = json.dumps([name, outcome, str(reason)])
        self.write(self.fd, f"{line}\n".encode())


def main() -> None:
    """Hand over to regrtest, which ends the process.

    sys.argv: besides what `python -m test` takes, the file for the notes comes first.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
    Recorder.fd = os.open(sys.argv.pop(1), flags, 0o644)
    results.RegressionTestResult = Recorder
    runpy.run_module("test", run_name="__main__", alter_sys=True)
