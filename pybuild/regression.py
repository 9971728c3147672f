# SPDX-License-Identifier: BSD-2-Clause
# CPython's own tests on this machine, without and with our patches, compared test by test.

import hashlib
import json
import platform
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from pybuild import native, regrtest, upstream
from pybuild.errors import SuiteError, UsageError
from pybuild.regrtest import BAD, PASSED, SKIPPED, Result, Side
from pybuild.stages import KEY_DIGITS, Driver, Stage, file_digest

REPORT = Path("dist", "upstream.json")
ABSENT = "absent"
REPEATS = 2  # of files with differences, alone: what passes then was disturbed by the others
Results = Mapping[str, Result]


@dataclass(frozen=True)
class Difference:
    """A test that ended otherwise with the patches; repeated: how it did when run alone."""

    file: str
    test: str
    released: str
    patched: str
    repeated: tuple[str, ...] = ()

    @property
    def is_new_failure(self) -> bool:
        """Tell whether the patches have broken what was well."""
        return _is_worse(self.released, self.patched) and all(
            _is_worse(self.released, outcome) for outcome in self.repeated
        )

    def __str__(self) -> str:
        repeated = "".join(f", alone {outcome}" for outcome in self.repeated)
        return f"{self.test}: {self.released}, with the patches {self.patched}{repeated}"


def run(driver: Driver, names: list[str]) -> None:
    """Run the tests of these files, or all, on both sides; print and write what differs.

    Raises SuiteError: a test that passes without the patches does not with them.
    """
    released, patched = (
        _side(driver, stage) for stage in (upstream.released(), upstream.patched())
    )
    names = chosen(released.files(), names)
    before = regrtest.run(released, names, driver.jobs, driver.reporter)
    after = regrtest.run(patched, names, driver.jobs, driver.reporter)
    differences = _repeated(driver, patched, list(compare(before, after)))
    report = Report(before, after, differences)
    _write(driver, report)
    sys.stdout.write("".join(f"{line}\n" for line in report.lines()))
    if report.new_failures:
        raise SuiteError(f"{len(report.new_failures)} tests fail with the patches alone")


def compare(before: Results, after: Results) -> Iterator[Difference]:
    """Find the tests whose ends differ, or that only one side has."""
    for name in before:
        first, second = before[name].tests, after[name].tests
        for test in sorted(first.keys() | second.keys()):
            outcomes = first.get(test, ABSENT), second.get(test, ABSENT)
            if outcomes[0] != outcomes[1]:
                yield Difference(name, test, *outcomes)


def _is_worse(released: str, patched: str) -> bool:
    """Failing is worse than anything else, and passing is better."""
    if patched in BAD:
        return released not in BAD
    return released == PASSED and patched != PASSED


def _repeated(driver: Driver, side: Side, differences: list[Difference]) -> list[Difference]:
    """Run files that seem to have new failures again, one at a time, as long as they do."""
    for attempt in range(2, 2 + REPEATS):
        files = {item.file: None for item in differences if item.is_new_failure}
        results = regrtest.run(side, files, 1, driver.reporter, attempt)
        differences = [
            replace(item, repeated=(*item.repeated, _outcome(results[item.file], item.test)))
            if item.is_new_failure
            else item
            for item in differences
        ]
    return differences


def _outcome(result: Result, test: str) -> str:
    return result.tests.get(test, ABSENT)


@dataclass(frozen=True)
class Report:
    """What both sides' results come to."""

    before: Results
    after: Results
    differences: list[Difference]

    @property
    def new_failures(self) -> list[Difference]:
        """What the patches have broken."""
        return [item for item in self.differences if item.is_new_failure]

    @property
    def failing_both(self) -> list[str]:
        """Tests that fail on this machine with and without the patches."""
        return sorted(
            test
            for name, result in self.before.items()
            for test, outcome in result.tests.items()
            if outcome in BAD and _outcome(self.after[name], test) in BAD
        )

    @property
    def not_covered(self) -> dict[str, str]:
        """Files that were skipped as a whole, and why."""
        return {
            name: result.reasons[name]
            for name, result in self.before.items()
            if result.tests == {name: SKIPPED}
        }

    def counts(self) -> dict[str, tuple[int, int]]:
        """Count files, and tests by how they ended, of both sides."""
        result = {"files": (len(self.before), len(self.after))}
        for outcome in (PASSED, SKIPPED, *BAD):
            first, second = (
                sum(one.count(outcome) for one in side.values())
                for side in (self.before, self.after)
            )
            result[outcome] = first, second
        return result

    def reasons(self) -> dict[str, int]:
        """Count why tests are skipped without the patches, the most frequent first."""
        found = Counter(why for one in self.before.values() for why in one.reasons.values())
        return dict(found.most_common())

    def lines(self) -> Iterator[str]:
        """Say it to a person."""
        yield f"{'':16}{'released':>10}{'patched':>10}"
        for kind, (first, second) in self.counts().items():
            yield f"{kind:16}{first:10}{second:10}"
        new = self.new_failures
        yield from _section("failing with the patches alone", new)
        yield from _section("other differences", [it for it in self.differences if it not in new])
        yield from _section("failing on both sides", self.failing_both)
        skipped = [f"{name}: {reason}" for name, reason in self.not_covered.items()]
        yield from _section("not covered, as the whole file was skipped", skipped)


def _section(title: str, items: Sequence[object]) -> Iterator[str]:
    yield f"{title}: {len(items)}"
    yield from (f"  {item}" for item in items)


def _side(driver: Driver, stage: Stage) -> Side:
    """Build one side; its results are kept under a hash of what they are results of."""
    python = driver.realize(stage) / "bin" / native.PYTHON
    parts = (driver.key(stage), *(file_digest(path) for path in regrtest.FILES))
    key = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:KEY_DIGITS]
    name = stage.name.removeprefix("upstream-")
    return Side(name, python, driver.cache / "regrtest" / f"{stage.name}-{key}")


def chosen(known: list[str], names: list[str]) -> list[str]:
    """Choose test files by their names, or the name of their folder; all if none is given.

    Raises UsageError: there is no such file.
    """
    result: dict[str, None] = {}
    for name in names:
        found = [file for file in known if f"{file}.".removeprefix("test.").startswith(f"{name}.")]
        if not found:
            raise UsageError(f"CPython has no tests named {name}")
        result |= dict.fromkeys(found)
    return list(result) if names else known


def _write(driver: Driver, report: Report) -> None:
    values = {
        "cpython": driver.catalogue["cpython"].version,
        "machine": f"{platform.machine()}, {platform.platform()}",
        "resources": regrtest.RESOURCES,
        "counts": report.counts(),
        "new_failures": [asdict(item) for item in report.new_failures],
        "differences": [asdict(item) for item in report.differences],
        "failing_both": report.failing_both,
        "not_covered": report.not_covered,
        "reasons_of_skipped_tests": report.reasons(),
    }
    path = driver.root / REPORT
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
