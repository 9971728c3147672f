# SPDX-License-Identifier: BSD-2-Clause
"""Programs of tests/c that use the C library: built as a user would, run in the sandbox."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import ParamSpec, TypeVar

from harness import ROOT, run, scratch
from machines import X86_64, Machine

PROGRAMS = ROOT / "tests" / "c"
# The compiler could answer many a call itself, and leave out malloc() altogether.
FLAGS = ("-std=c11", "-O1", "-fno-builtin", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE")

CASES_MANIFEST = """!program
args:
  output: !fd stdout
  dir: !file {{path: '{folder}', mode: write}}
limits: {{{limits}}}
"""

# Of programs that need others than the usual.
LIMITS = {
    "libc_children": "processes: 6",
    "libc_malloc": "memory: 256 MiB",
    "libc_thread_numbers": "memory: 3 GiB, threads: 1100",
}

QUESTIONS_MANIFEST = """
output: !fd stdout
questions: !file {{path: '{file}'}}
"""


# How many times fewer rounds emulated programs do.
SCALE = 20
NOT_ENFORCED = re.compile(r"\Acloudabi-run: not enforced: .*\n")

CASE = re.compile(r'\b(?:CASE|NATIVE)\((\w+)(?:,\s+"(.+)")?\)')

P = ParamSpec("P")
R = TypeVar("R")

_machines = [X86_64]


def current() -> Machine:
    """What programs are built for: see on()."""
    return _machines[-1]


@contextmanager
def on(machine: Machine) -> Iterator[None]:
    """Build and run programs for this machine."""
    _machines.append(machine)
    try:
        yield
    finally:
        _machines.pop()


def cached(function: Callable[P, R]) -> Callable[P, R]:
    """As functools.cache, for each machine apart."""
    known: dict[object, R] = {}

    @wraps(function)
    def ask(*args: P.args, **kwargs: P.kwargs) -> R:
        key = (current(), args)
        if key not in known:
            known[key] = function(*args, **kwargs)
        return known[key]

    return ask


@cached
def compiled(name: str) -> Path:
    """Build a program as a user would, once per session."""
    program = scratch() / f"{name}-{current().arch}"
    compiler = ROOT / "dist" / current().triple / "bin" / f"{current().triple}-cc"
    emulated = ("-DEMULATED=true", f"-DSCALE={SCALE}") if current().is_emulated else ()
    source = PROGRAMS / f"{name}.c"
    subprocess.run([compiler, *FLAGS, *emulated, "-o", program, source], check=True, timeout=60)
    return program


def run_program(
    manifest: str, program: Path, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a program in the sandbox, or emulated, of which is made no more than has to be."""
    options = ["--emulate"] if current().is_emulated else []
    result = run(manifest, *options, program, timeout=timeout)
    if current().is_emulated:
        result.stderr, warnings = NOT_ENFORCED.subn("", result.stderr)
        assert warnings == 1, result.stderr
    return result


def including(header: str) -> list[str]:
    """The programs that are built on this frame."""
    line = f'#include "{header}"'
    return sorted(path.stem for path in PROGRAMS.glob("libc_*.c") if line in path.read_text())


def cases(name: str) -> dict[str, str]:
    """The cases of a program that is built on libc_cases.h, in their order.

    Each comes with the reason why it is left out under an emulator, if it is.
    """
    return dict(CASE.findall((PROGRAMS / f"{name}.c").read_text()))


def manifest(name: str, folder: str) -> str:
    return CASES_MANIFEST.format(folder=folder, limits=LIMITS.get(name, ""))


@cached
def complaints(name: str) -> dict[str, str]:
    """Run all cases of a program; what is wrong with each, which is hopefully nothing."""
    with TemporaryDirectory() as folder:
        result = run_program(manifest(name, folder), compiled(name), timeout=240)
    _, *parts = re.split(r"^case (\w+)\n", result.stdout, flags=re.M)
    end = f"the program ended with {result.returncode}\n{result.stderr}"
    said = {}
    for case, text in zip(parts[::2], parts[1::2], strict=True):
        said[case] = "" if text in {"passed\n", "passed\nok\n"} else f"{text}{end}"
    if result.returncode == 0 and result.stdout.endswith("\nok\n"):
        end = "no such case"
    return {case: said.get(case, f"not reached: {end}") for case in cases(name)}


@cached
def answers_to(name: str, questions: tuple[str, ...]) -> dict[str, str]:
    """The answers to what several tests ask, in one run for all of them."""
    return dict(zip(questions, answers(name, list(questions)), strict=True))


def answers(name: str, questions: list[str]) -> list[str]:
    """Run a program that writes one line for each that it reads."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "questions"
        file.write_text("".join(f"{question}\n" for question in questions))
        result = run_program(QUESTIONS_MANIFEST.format(file=file), compiled(name), timeout=240)
    assert result.returncode == 0, result.stdout[-1000:] + result.stderr
    *lines, last = result.stdout.splitlines()
    assert last == "ok" and len(lines) == len(questions), result.stdout[-1000:] + result.stderr
    return lines
