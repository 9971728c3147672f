#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes what docs/ says of manifests and of cloudabi-run, or checks that it is up to date."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __package__ is None:  # run as a file rather than with -m
    sys.path[:0] = [str(ROOT), str(ROOT / "Lib")]

from abi.generate import settle  # noqa: E402
from docs import emit_completion, emit_man, emit_schema, emit_tables  # noqa: E402

REPAIR = "python3 docs/generate.py"


def outputs(root: Path) -> dict[str, str]:
    """The generated files: contents by path, relative to the root of the repository.

    Raises MarkError: a document lacks the marks between which a part of it is generated.
    """
    manual = (root / emit_tables.OUTPUT).read_text(encoding="utf-8")
    return {
        emit_tables.OUTPUT: emit_tables.emit(manual),
        emit_schema.OUTPUT: emit_schema.emit(),
        emit_man.OUTPUT: emit_man.emit(),
        emit_completion.BASH: emit_completion.bash(),
        emit_completion.ZSH: emit_completion.zsh(),
        emit_completion.FISH: emit_completion.fish(),
    }


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if stale")
    parser.add_argument("--root", type=Path, default=ROOT, help="root of the repository")
    options = parser.parse_args(arguments)
    try:
        files = outputs(options.root)
    except emit_tables.MarkError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return settle(options, files, "Lib/cloudabi", REPAIR)


if __name__ == "__main__":
    sys.exit(main())
