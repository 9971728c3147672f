# SPDX-License-Identifier: BSD-2-Clause
# The sysroot: headers, libc, start-up objects and compiler builtins of a target.

import functools
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pybuild import ambient, builtins
from pybuild.errors import BuildError
from pybuild.makefile import Unit, archive
from pybuild.packages import identity
from pybuild.stages import Build, Stage
from pybuild.targets import AR, CLANG, Target

# For all code below the C library's own headers.
COMMON_FLAGS = (
    *("-nostdinc", "-ffreestanding", "-fPIE", "-O2", "-pipe"),
    *("-ffunction-sections", "-fdata-sections", "-fomit-frame-pointer"),
    *("-fno-sanitize=safe-stack", "-fno-stack-protector"),
    *("-fno-unwind-tables", "-fno-asynchronous-unwind-tables"),
)

# musl's warnings are its authors' concern; what would hide a missing declaration is ours.
MUSL_FLAGS = (
    *("-std=c99", "-D_XOPEN_SOURCE=700", "-fno-strict-aliasing", "-frounding-math", "-w"),
    *("-Werror=implicit-function-declaration", "-Werror=implicit-int"),
    *("-Werror=int-conversion", "-Werror=incompatible-pointer-types"),
)
OWN_FLAGS = ("-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror")

OWN_FOLDERS = ("libc/bottom", "argdata")
START_OBJECTS = ("crt0", "crtbegin", "crtend")

SOURCE_SUFFIXES = (".c", ".s", ".S")


@functools.cache
def sysroot(target: Target) -> Stage:
    """include/ and lib/{crt0.o,crtbegin.o,crtend.o,libc.a,libcompiler_rt.a}."""
    return Stage(
        name=f"sysroot-{target.triple}",
        title=f"build the C library for {target.triple}",
        build=lambda build: _build(build, target),
        needs=(builtins.builtins(target),),
        sources=("musl",),
        inputs=(*map(Path, ("libc", "abi/include", "argdata", "pybuild/ambient.py")),),
        facts=(identity(CLANG), *target.machine_flags, *target.math_flags),
    )


def _build(build: Build, target: Target) -> None:
    musl = build.source("musl")
    assemble(musl, build.root, target, build)
    shutil.copytree(musl / "include", build.out / "include")
    lib = build.out / "lib"
    lib.mkdir()
    makefile = build.tmp / "Makefile"
    makefile.write_text("".join(rules(musl, build.root, target)), encoding="utf-8")
    build.run("make", f"-j{build.jobs}", "-f", makefile)
    for name in (*(f"{name}.o" for name in START_OBJECTS), "libc.a"):
        shutil.copy(build.tmp / name, lib / name)
    shutil.copy(build.need(builtins.builtins(target)) / builtins.LIBRARY, lib)
    # What people link with besides is in libc.a or among the builtins.
    for name in ("libatomic.a", "libm.a"):
        build.run(AR, "rcsD", lib / name)


def assemble(musl: Path, root: Path, target: Target, build: Build) -> None:
    """Turn a fresh copy of musl into what is compiled: patched, with our headers, pruned."""
    patches = sorted((root / "libc/musl-patches").glob("*.patch"))
    # Should the cache lie in some repository, git must not take the patches to be for that.
    build.run("git", "apply", *patches, cwd=musl, env={"GIT_CEILING_DIRECTORIES": str(musl.parent)})
    arch = musl / "arch" / target.musl_arch
    include = musl / "include"
    for bits in (musl / "arch/generic/bits", arch / "bits"):
        shutil.copytree(bits, include / "bits", dirs_exist_ok=True)
        shutil.rmtree(bits)
    shutil.copytree(root / "libc/include", include, dirs_exist_ok=True)
    shutil.copytree(root / "libc/internal", musl / "src/internal", dirs_exist_ok=True)
    for header in (root / "abi/include").glob("*.h"):
        shutil.copy(header, include)
    shutil.copy(root / "argdata/argdata.h", include)
    _generate(musl, arch, include)
    ambient.load(root / "libc/ambient.toml").prune(include)


def _generate(musl: Path, arch: Path, include: Path) -> None:
    """Write the headers that musl's makefile would generate, and those with ABI numbers."""
    bits = include / "bits"
    (arch / "syscall_arch.h").unlink()
    types = subprocess.run(
        ["sed", "-f", "tools/mkalltypes.sed", bits / "alltypes.h.in", "include/alltypes.h.in"],
        cwd=musl,
        check=True,
        capture_output=True,
        text=True,
    )
    (bits / "alltypes.h").write_text(types.stdout, encoding="utf-8")
    for template in (*bits.glob("*.in"), include / "alltypes.h.in"):
        template.unlink()
    abi = (include / "cloudabi.h").read_text(encoding="utf-8")
    aliases = "#define EWOULDBLOCK EAGAIN\n#define EOPNOTSUPP ENOTSUP\n"
    (bits / "errno.h").write_text("".join(_numbers(abi, r"E[A-Z0-9]+")) + aliases, encoding="utf-8")
    (bits / "signal.h").write_text("".join(_numbers(abi, r"SIG[A-Z0-9]+")), encoding="utf-8")


def _numbers(abi: str, pattern: str) -> Iterator[str]:
    """The ABI's constants of some kind under their C names."""
    for name, value in re.findall(rf"^#define CLOUDABI_({pattern}) (\d+)\b", abi, re.MULTILINE):
        if name != "ESUCCESS":
            yield f"#define {name} {value}\n"


def musl_sources(musl: Path, root: Path, target: Target) -> Iterator[Path]:
    """The files that libc/musl.toml names, or those of the machine in their place."""
    table = tomllib.loads((root / "libc/musl.toml").read_text(encoding="utf-8"))
    for folder, entry in table.items():
        yield from _folder_sources(musl / "src" / folder, entry, target)


def _folder_sources(folder: Path, entry: dict[str, Any], target: Target) -> Iterator[Path]:
    for subfolder in (key for key, value in entry.items() if isinstance(value, dict)):
        yield from _folder_sources(folder / subfolder, entry[subfolder], target)
    own = {path.stem: path for path in folder.iterdir() if path.suffix in SOURCE_SUFFIXES}
    machine = folder / target.musl_arch
    if machine.is_dir():
        own |= {path.stem: path for path in machine.iterdir() if path.suffix in SOURCE_SUFFIXES}
    names = own if entry["files"] == ["*"] else entry["files"]
    left_out = set(entry.get("without", ()))
    unknown = (left_out | set(names)) - set(own)
    if unknown:
        raise BuildError(f"libc/musl.toml names what musl lacks: {', '.join(sorted(unknown))}")
    yield from (own[name] for name in names if name not in left_out)


def rules(musl: Path, root: Path, target: Target) -> Iterator[str]:
    """A makefile for libc.a and the start-up objects, which go to the folder it runs in."""
    compiler = (CLANG, f"--target={target.triple}", *target.machine_flags, *COMMON_FLAGS)
    include = _include_flags(musl, root, target)
    theirs = (*compiler, *MUSL_FLAGS, *target.math_flags, *include)
    ours = (*compiler, *OWN_FLAGS, *include)
    units = [Unit(_object(path), path, theirs) for path in musl_sources(musl, root, target)]
    units += [Unit(_object(path), path, ours) for path in own_sources(root, target)]
    start = [Unit(f"{name}.o", root / f"libc/crt/{name}.c", ours) for name in START_OBJECTS]
    return archive("libc.a", units, start)


def own_sources(root: Path, target: Target) -> list[Path]:
    """List our files, among them those for one machine."""
    folders = (*OWN_FOLDERS, f"libc/arch/{target.arch}")
    paths = [path for folder in folders for path in sorted((root / folder).iterdir())]
    return [path for path in paths if path.suffix in SOURCE_SUFFIXES]


def _object(source: Path) -> str:
    return "-".join(source.parts[-3:]).removesuffix(source.suffix) + ".o"


def _include_flags(musl: Path, root: Path, target: Target) -> tuple[str, ...]:
    arch = f"arch/{target.musl_arch}"
    folders = (arch, "arch/generic", "src/include", "src/internal", "src/time", "include")
    ours = root / "libc/arch" / target.arch
    return (f"-I{ours}", *(word for folder in folders for word in ("-isystem", f"{musl / folder}")))
