# SPDX-License-Identifier: BSD-2-Clause
# The functions that compilers call for what a machine has no instructions for: LLVM's builtins.

import functools
import shutil
from collections.abc import Iterator
from pathlib import Path

from pybuild.makefile import Unit, archive
from pybuild.packages import identity
from pybuild.stages import Build, Stage
from pybuild.targets import CLANG, Target

LIBRARY = Path("lib", "libcompiler_rt.a")

FLAGS = (
    *("-std=c11", "-O2", "-ffreestanding", "-nostdlibinc", "-fPIE", "-fno-builtin"),
    *("-fomit-frame-pointer", "-ffunction-sections", "-fdata-sections"),
    *("-fno-sanitize=safe-stack", "-fno-stack-protector", "-fvisibility=hidden"),
    *("-fno-unwind-tables", "-fno-asynchronous-unwind-tables", "-DVISIBILITY_HIDDEN"),
)

# Not about arithmetic: other systems, code made at run time, and what a C library has.
OTHER = (
    *("apple_versioning", "atomic_*", "clear_cache", "cpu_model", "emutls"),
    *("enable_execute_stack", "eprintf", "gcc_personality_v0", "os_version_check"),
    "trampoline_setup",
)

# What a machine may have beyond that: the names that ARM's ABI gives.
FURTHER = "aeabi_*"


@functools.cache
def source() -> Stage:
    """The part of LLVM's sources that is compiled; all of them take long to unpack."""

    def build(build: Build) -> None:
        unpacked = build.source("compiler-rt")
        shutil.copytree(unpacked / "compiler-rt/lib/builtins", build.out, dirs_exist_ok=True)

    return Stage(
        name="compiler-rt",
        title="unpack the compiler's builtins",
        build=build,
        sources=("compiler-rt",),
    )


@functools.cache
def builtins(target: Target) -> Stage:
    """The library, which needs nothing else and thus serves programs of any system."""
    flags = (*target.machine_flags, *target.builtins_flags, *FLAGS)

    def build(build: Build) -> None:
        folder = build.need(source())
        command = (CLANG, f"--target={target.triple}", *flags)
        units = [Unit(f"{path.stem}.o", path, command) for path in files(folder, target)]
        (build.tmp / "Makefile").write_text("".join(archive(LIBRARY.name, units)))
        build.run("make", f"-j{build.jobs}")
        (build.out / LIBRARY).parent.mkdir()
        shutil.copy(build.tmp / LIBRARY.name, build.out / LIBRARY)

    return Stage(
        name=f"builtins-{target.triple}",
        title=f"build the compiler's builtins for {target.triple}",
        build=build,
        needs=(source(),),
        facts=(identity(CLANG), *flags),
    )


def files(folder: Path, target: Target) -> Iterator[Path]:
    """List what is compiled: files for all machines, or the machine's own in their place."""
    machine = folder / target.llvm_arch
    own = {path.stem: path for path in sorted(machine.iterdir()) if path.suffix in (".c", ".S")}
    others = {path for pattern in OTHER for path in folder.glob(f"{pattern}.c")}
    for path in sorted(set(folder.glob("*.c")) - others):
        yield own.get(path.stem, path)
    yield from (path for path in own.values() if path.match(FURTHER))
