# SPDX-License-Identifier: BSD-2-Clause
# CPython for this machine: it builds, tests and launches.

import functools
from pathlib import Path

from pybuild import ROOT
from pybuild.packages import identity
from pybuild.stages import Build, Stage
from pybuild.targets import CLANG

VERSION = "3.14"
PYTHON = f"python{VERSION}"
LIBRARY = Path("lib", PYTHON)
SITE_PACKAGES = LIBRARY / "site-packages"

# The same for the guest's, so that this one is a fair measure of it.
OPTIMIZATION = "OPT=-DNDEBUG -O3 -Wall"
COMMON_OPTIONS = (OPTIMIZATION, "--without-ensurepip", "--disable-test-modules")


@functools.cache
def build_python() -> Stage:
    """The patched CPython for this machine, which finds its library wherever it is copied to."""

    def build(build: Build) -> None:
        source = patched_source(build)
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
        inputs=patches(),
        facts=(CLANG, identity(CLANG), *COMMON_OPTIONS),
    )


def interpreter(build: Build) -> Path:
    """Return the program of build_python, for a stage that needs it."""
    return build.need(build_python()) / "bin" / PYTHON


def compile_library(build: Build, root: Path, library: Path = LIBRARY) -> None:
    """Add the compiled form of all modules in a part of the guest's standard library below root.

    Unchecked, because the library is read-only to programs and a copy may lose its times.
    """
    build.run(
        *(interpreter(build), "-I", "-m", "compileall", "-q", f"-j{build.jobs}"),
        *("--invalidation-mode", "unchecked-hash", "-s", str(root), root / library),
    )


def patches() -> tuple[Path, ...]:
    """List the patches for CPython, relative to the repository."""
    return tuple(path.relative_to(ROOT) for path in sorted((ROOT / "patches").glob("*.patch")))


def patched_source(build: Build) -> Path:
    """Return a fresh copy of CPython with all patches."""
    source = build.source("cpython")
    files = [ROOT / path for path in patches()]
    # A repository further up must not be taken for the tree that the patches are for.
    ceiling = {"GIT_CEILING_DIRECTORIES": str(source.parent)}
    build.run("git", "apply", "--whitespace=nowarn", *files, cwd=source, env=ceiling)
    return source
