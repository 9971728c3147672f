# SPDX-License-Identifier: BSD-2-Clause
"""What is on record about full runs."""

from __future__ import annotations

import json
import platform
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from stdlib_suite import ROOT
from stdlib_suite.judging import Verdict


@dataclass(frozen=True)
class Row:
    """About one file."""

    state: str
    passed: int
    skipped: int
    expected: int
    seconds: float


def path(arch: str) -> Path:
    """Where results are on record."""
    return ROOT / "tests" / "data" / f"stdlib-{arch}.json"


def write(arch: str, verdicts: Iterable[Verdict]) -> None:
    """Put results on record, with what they were made with; a line for each file."""
    catalogue = tomllib.loads((ROOT / "sources.toml").read_text(encoding="utf-8"))
    versions = {name: source["version"] for name, source in catalogue.items()}
    made_with = json.dumps({"kernel": platform.release(), **versions})
    rows = ",\n".join(
        f"    {json.dumps(each.name)}: "
        + json.dumps([each.state, each.passed, each.skipped, each.expected, each.seconds])
        for each in verdicts
    )
    text = f'{{\n  "made_with": {made_with},\n  "files": {{\n{rows}\n  }}\n}}\n'
    path(arch).write_text(text, encoding="utf-8")


def read(arch: str) -> dict[str, Row]:
    """Return what is on record, by file."""
    table = json.loads(path(arch).read_text(encoding="utf-8"))
    return {name: Row(*row) for name, row in table["files"].items()}
