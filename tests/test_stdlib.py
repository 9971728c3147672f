# SPDX-License-Identifier: BSD-2-Clause
"""A part of CPython's own tests; `build_python.py test stdlib` runs them all."""

from __future__ import annotations

from pathlib import Path

import pytest

from pybuild.targets import X86_64
from stdlib_suite import EXPECTATIONS, ROOT, judging, listing, recording, subset
from stdlib_suite.judging import OK, SKIPPED
from stdlib_suite.running import LIBRARY, Sandbox, Wish

PRODUCT = ROOT / "dist" / "tests" / X86_64.triple
WALL_SECONDS = 120
ON_RECORD = recording.read(X86_64.arch)
CHOSEN = subset.choose(ON_RECORD, sorted((ROOT / "patches").glob("*.patch")))


@pytest.mark.parametrize("name", CHOSEN)
def test_file(name: str, tmp_path: Path) -> None:
    assert PRODUCT.exists(), f"no {PRODUCT}; run `./build_python.py test subset`"
    expectations = judging.load(EXPECTATIONS, X86_64.arch)
    wish = Wish(f"test.{name}", WALL_SECONDS, skip=expectations.skipped_tests(name))
    run = Sandbox(PRODUCT).run(wish, tmp_path / name)
    verdict = judging.judge(run, name, expectations)
    assert verdict.state == OK, judging.explain([verdict]) + run.output


def test_what_is_on_record_is_as_expected() -> None:
    states = {row.state for row in ON_RECORD.values()}
    assert states == {OK, SKIPPED}


def test_the_record_is_about_all_files() -> None:
    assert set(ON_RECORD) == set(listing.names(PRODUCT / LIBRARY / "test"))


def test_expectations_are_about_files_that_exist() -> None:
    names = listing.names(PRODUCT / LIBRARY / "test")
    assert set(judging.load(EXPECTATIONS).files) <= set(names)


def test_the_subset_is_within_its_bound() -> None:
    assert len(CHOSEN) > 20
    assert sum(ON_RECORD[name].seconds for name in CHOSEN) <= subset.SECONDS
