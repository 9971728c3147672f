# SPDX-License-Identifier: BSD-2-Clause
# The programs around a guest: broker and janitor outside, the runtime inside its process.

import functools
import re
import subprocess
from pathlib import Path

from pybuild import builtins
from pybuild.packages import identity
from pybuild.stages import Build, Stage
from pybuild.targets import CLANG, LLD, Target

# Where they are in the results of their stages and in dist/host.
LIBEXEC = Path("libexec", "cloudabi")

# What the runtime includes of the broker.
SHARED = tuple(
    Path("broker", name) for name in ("control.h", "host_errno.h", "host_signal.h", "protocol.h")
)

# No C library, no thread-local storage, no relocations; vector registers stay the program's.
RUNTIME_COMPILE = (
    *("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"),
    *("-ffreestanding", "-fno-builtin", "-fPIE", "-fvisibility=hidden"),
    *("-fno-stack-protector", "-fno-asynchronous-unwind-tables", "-mgeneral-regs-only"),
    *("-fno-unwind-tables", "-nostdlibinc"),
    *("-ffunction-sections", "-fdata-sections"),
)
RUNTIME_LINK = (
    *("-nostdlib", "-static-pie", f"--ld-path={LLD}", "-Wl,-z,norelro"),
    *("-Wl,--gc-sections", "-Wl,--strip-all", "-Wl,--build-id=none"),
)

# A host program like any other: the C library of the build machine, linked in, hardened.
BROKER_FLAGS = (
    *("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror"),
    *("-D_GNU_SOURCE", "-D_FILE_OFFSET_BITS=64", "-D_TIME_BITS=64"),
    *("-fstack-protector-strong", "-D_FORTIFY_SOURCE=2"),
    *("-fPIE", "-static-pie", "-Wl,-z,relro,-z,now"),
)


def host_headers(target: Target) -> tuple[str, ...]:
    """Flags for the headers of the kernel on a target's hosts: this machine's, or a package's."""
    native = Path("/usr/include", target.multiarch)
    folders = (
        (native, native.parent) if native.is_dir() else (Path(f"/usr/{target.multiarch}/include"),)
    )
    return tuple(word for folder in folders for word in ("-idirafter", str(folder)))


@functools.cache
def runtime(target: Target) -> Stage:
    """The program that loads a CloudABI program and is its kernel, inside the guest process."""

    def build(build: Build) -> None:
        folder = build.root / "runtime"
        arch = folder / "arch" / target.arch
        program = build.out / LIBEXEC / f"cloudabi-runtime-{target.arch}"
        program.parent.mkdir(parents=True)
        build.run(
            CLANG,
            f"--target={target.host_triple}",
            *RUNTIME_COMPILE,
            *target.host_flags,
            *("-I", arch, "-I", build.root / "abi" / "include"),
            *host_headers(target),
            *RUNTIME_LINK,
            *("-o", program, folder / "runtime.ld"),
            *sorted(folder.glob("*.c")),
            *sorted(arch.glob("*.S")),
            build.need(builtins.builtins(target)) / builtins.LIBRARY,
        )

    return Stage(
        name=f"runtime-{target.triple}",
        title=f"build the runtime for {target.triple}",
        build=build,
        needs=(builtins.builtins(target),),
        inputs=(Path("runtime"), Path("abi", "include"), *SHARED),
        facts=(
            *map(identity, (CLANG, LLD)),
            *RUNTIME_COMPILE,
            *target.host_flags,
            *host_headers(target),
            *RUNTIME_LINK,
        ),
    )


def write_host_calls(folder: Path) -> None:
    """Write the host's system calls as rows, by what the compiler's headers say.

    host_calls_32.inc has those of i686, where a kernel knows both them and its own.
    """
    for output, header in (("", "asm/unistd.h"), ("_32", "asm/unistd_32.h")):
        (folder / f"host_calls{output}.inc").write_text("".join(_host_calls(header)))


def _host_calls(header: str) -> list[str]:
    """List what a header defines, if there is such a header."""
    source = f"#if __has_include(<{header}>)\n#include <{header}>\n#endif\n"
    command = [CLANG, "-E", "-dM", "-xc", "-"]
    defined = subprocess.run(command, check=True, input=source, capture_output=True, text=True)
    pattern = r"^#define __NR_([a-z]\w*) (?!__NR_[a-z])(.*)$"
    rows = sorted(re.findall(pattern, defined.stdout, re.MULTILINE))
    return [f"HOST_CALL({name}, {number})\n" for name, number in rows if name != "syscalls"]


@functools.cache
def broker() -> Stage:
    """The program that starts a guest and holds its directories."""

    def build(build: Build) -> None:
        program = build.out / LIBEXEC / "cloudabi-broker"
        program.parent.mkdir(parents=True)
        write_host_calls(build.tmp)
        build.run(
            CLANG,
            *BROKER_FLAGS,
            *("-I", build.root / "abi" / "include", "-I", build.root / "argdata"),
            *("-I", build.tmp, "-o", program),
            *sorted((build.root / "broker").glob("*.c")),
            build.root / "argdata" / "argdata.c",
        )

    return Stage(
        name="broker",
        title="build the broker",
        build=build,
        inputs=(Path("broker"), Path("abi", "include"), Path("argdata")),
        facts=(identity(CLANG), *BROKER_FLAGS),
    )


@functools.cache
def janitor() -> Stage:
    """The program that removes what a run must not leave behind."""

    def build(build: Build) -> None:
        program = build.out / LIBEXEC / "cloudabi-janitor"
        program.parent.mkdir(parents=True)
        sources = sorted((build.root / "janitor").glob("*.c"))
        build.run(CLANG, *BROKER_FLAGS, "-o", program, *sources)

    return Stage(
        name="janitor",
        title="build the janitor",
        build=build,
        inputs=(Path("janitor"),),
        facts=(identity(CLANG), *BROKER_FLAGS),
    )
