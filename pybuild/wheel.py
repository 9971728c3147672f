# SPDX-License-Identifier: BSD-2-Clause
# The wheel: the launcher as a package for pip, with every program that a run needs.

import functools
import os
import shutil
from pathlib import Path

from pybuild import cpython, guest, host, licenses, native, pip, runtime
from pybuild.packages import identity
from pybuild.stages import Build, Stage
from pybuild.targets import CLANG, Target

# What pip looks at in the repository.
SOURCES = (
    *map(Path, ("LICENSE", "README.md", "pyproject.toml", "setup.py")),
    *map(Path, ("Lib/cloudabi", "argdata", "docs/cloudabi-run.1", "docs/completion")),
)

# What makes the bytes of a wheel follow from its content alone: nothing that tells where a file
# was compiled, and one time for all files, the oldest that a zip file can express.
SETTINGS = {"CC": f"{CLANG} -s -DNDEBUG", "SOURCE_DATE_EPOCH": "315532800"}


@functools.cache
def wheel(target: Target) -> Stage:
    """One .whl file for hosts that run programs for the target."""

    def build(build: Build) -> None:
        tree = build.tmp / "tree"
        for name in SOURCES:
            _copy(build.root / name, tree / name)
        # As setup.py finds them after `build_python.py build`.
        parts = tree / "dist" / "host" / runtime.LIBEXEC
        for stage in around:
            _copy(build.need(stage) / runtime.LIBEXEC, parts)
        for stage in inside:
            _copy(build.need(stage), parts / target.triple)
        python = build.need(pip.packaging()) / "bin" / native.PYTHON
        command = (python, "-m", "pip", "wheel", *pip.OPTIONS, "--no-deps", "--no-build-isolation")
        build.run(*command, "--wheel-dir", build.out, tree, env=dict(os.environ) | SETTINGS)

    around = host.programs((target,))
    inside = (cpython.python(target), guest.package(), licenses.texts())
    return Stage(
        name=f"wheel-{target.arch}",
        title=f"make the wheel for {target.arch}",
        build=build,
        needs=(pip.packaging(), *around, *inside),
        inputs=SOURCES,
        facts=(identity(CLANG),),
    )


def _copy(source: Path, target: Path) -> None:
    """Add a file or folder to what is there."""
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
