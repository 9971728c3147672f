# SPDX-License-Identifier: BSD-2-Clause
# Checks of style, types and generated files, and their repairs.

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pybuild import ROOT, documents, native, pip
from pybuild.errors import CheckError
from pybuild.patchset import Patchset
from pybuild.stages import Driver

# Two runs of mypy: what runs on the host's Python, and what runs on the one that is built.
PYTHON_311 = ("build_python.py", "setup.py", "pybuild", "abi", "Lib/cloudabi")
PYTHON_314 = ("tests", "benchmarks", "docs")
# Modules/ follows PEP 7, patches and generated headers follow nobody's formatter.
C_FOLDERS = (
    *("Lib", "argdata", "broker", "examples", "janitor"),
    *("libc", "ports", "runtime", "tests"),
)


@dataclass(frozen=True)
class Check:
    """One check: returns what it found, empty when all is well.

    fix: repairs what can be repaired without a person.
    """

    title: str
    find: Callable[[], str]
    fix: Callable[[], object] | None = None


def check(driver: Driver, fix: bool) -> None:
    """Run every check, repairing first what can be repaired when `fix` is set.

    Raises CheckError: something was found; it has been printed.
    """
    failed = []
    for item in _checks(driver):
        if fix and item.fix:
            item.fix()
        found = item.find()
        driver.reporter.note(f"{item.title}: {'failed' if found else 'ok'}")
        if found:
            sys.stdout.write(f"{found}\n")
            failed.append(item.title)
    if failed:
        raise CheckError(f"failed: {', '.join(failed)}\n  = help: `--fix` repairs what it can")


def _checks(driver: Driver) -> list[Check]:
    python = pip.tools().output(driver) / "bin" / native.PYTHON
    tool = (str(python), "-m")
    clang_format = ("clang-format-16", "--style=file")
    c_files = _c_files()
    generate = (sys.executable, "abi/generate.py")
    describe = (str(python), "docs/generate.py")
    count = (sys.executable, "tests/escape/document.py")
    return [
        _commands("Python format", (*tool, "ruff", "format", "--check"), (*tool, "ruff", "format")),
        _commands("Python lint", (*tool, "ruff", "check"), (*tool, "ruff", "check", "--fix")),
        _commands("types, Python 3.11", (*tool, "mypy", *_existing(PYTHON_311))),
        _commands(
            "types, Python 3.14",
            (*tool, "mypy", "--python-version=3.14", *_existing(PYTHON_314)),
        ),
        _commands(
            "C format",
            (*clang_format, "--dry-run", "--Werror", *c_files),
            (*clang_format, "-i", *c_files),
        ),
        _commands("ABI files", (*generate, "--check"), generate),
        _commands("launcher documents", (*describe, "--check"), describe),
        _commands("table of probes", (*count, "--check"), count),
        Check(
            "generated documents",
            lambda: "\n".join(documents.stale(driver)),
            lambda: documents.renew(driver),
        ),
        Check("patches", lambda: "\n".join(Patchset(driver).problems())),
    ]


def _commands(title: str, find: tuple[str, ...], fix: tuple[str, ...] | None = None) -> Check:
    return Check(title, lambda: _findings(find), (lambda: _findings(fix)) if fix else None)


def _findings(command: tuple[str, ...]) -> str:
    """Return what a failing command says."""
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if result.returncode == 0:
        return ""
    return (result.stdout + result.stderr).strip() or f"{command[0]} failed"


def _existing(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if (ROOT / name).exists())


def _c_files() -> list[str]:
    tracked = subprocess.run(
        ("git", "ls-files", "--", *C_FOLDERS), cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [name for name in tracked if Path(name).suffix in (".c", ".h")]
