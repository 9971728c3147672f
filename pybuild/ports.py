# SPDX-License-Identifier: BSD-2-Clause
# What is linked into the guest's interpreter: libraries, and C files of extension modules.

import functools
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from pybuild import libc, native, pip
from pybuild.packages import identity
from pybuild.stages import Build, Stage
from pybuild.targets import AR, CLANG, Target

ZLIB_SOURCES = (
    *("adler32", "compress", "crc32", "deflate", "infback", "inffast"),
    *("inflate", "inftrees", "trees", "uncompr", "zutil"),
)
ZLIB_HEADERS = ("zconf.h", "zlib.h")

FFI_SOURCES = ("prep_cif.c", "types.c")
FFI_OURS = Path("ports", "libffi")

BINDINGS = Path("Lib", "cloudabi")
BINDINGS_INPUTS = tuple(BINDINGS / name for name in ("_ffi_build.py", "_marshal.c", "decl"))


@functools.cache
def zlib(target: Target) -> Stage:
    """Zlib without its functions for files, which nothing here calls."""

    def build(build: Build) -> None:
        source = build.source("zlib")
        files = [source / f"{name}.c" for name in ZLIB_SOURCES]
        _archive(build, target, "libz.a", files, ("-DHAVE_UNISTD_H",))
        copy(source, build.out / "include", ZLIB_HEADERS)

    return _library("zlib", target, build)


@functools.cache
def libffi(target: Target) -> Stage:
    """Libffi without closures: those are code made at run time, which no program can run."""
    name, folder, units = target.ffi

    def build(build: Build) -> None:
        source = build.source("libffi")
        machine = source / "src" / folder
        ours = build.root / FFI_OURS
        headers = build.out / "include"
        copy(machine, headers, ("ffitarget.h",))
        template = (source / "include" / "ffi.h.in").read_text()
        (headers / "ffi.h").write_text(_ffi_header(template, name))
        files = [source / "src" / name for name in FFI_SOURCES]
        files += [*(machine / name for name in units), *sorted(ours.glob("*.c"))]
        includes = [f"-I{path}" for path in (headers, ours, source / "include", machine)]
        _archive(build, target, "libffi.a", files, includes)

    return _library("libffi", target, build, (FFI_OURS,))


@functools.cache
def bindings() -> Stage:
    """The C files of the module cloudabi._argdata, as cffi writes them."""

    def build(build: Build) -> None:
        script = build.root / BINDINGS / "_ffi_build.py"
        packages = build.need(pip.launcher()) / native.SITE_PACKAGES
        environment = {"PYTHONPATH": str(packages)}
        build.run(native.interpreter(build), "-s", script, "emit", build.out, env=environment)

    return Stage(
        name="bindings",
        title="write the module for argdata",
        build=build,
        needs=(native.build_python(), pip.launcher()),
        inputs=BINDINGS_INPUTS,
    )


def copy(source: Path, target: Path, names: Iterable[str]) -> None:
    """Copy files by name into a folder, which is made if need be."""
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        shutil.copy(source / name, target)


def _library(
    name: str, target: Target, build: Callable[[Build], None], inputs: tuple[Path, ...] = ()
) -> Stage:
    """Make a stage that compiles the source of that name to lib/ and include/."""
    return Stage(
        name=f"{name}-{target.triple}",
        title=f"build {name} for {target.triple}",
        build=build,
        needs=(libc.sysroot(target),),
        sources=(name,),
        inputs=inputs,
        facts=(identity(CLANG), *target.compile_flags(Path())),
    )


def _archive(
    build: Build, target: Target, name: str, files: Iterable[Path], options: Iterable[str]
) -> None:
    """Compile files to a library in lib/."""
    flags = (*target.compile_flags(build.need(libc.sysroot(target))), "-O3", *options)
    objects = build.tmp / "objects"
    objects.mkdir()
    build.run(CLANG, *flags, "-c", *files, cwd=objects)
    (build.out / "lib").mkdir()
    build.run(AR, "rcsD", build.out / "lib" / name, *sorted(objects.iterdir()))


def _ffi_header(template: str, machine: str) -> str:
    """Fill in ffi.h.in as libffi's configure does."""
    values = {
        "VERSION": "as pinned",
        "TARGET": machine,
        "HAVE_LONG_DOUBLE": "(__SIZEOF_LONG_DOUBLE__ > __SIZEOF_DOUBLE__)",
        "FFI_EXEC_TRAMPOLINE_TABLE": "0",
    }
    for name, value in values.items():
        template = template.replace(f"@{name}@", value)
    return template
