# SPDX-License-Identifier: BSD-2-Clause
"""Runs one test file and records what comes of each test; inside the sandbox, or natively.

It is told what to do by sys.argdata, or by JSON as the only argument:

name: of the module with the tests.
records: where records go, or the number of a descriptor; each is a line of JSON.
skip: patterns of tests to leave out. only: of those to run, if there are any.
timeout: seconds after which it is told where the tests are stuck.
"""

from __future__ import annotations

import faulthandler
import fnmatch
import importlib
import io
import json
import os
import random
import sys
import time
import traceback
import unittest
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, TypeAlias

SEED = 3141592653
DETAIL_MAX = 6000

# As unittest has it.
Trouble: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
)


class Records:
    """Where records go; each is whole and written at once, so that none is lost in a crash."""

    def __init__(self, place: io.FileIO | int) -> None:
        self._descriptor = place if isinstance(place, int) else place.fileno()
        self._owner = place

    def add(self, **record: object) -> None:
        """Write a record."""
        data = json.dumps(record).encode() + b"\n"
        while data:
            data = data[os.write(self._descriptor, data) :]


class Result(unittest.TestResult):
    """Tells what comes of each test as soon as it is known."""

    def __init__(self, records: Records, module: str) -> None:
        super().__init__()
        self.buffer = True
        self._records = records
        self._module = module
        self._began = 0.0
        self._outcome = ""
        self._detail = ""

    def startTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().startTest(test)
        self._records.add(start=_name(test, self._module))
        self._began = time.perf_counter()
        self._outcome = self._detail = ""

    def stopTest(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().stopTest(test)
        self._tell(_name(test, self._module), self._outcome or "passed", self._detail)

    def addError(self, test: unittest.TestCase, err: Trouble) -> None:  # noqa: N802
        super().addError(test, err)
        if not isinstance(test, unittest.TestCase):  # what a class or module sets up
            self._tell(test.id(), "failed", _text(err))
        else:
            self._failed(err)

    def addFailure(self, test: unittest.TestCase, err: Trouble) -> None:  # noqa: N802
        super().addFailure(test, err)
        self._failed(err)

    def addSubTest(  # noqa: N802
        self, test: unittest.TestCase, subtest: unittest.TestCase, err: Trouble | None
    ) -> None:
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._failed(err, f"{subtest}\n")

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:  # noqa: N802
        super().addSkip(test, reason)
        if not isinstance(test, unittest.TestCase):
            self._tell(test.id(), "skipped", reason)
        elif not hasattr(test, "test_case"):  # which parts of a test have
            self._outcome, self._detail = self._outcome or "skipped", self._detail or reason

    def addExpectedFailure(self, test: unittest.TestCase, err: Trouble) -> None:  # noqa: N802
        super().addExpectedFailure(test, err)
        self._outcome = self._outcome or "xfailed"

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:  # noqa: N802
        super().addUnexpectedSuccess(test)
        self._outcome, self._detail = "failed", "unexpected success"

    def _failed(self, err: Trouble, place: str = "") -> None:
        self._outcome = "failed"
        self._detail += place + _text(err)

    def _tell(self, name: str, outcome: str, detail: str) -> None:
        seconds = round(time.perf_counter() - self._began, 3)
        self._records.add(test=name, outcome=outcome, seconds=seconds, detail=detail[-DETAIL_MAX:])


def _text(err: Trouble) -> str:
    return "".join(traceback.format_exception(*err))


def main() -> None:
    """Run the tests and report; the exit status tells nothing about them."""
    argdata = getattr(sys, "argdata", None)
    told: Mapping[str, Any] = argdata if argdata is not None else json.loads(sys.argv[1])
    records = Records(told["records"])
    # Tests use both as text; what there is to say about them other tests say.
    sys.argv = ["regrtest"]
    sys.executable = sys.executable or ""
    _set_up(told["timeout"])
    try:
        suite = _load(told["name"])
    except unittest.SkipTest as skip:
        records.add(skip=str(skip))
    except Exception:
        records.add(broken=traceback.format_exc()[-DETAIL_MAX:])
    else:
        _restrict(suite, told["name"], told["only"], told["skip"])
        _run(suite, Result(records, told["name"]))
    records.add(end=True)


def _set_up(timeout: float) -> None:
    """Do as libregrtest does in a process for tests."""
    support: Any = importlib.import_module("test.support")
    importlib.import_module("test.libregrtest.setup").setup_process()
    support.use_resources = {}
    support.verbose = False
    random.seed(SEED)
    faulthandler.dump_traceback_later(timeout, exit=False)


def _load(name: str) -> unittest.TestSuite:
    """Load a file of tests; a part of it that cannot be imported becomes a test that fails."""
    return unittest.TestLoader().loadTestsFromModule(importlib.import_module(name))


def _run(suite: unittest.TestSuite, result: Result) -> None:
    """Run tests, some of which count on as many calls on the stack as there usually are."""
    suite(result)


def _restrict(
    suite: unittest.TestSuite, module: str, only: Sequence[str], skip: Sequence[str]
) -> None:
    """Take out the tests that are not wanted; what suites there are stays as it is."""
    wanted: list[Any] = []
    for test in suite._tests:
        if isinstance(test, unittest.TestSuite):
            _restrict(test, module, only, skip)
            wanted.append(test)
        elif _is_wanted(_name(test, module), only, skip):
            wanted.append(test)
    suite._tests = wanted


def _is_wanted(name: str, only: Sequence[str], skip: Sequence[str]) -> bool:
    if only and not any(fnmatch.fnmatchcase(name, pattern) for pattern in only):
        return False
    return not any(fnmatch.fnmatchcase(name, pattern) for pattern in skip)


def _name(test: unittest.TestCase, module: str) -> str:
    """Return a test's name, in the same words if it has replaced its method id()."""
    identity = test.id() if callable(test.id) else unittest.TestCase.id(test)
    return identity.removeprefix("unittest.loader._FailedTest.").removeprefix(f"{module}.")


if __name__ == "__main__":
    main()
