# SPDX-License-Identifier: BSD-2-Clause
# dist/host: a virtual environment with the launcher.

import functools
import os
import shlex
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from pybuild import native, pip, runtime
from pybuild.native import PYTHON, SITE_PACKAGES
from pybuild.packages import identity
from pybuild.stages import Build, Driver, Stage
from pybuild.targets import CLANG, TARGETS, Target

PACKAGE = SITE_PACKAGES / "cloudabi"

# Parts of the native interpreter that compile or teach, which the launcher never does.
UNUSED = (
    *("config-*", "include", "lib*.a", "*.opt-*.pyc"),
    *("ensurepip", "idlelib", "pydoc_data", "tkinter", "turtledemo"),
)
VENV = ("-I", "-m", "venv", "--without-pip")
COMPILE_ALL = ("-I", "-m", "compileall", "-q")

# Readable by both sh and Python: sh starts the interpreter, which sees only a string there.
# Without `site`, which takes as long as all our own imports, the packages have to be named.
COMMAND = """\
#!/bin/sh
'''exec' {python} -I -S "$0" "$@"
' '''
import sys

sys.path.append({packages!r})

from cloudabi.__main__ import main

sys.exit(main())
"""


@functools.cache
def launcher() -> Stage:
    """The package `cloudabi` with its compiled extension."""
    return Stage(
        name="launcher",
        title="build the launcher",
        build=_build_launcher,
        needs=(native.build_python(), pip.launcher()),
        inputs=(Path("Lib/cloudabi"), Path("argdata")),
        facts=(identity(CLANG),),
    )


def parts() -> tuple[Stage, ...]:
    """What dist/host is assembled from."""
    return (native.build_python(), pip.launcher(), launcher(), *programs(TARGETS))


def programs(targets: Iterable[Target]) -> tuple[Stage, ...]:
    """What runs around programs for these targets; all of it is in the folder LIBEXEC."""
    runtimes = (runtime.runtime(target) for target in targets)
    return (runtime.broker(), runtime.janitor(), *runtimes)


def fill(driver: Driver, folder: Path) -> None:
    """Make dist/host in `folder`, its final place: a venv knows its own path.

    The interpreter is copied too, so that the result depends on nothing outside `folder`.
    """
    base = folder / "libexec" / "python"
    unused = shutil.ignore_patterns(*UNUSED)
    shutil.copytree(driver.path(native.build_python()), base, symlinks=True, ignore=unused)
    subprocess.run([base / "bin" / PYTHON, *VENV, folder], check=True)
    for stage in parts()[1:]:
        shutil.copytree(driver.path(stage), folder, symlinks=True, dirs_exist_ok=True)
    _link_parts(folder)
    _write_command(folder / "bin" / "cloudabi-run", folder / "bin" / PYTHON)
    python = folder / "bin" / PYTHON
    subprocess.run([python, *COMPILE_ALL, folder / SITE_PACKAGES], check=True)


def _link_parts(folder: Path) -> None:
    """Let the package find everything in its folder `parts`, as where it is a wheel's."""
    parts = folder / runtime.LIBEXEC
    (folder / PACKAGE / "parts").symlink_to(os.path.relpath(parts, folder / PACKAGE))
    for target in TARGETS:
        dist = folder.parent / target.triple
        (parts / target.triple).symlink_to(os.path.relpath(dist, parts))


def _build_launcher(build: Build) -> None:
    package = build.out / PACKAGE
    source = build.root / "Lib" / "cloudabi"
    ignored = shutil.ignore_patterns("__pycache__", "_ffi_build.py", "*.c", "decl")
    shutil.copytree(source, package, ignore=ignored)
    environment = {"CC": CLANG, "PYTHONPATH": str(build.need(pip.launcher()) / SITE_PACKAGES)}
    arguments = ("build", build.root / "argdata", package)
    build.run(
        native.interpreter(build), "-s", source / "_ffi_build.py", *arguments, env=environment
    )


def _write_command(path: Path, python: Path) -> None:
    packages = str(python.parent.parent / SITE_PACKAGES)
    path.write_text(COMMAND.format(python=shlex.quote(str(python)), packages=packages))
    path.chmod(0o755)
