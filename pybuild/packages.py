# SPDX-License-Identifier: BSD-2-Clause
# What a build needs from the machine: Debian packages, and how each is recognised without apt.

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pybuild.errors import ToolError
from pybuild.log import Reporter
from pybuild.targets import TARGETS

INCLUDE = Path("/usr/include")


@dataclass(frozen=True)
class Package:
    """A Debian package; present when its program, its header or another file of it is."""

    name: str
    program: str = ""
    header: str = ""
    file: str = ""

    def is_present(self) -> bool:
        """Look for what identifies the package."""
        if self.program:
            return shutil.which(self.program) is not None
        if self.file:
            return Path(self.file).exists()
        folders = (INCLUDE, *INCLUDE.glob("*-linux-gnu*"))
        return any((folder / self.header).exists() for folder in folders)


def _foreign_headers() -> Iterator[Package]:
    """The kernel's headers for the machines that this one is not."""
    for target in TARGETS:
        if platform.machine() not in target.machines:
            header = f"/usr/{target.multiarch}/include/asm/unistd.h"
            yield Package(f"linux-libc-dev-{target.debian}-cross", file=header)


BUILD = (
    *dict.fromkeys(_foreign_headers()),
    Package("clang-16", program="clang-16"),
    Package("lld-16", program="ld.lld-16"),
    Package("llvm-16", program="llvm-ar-16"),
    Package("libclang-rt-16-dev", file="/usr/lib/llvm-16/lib/clang/16/lib/linux"),
    Package("make", program="make"),
    Package("patch", program="patch"),
    Package("perl", program="perl"),
    Package("tcl", program="tclsh"),
    Package("git", program="git"),
    Package("pkg-config", program="pkg-config"),
    Package("libc6-dev", header="stdio.h"),
    Package("linux-libc-dev", header="linux/landlock.h"),
    Package("libssl-dev", header="openssl/ssl.h"),
    Package("zlib1g-dev", header="zlib.h"),
    Package("libffi-dev", header="ffi.h"),
    Package("libbz2-dev", header="bzlib.h"),
    Package("liblzma-dev", header="lzma.h"),
    Package("libsqlite3-dev", header="sqlite3.h"),
)
TEST = (
    Package("python3", file="/usr/bin/python3"),
    Package("curl", program="curl"),
    Package("file", program="file"),
    Package("gcc", program="gcc"),
    Package("openssl", program="openssl"),
    Package("qemu-user", program="qemu-aarch64"),
)
BENCH = (Package("wrk", program="wrk"),)
CHECK = (Package("clang-format-16", program="clang-format-16"),)


def ensure(packages: tuple[Package, ...], reporter: Reporter) -> None:
    """Install what is missing when this is root; otherwise say which command does.

    Raises ToolError: something is missing and could not be installed.
    """
    names = [package.name for package in packages if not package.is_present()]
    if not names:
        return
    command = ["apt-get", "install", "--yes", "--no-install-recommends", *names]
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise ToolError(
            f"this machine lacks {', '.join(names)}\n"
            f"  = help: on Debian 12, run: sudo {' '.join(command)}"
        )
    reporter.note(f"installing {', '.join(names)}")
    reporter.expect(1)
    with reporter.step("install packages"):
        _apt(["apt-get", "update"])
        _apt(command)
    absent = [package.name for package in packages if not package.is_present()]
    if absent:
        raise ToolError(f"installed, but still not found: {', '.join(absent)}")


def identity(program: str) -> str:
    """Describe the installed version of a program cheaply, for a stage's facts."""
    path = shutil.which(program)
    if path is None:
        return f"{program} absent"
    real = Path(path).resolve()
    status = real.stat()
    return f"{program} {real} {status.st_size} {status.st_mtime_ns}"


def _apt(command: list[str]) -> None:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise ToolError(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}".rstrip())
