# SPDX-License-Identifier: BSD-2-Clause
"""The targets that the programs of tests/c are built for, and what runs them here."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from harness import ROOT
from pybuild import targets
from pybuild.runtime import host_headers
from pybuild.targets import CLANG, LLD


@dataclass(frozen=True)
class Machine:
    """A target as tests see it."""

    target: targets.Target

    @property
    def triple(self) -> str:
        return self.target.triple

    @property
    def arch(self) -> str:
        return self.target.arch

    @property
    def runtime(self) -> Path:
        return ROOT / "dist/host/libexec/cloudabi" / f"cloudabi-runtime-{self.arch}"

    @property
    def is_emulated(self) -> bool:
        return bool(self.target.runner)

    @property
    def emulator(self) -> Path:
        """The program that runs what this machine cannot."""
        path = shutil.which(self.target.emulator)
        assert path is not None, f"there is no {self.target.emulator}"
        return Path(path)

    @property
    def compile(self) -> tuple[str, ...]:
        """Compiles and links a program, or an object with -c, without a C library."""
        return (
            *(CLANG, f"--target={self.triple}", *self.target.machine_flags),
            *("-std=c11", "-O1", "-g"),
            *("-Wall", "-Wextra", "-Werror", "-Wno-unused-command-line-argument"),
            *("-ffreestanding", "-fPIE", "-nostdlibinc"),
            *("-fno-sanitize=safe-stack", "-fno-stack-protector"),
            *(("-DEMULATED",) if self.is_emulated else ()),
            *("-I", str(ROOT / "abi/include"), *host_headers(self.target)),
            *("-nostdlib", f"--ld-path={LLD}", "-Wl,-pie,-z,nostart-stop-gc"),
        )

    @property
    def builtins(self) -> str:
        """What compilers expect to be linked to every program."""
        return str(ROOT / "dist" / self.triple / "lib" / "libcompiler_rt.a")


X86_64 = Machine(targets.X86_64)
ALL = tuple(map(Machine, targets.TARGETS))
