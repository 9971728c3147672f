# SPDX-License-Identifier: BSD-2-Clause
"""The targets that the programs of tests/c are built for, and what runs them here."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from pathlib import Path

from harness import ROOT
from pybuild import targets

HERE = platform.machine()
# What runs programs of another processor.
EMULATORS = {"armv6": "qemu-arm", "aarch64": "qemu-aarch64"}


@dataclass(frozen=True)
class Machine:
    """A target as tests see it."""

    target: targets.Target

    @property
    def arch(self) -> str:
        return self.target.arch

    @property
    def runtime(self) -> Path:
        folder = ROOT / "dist/host/libexec/cloudabi"
        return folder / f"cloudabi-runtime-{self.arch}"

    @property
    def emulator(self) -> str | None:
        """The program that runs its programs; None where the processor does."""
        return None if HERE in self.target.machines else EMULATORS.get(self.arch)

    @property
    def compile(self) -> tuple[str, ...]:
        """Compiles and links a program, or an object with -c, without a C library."""
        return (
            *("clang-16", f"--target={self.target.triple}", "-std=c11", "-O1", "-g"),
            *("-Wall", "-Wextra", "-Werror", "-Wno-unused-command-line-argument"),
            *("-ffreestanding", "-fPIE", "-nostdlibinc"),
            *("-fno-sanitize=safe-stack", "-fno-stack-protector"),
            *(("-DEMULATED",) if self.emulator else ()),
            *("-I", str(ROOT / "abi/include"), "-idirafter", "/usr/include"),
            *("-idirafter", f"/usr/include/{HERE}-linux-gnu"),
            *("-nostdlib", "--ld-path=ld.lld-16", "-Wl,-pie,-z,nostart-stop-gc"),
        )


X86_64 = Machine(targets.X86_64)
ALL = tuple(map(Machine, targets.TARGETS))
# Those whose runtime is built; that of x86_64 always is.
BUILT = tuple(machine for machine in ALL if machine == X86_64 or machine.runtime.exists())
