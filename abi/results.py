# SPDX-License-Identifier: BSD-2-Clause
"""What the conformance suite has found: how many cases of each call pass on each target."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

# Written by `build_python.py test conformance -- --record`.
OUTPUT = "abi/results.json"

# By call and short name of a target: how many cases passed, and how many there are.
Results = Mapping[str, Mapping[str, tuple[int, int]]]


def load(root: Path) -> Results:
    """Read the results that are on record; root: the repository."""
    table = json.loads((root / OUTPUT).read_text(encoding="utf-8"))
    return {
        call: {target: (passed, total) for target, (passed, total) in row.items()}
        for call, row in table.items()
    }


def dump(results: Results) -> str:
    """Write results as JSON, a line for each call."""
    rows = ",\n".join(f"  {json.dumps(call)}: {json.dumps(row)}" for call, row in results.items())
    return f"{{\n{rows}\n}}\n"


def targets(results: Results) -> list[str]:
    """List the targets that there are results of."""
    return list(next(iter(results.values())))


def cells(row: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    """Tell how many cases of a call pass on each target, and of how many if that is not all."""
    for passed, total in row.values():
        yield f"{passed}" if passed == total else f"{passed} of {total}"
