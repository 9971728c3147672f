# SPDX-License-Identifier: BSD-2-Clause
"""The probes: building their program for both worlds, and what it says about itself."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pybuild import ROOT
from pybuild.runtime import host_headers
from pybuild.targets import CLANG, LLD, READELF, TARGETS, Target

FOLDER = Path(__file__).parent
# No library in between, and none that the compiler expects.
COMPILE = (
    *(CLANG, "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror"),
    *("-nostdlib", "-ffreestanding", "-fno-builtin", "-fno-stack-protector", "-fvisibility=hidden"),
    *(f"--ld-path={LLD}", "-I", str(ROOT / "abi" / "include")),
)
LINUX = ("-static", "-fno-pic")
CLOUDABI = ("-fPIE", "-Wl,-pie", "-fno-sanitize=safe-stack", "-nostdlibinc")

# What this machine confines and there is an entry into the kernel for.
CONFINED = tuple(
    target
    for target in TARGETS
    if platform.machine() in target.machines and (FOLDER / f"raw_{target.arch}.c").exists()
)


@dataclass(frozen=True)
class Programs:
    """The same attempts, built for both worlds."""

    linux: Path
    cloudabi: Path


@dataclass(frozen=True)
class Probe:
    """One attempt.

    row: the class, of docs/security.md.
    proof: what it does where nothing confines it; see probe.h.
    is_certain: whether every host lets it do that.
    """

    name: str
    row: int
    proof: str
    is_certain: bool


def build(target: Target, folder: Path) -> Programs:
    """Compile the program for a machine."""
    programs = Programs(folder / f"{target.arch}-linux", folder / f"{target.arch}-cloudabi")
    others = FOLDER.glob("raw_*.c")
    sources = {*FOLDER.glob("*.c")} - {*others} | {FOLDER / f"raw_{target.arch}.c"}
    for output, triple, flags in (
        (programs.linux, target.host_triple, LINUX),
        (programs.cloudabi, target.triple, CLOUDABI),
    ):
        words = (*COMPILE, f"--target={triple}", *flags, *host_headers(target))
        subprocess.run([*words, *map(str, sorted(sources)), "-o", str(output)], check=True)
    _check_relocations(programs.cloudabi)
    return programs


def _check_relocations(program: Path) -> None:
    """Nobody would make them, and a probe would go wrong without being refused anything."""
    command = [READELF, "--relocations", str(program)]
    found = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    assert "RELATIVE" not in found, f"{program.name} has pointers that need relocation:\n{found}"


def probes(linux: Path) -> Sequence[Probe]:
    """Ask the Linux program for the list."""
    output = subprocess.run([linux], stdout=subprocess.PIPE, text=True, check=True).stdout
    return tuple(_probe(line) for line in output.splitlines())


def _probe(line: str) -> Probe:
    name, row, proof = line.split("\t")
    return Probe(name, int(row), proof.removesuffix("?"), not proof.endswith("?"))
