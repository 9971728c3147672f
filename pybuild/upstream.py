# SPDX-License-Identifier: BSD-2-Clause
# CPython for this machine with what its own tests need: as released, and with our patches.

import functools
from collections.abc import Callable
from pathlib import Path

from pybuild import native
from pybuild.packages import identity
from pybuild.stages import Build, Stage
from pybuild.targets import CLANG

# As build-python, but with the tests and their modules in C.
OPTIONS = (f"CC={CLANG}", native.OPTIMIZATION, "--without-ensurepip")


@functools.cache
def released() -> Stage:
    """CPython as it was released."""
    return _python(
        "upstream-released", "build CPython as released", lambda it: it.source("cpython")
    )


@functools.cache
def patched() -> Stage:
    """CPython with all patches, configured alike."""
    title = "build CPython with the patches and its tests"
    return _python("upstream-patched", title, native.patched_source, native.patches())


def _python(
    name: str, title: str, source: Callable[[Build], Path], inputs: tuple[Path, ...] = ()
) -> Stage:
    """Make a stage with an installed CPython, where it runs from its final path alone."""

    def build(build: Build) -> None:
        configure = source(build) / "configure"
        folder = build.tmp / "build"
        folder.mkdir()
        build.run(configure, f"--prefix={build.final}", *OPTIONS, cwd=folder)
        build.run("make", f"-j{build.jobs}", cwd=folder)
        root = build.tmp / "root"
        build.run("make", "install", f"DESTDIR={root}", cwd=folder)
        build.out.rmdir()
        Path(f"{root}{build.final}").rename(build.out)

    facts = (identity(CLANG), *OPTIONS)
    return Stage(name, title, build, sources=("cpython",), inputs=inputs, facts=facts)
