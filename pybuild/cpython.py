# SPDX-License-Identifier: BSD-2-Clause
# CPython for the targets, cross-built by the native one.

import functools
import platform
import shutil
from pathlib import Path

from pybuild import libc, native, pip, ports
from pybuild.native import LIBRARY
from pybuild.packages import identity
from pybuild.stages import Build, Stage
from pybuild.targets import AR, CLANG, LLD, RANLIB, READELF, STRIP, Target

TARGET_OPTIONS = (
    *native.COMMON_OPTIONS,
    "--disable-shared",
    "--without-static-libpython",
    "--with-computed-gotos",  # configure cannot try them
    "--without-c-locale-coercion",
    "--without-remote-debug",
    "--enable-ipv6",
    "--without-mimalloc",  # only an environment variable could choose it
    "MODULE_BUILDTYPE=static",
    "PKG_CONFIG=false",  # it would find libraries of the build machine
    # What configure would find out by looking at the build machine or running a program.
    "ac_cv_file__dev_ptmx=no",
    "ac_cv_file__dev_ptc=no",
    "ac_cv_buggy_getaddrinfo=no",
)

# What cffi's setup would find out; and what it includes that CloudABI has not.
CFFI_FLAGS = ("-DUSE__THREAD", "-DHAVE_SYNC_SYNCHRONIZE")
CFFI_OURS = Path("ports", "cffi")

# Parts of the standard library that need a display, a shell or a network, and the tests.
LEFT_OUT = ("__pycache__", "ensurepip", "idlelib", "test", "tkinter", "turtledemo")


@functools.cache
def python(target: Target) -> Stage:
    """bin/python3, one static executable, and lib/python3.14 in source and compiled form."""

    def build(build: Build) -> None:
        source = native.patched_source(build)
        folder = build.tmp / "build"
        _add_modules(build, target, source / "Modules", folder / "Modules")
        _configure(build, target, source, folder)
        build.run("make", f"-j{build.jobs}", "python", "pybuilddir.txt", cwd=folder)
        _install(build, source, folder)

    return Stage(
        name=f"python-{target.triple}",
        title=f"build CPython for {target.triple}",
        build=build,
        needs=(
            *(native.build_python(), libc.sysroot(target)),
            *(ports.zlib(target), ports.libffi(target), ports.bindings(), pip.unpacked("cffi")),
        ),
        sources=("cpython",),
        inputs=(*native.patches(), Path("Modules"), CFFI_OURS),
        facts=(
            *map(identity, (CLANG, LLD)),
            *target.compile_flags(Path()),
            *target.link_flags(Path()),
            *TARGET_OPTIONS,
        ),
    )


def _add_modules(build: Build, target: Target, sources: Path, objects: Path) -> None:
    """Lay our built-in modules and cffi's beside CPython's own, and name them to its makefile.

    The module for argdata has no line of its own, because its name has a dot.
    """
    ours = build.root / "Modules"
    shutil.copytree(ours, sources, dirs_exist_ok=True)
    shutil.copytree(build.need(ports.bindings()), sources / "argdata")
    shutil.copytree(build.need(pip.unpacked("cffi")) / "cffi" / "src", sources / "cffi")
    for folder in ("argdata", "cffi/c"):
        (objects / folder).mkdir(parents=True)
    libffi = build.need(ports.libffi(target))
    files = [path.name for path in sorted(ours.glob("*.c"))]
    files += [f"argdata/{path.name}" for path in sorted((sources / "argdata").glob("*.c"))]
    lines = (
        ("_cloudabi", *files, f"-I{build.root / 'argdata'}", f"-I{sources / 'argdata'}"),
        ("_cffi_backend", "cffi/c/_cffi_backend.c", *CFFI_FLAGS)
        + (f"-I{build.root / CFFI_OURS}", f"-I{libffi / 'include'}")
        + (str(libffi / "lib" / "libffi.a"),),
    )
    text = "".join(f"{' '.join(words)}\n" for words in lines)
    (objects / "Setup.local").write_text(text)


def _configure(build: Build, target: Target, source: Path, folder: Path) -> None:
    sysroot = build.need(libc.sysroot(target))
    zlib_root = build.need(ports.zlib(target))
    build.run(
        source / "configure",
        f"--host={target.triple}",
        f"--build={platform.machine()}-pc-linux-gnu",
        f"--with-build-python={native.interpreter(build)}",
        f"CC={CLANG} {' '.join(target.compile_flags(sysroot))}",
        f"LDFLAGS={' '.join(target.link_flags(sysroot))}",
        f"AR={AR}",
        f"RANLIB={RANLIB}",
        f"READELF={READELF}",
        f"ZLIB_CFLAGS=-I{zlib_root / 'include'}",
        f"ZLIB_LIBS={zlib_root / 'lib' / 'libz.a'}",
        *TARGET_OPTIONS,
        cwd=folder,
    )


def _install(build: Build, source: Path, folder: Path) -> None:
    (build.out / "bin").mkdir()
    build.run(STRIP, "-o", build.out / "bin" / "python3", folder / "python")
    library = build.out / LIBRARY
    shutil.copytree(source / "Lib", library, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for path in folder.glob("build/lib.*/_sysconfigdata_*.py"):
        shutil.copy(path, library)
    native.compile_library(build, library)
