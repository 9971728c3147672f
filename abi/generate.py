#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes everything that is generated from cloudabi.abi, or checks that it is up to date."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __package__ is None:  # run as a file rather than with -m
    sys.path.insert(0, str(ROOT))

from abi import (  # noqa: E402
    emit_dispatch,
    emit_docs,
    emit_errors,
    emit_python,
    emit_rights,
    emit_syscalls,
    emit_trace,
    emit_types,
    results,
)
from abi.model import Abi, AbiError  # noqa: E402
from abi.parser import parse_file  # noqa: E402

SOURCE = "abi/cloudabi.abi"
REPAIR = "python3 abi/generate.py"
EMITTERS: dict[str, Callable[[Abi], str]] = {
    emit_types.OUTPUT: emit_types.emit,
    emit_syscalls.OUTPUT: emit_syscalls.emit,
    emit_rights.OUTPUT: emit_rights.emit,
    emit_dispatch.OUTPUT: emit_dispatch.emit,
    emit_trace.OUTPUT: emit_trace.emit,
    emit_python.OUTPUT: emit_python.emit,
    emit_errors.OUTPUT: emit_errors.emit,
}


def outputs(abi: Abi, found: results.Results) -> dict[str, str]:
    """The generated files: contents by path, relative to the root of the repository."""
    files = {path: emit(abi) for path, emit in EMITTERS.items()}
    return files | {emit_docs.OUTPUT: emit_docs.emit(abi, found)}


def write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def stale(root: Path, files: dict[str, str]) -> list[str]:
    """The paths whose file is missing or differs."""

    def differs(path: str) -> bool:
        file = root / path
        return not file.exists() or file.read_text(encoding="utf-8") != files[path]

    return [path for path in files if differs(path)]


def settle(options: argparse.Namespace, files: dict[str, str], source: str, repair: str) -> int:
    """Write the files, or with --check tell which are stale; returns the exit status."""
    if not options.check:
        write(options.root, files)
        return 0
    found = stale(options.root, files)
    for path in found:
        print(f"error: {path} does not match {source}", file=sys.stderr)
    if found:
        print(f"help: run `{repair}`", file=sys.stderr)
    return 1 if found else 0


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing, fail if stale")
    parser.add_argument("--root", type=Path, default=ROOT, help="root of the repository")
    options = parser.parse_args(arguments)
    try:
        files = outputs(parse_file(options.root / SOURCE), results.load(options.root))
    except AbiError as error:
        print(f"error: {SOURCE}: {error}", file=sys.stderr)
        return 1
    return settle(options, files, SOURCE, REPAIR)


if __name__ == "__main__":
    sys.exit(main())
