# SPDX-License-Identifier: BSD-2-Clause
"""Programs of tests/c that use the C library: built as a user would, run in the sandbox."""

from __future__ import annotations

import platform
import re
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from harness import ROOT, SYSROOT, TRIPLE, run, scratch
from pybuild.targets import by_triple

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
    "libc_malloc": "memory: 256 MiB",
    "libc_thread_numbers": "memory: 3 GiB, threads: 1100",
}

QUESTIONS_MANIFEST = """
output: !fd stdout
questions: !file {{path: '{file}'}}
"""


# What machines run besides their own programs.
ALSO_NATIVE = {"x86_64": "i686", "aarch64": "armv6"}


def scale() -> str:
    """Emulated programs do a part of the rounds that others do."""
    target = by_triple(TRIPLE)
    machine = platform.machine()
    assert target is not None
    native = machine in target.machines or ALSO_NATIVE.get(machine) == target.arch
    return f"-DSCALE={1 if native else 20}"


@cache
def compiled(name: str) -> Path:
    """Build a program with the flags that dist/ comes with, once per session."""
    program = scratch() / name
    source = PROGRAMS / f"{name}.c"
    subprocess.run(
        ["clang-16", "--config", SYSROOT / "clang.cfg", *FLAGS, scale(), "-o", program, source],
        check=True,
        timeout=60,
    )
    return program


def including(header: str) -> list[str]:
    """The programs that are built on this frame."""
    line = f'#include "{header}"'
    return sorted(path.stem for path in PROGRAMS.glob("libc_*.c") if line in path.read_text())


def cases(name: str) -> list[str]:
    """The cases of a program that is built on libc_cases.h, in their order."""
    return re.findall(r"\bCASE\((\w+)\)", (PROGRAMS / f"{name}.c").read_text())


def manifest(name: str, folder: str) -> str:
    return CASES_MANIFEST.format(folder=folder, limits=LIMITS.get(name, ""))


@cache
def complaints(name: str) -> dict[str, str]:
    """Run all cases of a program; what is wrong with each, which is hopefully nothing."""
    with TemporaryDirectory() as folder:
        result = run(manifest(name, folder), compiled(name), timeout=120)
    _, *parts = re.split(r"^case (\w+)\n", result.stdout, flags=re.M)
    end = f"the program ended with {result.returncode}\n{result.stderr}"
    said = {}
    for case, text in zip(parts[::2], parts[1::2], strict=True):
        said[case] = "" if text in {"passed\n", "passed\nok\n"} else f"{text}{end}"
    if result.returncode == 0 and result.stdout.endswith("\nok\n"):
        end = "no such case"
    return {case: said.get(case, f"not reached: {end}") for case in cases(name)}


@cache
def answers_to(name: str, questions: tuple[str, ...]) -> dict[str, str]:
    """The answers to what several tests ask, in one run for all of them."""
    return dict(zip(questions, answers(name, list(questions)), strict=True))


def answers(name: str, questions: list[str]) -> list[str]:
    """Run a program that writes one line for each that it reads."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "questions"
        file.write_text("".join(f"{question}\n" for question in questions))
        result = run(QUESTIONS_MANIFEST.format(file=file), compiled(name), timeout=120)
    assert result.returncode == 0, result.stdout[-1000:] + result.stderr
    *lines, last = result.stdout.splitlines()
    assert last == "ok" and len(lines) == len(questions), result.stdout[-1000:] + result.stderr
    return lines
