# SPDX-License-Identifier: BSD-2-Clause
# CPython: the native one that builds and launches, and the one for each target.

import functools
import platform
import shutil
from pathlib import Path

from pybuild import ROOT, libc
from pybuild.packages import identity
from pybuild.stages import Build, Stage
from pybuild.targets import AR, CLANG, LLD, RANLIB, READELF, STRIP, Target

VERSION = "3.14"
LIBRARY = Path("lib", f"python{VERSION}")

# The same for both, so that the native interpreter is a fair measure of the other.
OPTIMIZATION = "OPT=-DNDEBUG -O3 -Wall"
COMMON_OPTIONS = (OPTIMIZATION, "--without-ensurepip", "--disable-test-modules")

TARGET_OPTIONS = (
    *COMMON_OPTIONS,
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

MODULE = ("_cloudabi.c", "_cloudabi_main.c", "_cloudabi_path.c")
MODULE_INPUTS = tuple(Path("Modules", name) for name in ("_cloudabi.h", *MODULE))

# Parts of the standard library that need a display, a shell or a network, and the tests.
LEFT_OUT = ("__pycache__", "ensurepip", "idlelib", "test", "tkinter", "turtledemo")

ZLIB_SOURCES = (
    *("adler32", "compress", "crc32", "deflate", "infback", "inffast"),
    *("inflate", "inftrees", "trees", "uncompr", "zutil"),
)
ZLIB_HEADERS = ("zconf.h", "zlib.h")


@functools.cache
def build_python() -> Stage:
    """The patched CPython for this machine, which finds its library wherever it is copied to."""

    def build(build: Build) -> None:
        source = _patched_source(build)
        folder = build.tmp / "build"
        folder.mkdir()
        compiler = f"CC={CLANG}"
        build.run(
            source / "configure", f"--prefix={build.final}", compiler, *COMMON_OPTIONS, cwd=folder
        )
        build.run("make", f"-j{build.jobs}", cwd=folder)
        root = build.tmp / "root"
        build.run("make", "install", f"DESTDIR={root}", cwd=folder)
        build.out.rmdir()
        Path(f"{root}{build.final}").rename(build.out)

    return Stage(
        name="build-python",
        title="build CPython for this machine",
        build=build,
        sources=("cpython",),
        inputs=_patches(),
        facts=(CLANG, identity(CLANG), *COMMON_OPTIONS),
    )


@functools.cache
def zlib(target: Target) -> Stage:
    """Zlib without its functions for files, which nothing here calls."""

    def build(build: Build) -> None:
        source = build.source("zlib")
        flags = target.compile_flags(build.need(libc.sysroot(target)))
        units = [f"{name}.c" for name in ZLIB_SOURCES]
        build.run(CLANG, *flags, "-O3", "-DHAVE_UNISTD_H", "-c", *units, cwd=source)
        library = build.out / "lib" / "libz.a"
        library.parent.mkdir()
        build.run(AR, "rcs", library, *(f"{name}.o" for name in ZLIB_SOURCES), cwd=source)
        _copy(source, build.out / "include", ZLIB_HEADERS)

    return Stage(
        name=f"zlib-{target.triple}",
        title=f"build zlib for {target.triple}",
        build=build,
        needs=(libc.sysroot(target),),
        sources=("zlib",),
        facts=(identity(CLANG), *target.compile_flags(Path())),
    )


@functools.cache
def python(target: Target) -> Stage:
    """bin/python3, one static executable, and lib/python3.14 in source and compiled form."""

    def build(build: Build) -> None:
        source = _patched_source(build)
        _copy(ROOT / "Modules", source / "Modules", [path.name for path in MODULE_INPUTS])
        folder = build.tmp / "build"
        _configure(build, target, source, folder)
        build.run("make", f"-j{build.jobs}", "python", "pybuilddir.txt", cwd=folder)
        _install(build, source, folder)

    return Stage(
        name=f"python-{target.triple}",
        title=f"build CPython for {target.triple}",
        build=build,
        needs=(build_python(), libc.sysroot(target), zlib(target)),
        sources=("cpython",),
        inputs=(*_patches(), *MODULE_INPUTS),
        facts=(
            *map(identity, (CLANG, LLD)),
            *target.compile_flags(Path()),
            *target.link_flags(Path()),
            *TARGET_OPTIONS,
        ),
    )


def _configure(build: Build, target: Target, source: Path, folder: Path) -> None:
    (folder / "Modules").mkdir(parents=True)
    (folder / "Modules" / "Setup.local").write_text(f"_cloudabi {' '.join(MODULE)}\n")
    sysroot = build.need(libc.sysroot(target))
    zlib_root = build.need(zlib(target))
    build.run(
        source / "configure",
        f"--host={target.triple}",
        f"--build={platform.machine()}-pc-linux-gnu",
        f"--with-build-python={_build_python(build)}",
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
    # Unchecked, because the library is read-only to programs and a copy may lose its times.
    build.run(
        *(_build_python(build), "-I", "-m", "compileall", "-q", f"-j{build.jobs}"),
        *("--invalidation-mode", "unchecked-hash", "-s", str(build.out), library),
    )


def _build_python(build: Build) -> Path:
    return build.need(build_python()) / "bin" / f"python{VERSION}"


def _patches() -> tuple[Path, ...]:
    return tuple(path.relative_to(ROOT) for path in sorted((ROOT / "patches").glob("*.patch")))


def _patched_source(build: Build) -> Path:
    source = build.source("cpython")
    patches = [ROOT / path for path in _patches()]
    # A repository further up must not be taken for the tree that the patches are for.
    ceiling = {"GIT_CEILING_DIRECTORIES": str(source.parent)}
    build.run("git", "apply", "--whitespace=nowarn", *patches, cwd=source, env=ceiling)
    return source


def _copy(source: Path, target: Path, names: tuple[str, ...] | list[str]) -> None:
    target.mkdir(exist_ok=True)
    for name in names:
        shutil.copy(source / name, target)
