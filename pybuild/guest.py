# SPDX-License-Identifier: BSD-2-Clause
# The package `cloudabi` inside the sandbox.

import functools
from pathlib import Path

from pybuild import native
from pybuild.ports import copy
from pybuild.stages import Build, Stage

FOLDER = Path("Lib", "cloudabi")

# What makes sense there; the module _argdata is linked into the interpreter.
MODULES = (
    *("__init__.py", "_framing.py", "_guest.py", "_record.py"),
    *("argdata.py", "errors.py", "processes.py"),
)


@functools.cache
def package() -> Stage:
    """A part of the guest's standard library, in source and compiled form."""

    def build(build: Build) -> None:
        library = build.out / native.LIBRARY
        copy(build.root / FOLDER, library / FOLDER.name, MODULES)
        native.compile_library(build, build.out)

    return Stage(
        name="guest-package",
        title="compile the package for sandboxes",
        build=build,
        needs=(native.build_python(),),
        inputs=tuple(FOLDER / name for name in MODULES),
    )
