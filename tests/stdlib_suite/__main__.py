# SPDX-License-Identifier: BSD-2-Clause
"""Runs the standard library's tests, as many files at once as there are processors."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path

from pybuild import targets
from stdlib_suite import EXPECTATIONS, ROOT, judging, listing, recording
from stdlib_suite.judging import OK, SKIPPED, Expectations, Verdict
from stdlib_suite.running import LIBRARY, Native, Sandbox, Wish, World

WALL_SECONDS = 300


@dataclass(frozen=True)
class Suite:
    """Runs files and keeps what came of each in a folder."""

    world: World
    expectations: Expectations
    folder: Path
    wall_seconds: int
    judged: bool = True

    def run(self, names: Iterable[str], jobs: int) -> Iterator[Verdict]:
        """Run files, in any order; what came of them is in the folder, too."""
        with ThreadPoolExecutor(jobs) as pool:
            futures = [pool.submit(self._run, name) for name in names]
            try:
                for future in as_completed(futures):
                    yield future.result()
            finally:
                pool.shutdown(cancel_futures=True)

    def results(self) -> dict[str, Verdict]:
        """Read what came of all files that were run so far."""
        verdicts = {}
        for path in self.folder.glob("*/verdict.json"):
            verdict = Verdict(**json.loads(path.read_text(encoding="utf-8")))
            verdicts[verdict.name] = verdict
        return verdicts

    def try_skips(self, names: Iterable[str], jobs: int) -> Iterator[str]:
        """Run what is skipped, and name what passes."""
        with ThreadPoolExecutor(jobs) as pool:
            for found in pool.map(self._would_pass, names):
                yield from found

    def _run(self, name: str) -> Verdict:
        skip = self.expectations.skipped_file(name) if self.judged else None
        if skip is not None:
            return self._keep(Verdict(name, SKIPPED, reason=f"{skip.kind}: {skip.reason}"))
        patterns = self.expectations.skipped_tests(name) if self.judged else []
        wish = Wish(f"test.{name}", self.wall_seconds, skip=patterns)
        run = self.world.run(wish, self.folder / name)
        tests = [asdict(test) for test in run.tests]
        (self.folder / name / "tests.json").write_text(json.dumps(tests, indent=0))
        return self._keep(judging.judge(run, name, self.expectations))

    def _keep(self, verdict: Verdict) -> Verdict:
        path = self.folder / verdict.name / "verdict.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(verdict)), encoding="utf-8")
        return verdict

    def _would_pass(self, name: str) -> list[str]:
        patterns = self.expectations.skipped_tests(name)
        if self.expectations.skipped_file(name) is None and not patterns:
            return []
        wish = Wish(f"test.{name}", self.wall_seconds, only=patterns)
        run = self.world.run(wish, self.folder / "skips" / name)
        return [f"{name} {test.name}" for test in run.tests if test.outcome == "passed"]


def main() -> int:
    options = _parser().parse_args()
    target = targets.by_triple(options.target)
    if target is None:
        sys.stderr.write(f"error: no target {options.target}\n")
        return 2
    product = ROOT / "dist" / "tests" / target.triple
    world: World = Native(options.native) if options.native else _sandbox(target, product)
    name = "native" if options.native else target.triple
    suite = Suite(
        world,
        judging.load(EXPECTATIONS, target.arch),
        ROOT / "dist" / "tests" / "results" / name,
        options.wall,
        judged=not options.native,
    )
    names = listing.names(product / LIBRARY / "test")
    chosen = options.names or (suite.expectations.emulated if target.runner else ())
    if chosen:
        names = listing.chosen(names, chosen)
    if not names:
        sys.stderr.write("error: no such tests\n")
        return 2
    return _run(suite, names, options, target)


def _run(
    suite: Suite, names: list[str], options: argparse.Namespace, target: targets.Target
) -> int:
    before = suite.results()
    if options.try_skips:
        found = list(suite.try_skips(names, options.jobs))
        for line in found:
            print(f"is skipped, and passes: {line}", flush=True)
        return 1 if found else 0
    wanted = _wanted(names, before, options)
    wanted.sort(key=lambda name: -before[name].seconds if name in before else 0)
    for number, verdict in enumerate(suite.run(wanted, options.jobs), 1):
        print(f"[{number}/{len(wanted)}] {_line(verdict)}", flush=True)
    verdicts = [verdict for name, verdict in sorted(suite.results().items()) if name in names]
    summary = judging.explain(verdicts) + _totals(verdicts)
    (suite.folder / "summary.txt").write_text(summary, encoding="utf-8")
    print(summary, end="")
    if options.record:
        recording.write(target.arch, verdicts)
    return 0 if all(verdict.state in (OK, SKIPPED) for verdict in verdicts) else 1


def _wanted(names: list[str], before: dict[str, Verdict], options: argparse.Namespace) -> list[str]:
    """Leave out what needs not be run again."""
    if options.rerun_failed:
        return [
            name for name in names if name in before and before[name].state not in (OK, SKIPPED)
        ]
    if options.resume:
        return [name for name in names if name not in before]
    return list(names)


def _line(verdict: Verdict) -> str:
    counts = f"{verdict.passed} passed"
    counts += f", {verdict.skipped} skipped" if verdict.skipped else ""
    counts += f", {verdict.expected} expected to fail" if verdict.expected else ""
    counts += f", {len(verdict.unexpected)} unexpected" if verdict.unexpected else ""
    reason = verdict.reason.strip().splitlines()[-1:] or [""]
    return f"{verdict.name}: {verdict.state} ({counts}) {verdict.seconds} s {reason[0]}".rstrip()


def _totals(verdicts: list[Verdict]) -> str:
    states = Counter(verdict.state for verdict in verdicts)
    passed = sum(verdict.passed for verdict in verdicts)
    skips: Counter[str] = sum((Counter(verdict.skips) for verdict in verdicts), Counter())
    kinds = ", ".join(f"{count} {kind}" for kind, count in skips.most_common())
    expected = sum(verdict.expected for verdict in verdicts)
    unexpected = sum(len(verdict.unexpected or ()) for verdict in verdicts)
    files = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return (
        f"{len(verdicts)} files: {files}\n"
        f"{passed} tests passed, {skips.total()} skipped ({kinds}), {expected} expected to fail, "
        f"{unexpected} unexpected\n"
    )


def _sandbox(target: targets.Target, product: Path) -> Sandbox:
    return Sandbox(product, emulate=bool(target.runner))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build_python.py test stdlib", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="files, or patterns of them")
    parser.add_argument("--target", required=True, metavar="T")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--wall", type=int, default=WALL_SECONDS, help="seconds for each file")
    parser.add_argument("--resume", action="store_true", help="only what was not run yet")
    parser.add_argument("--rerun-failed", action="store_true", help="only what did not go well")
    parser.add_argument("--try-skips", action="store_true", help="run what is skipped otherwise")
    parser.add_argument("--record", action="store_true", help="write what is on record")
    parser.add_argument("--native", type=Path, metavar="PYTHON", help="run without a sandbox")
    return parser


if __name__ == "__main__":
    sys.exit(main())
