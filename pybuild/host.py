# SPDX-License-Identifier: BSD-2-Clause
# dist/host: a virtual environment with the launcher; and the tools that tests and checks use.

import functools
import os
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

from pybuild import ROOT, cpython, runtime
from pybuild.packages import identity
from pybuild.stages import Build, Driver, Stage
from pybuild.targets import BUILT, CLANG

PYTHON = f"python{cpython.VERSION}"
SITE_PACKAGES = cpython.LIBRARY / "site-packages"
PYPERFORMANCE = SITE_PACKAGES / "pyperformance" / "data-files" / "benchmarks"
PACKAGE = SITE_PACKAGES / "cloudabi"
LAUNCHER_PACKAGES = Path("pybuild/launcher-packages.txt")

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
def packages() -> Stage:
    """The launcher's third-party packages, which run with the user's authority."""
    options = ("--require-hashes", "--requirement", str(ROOT / LAUNCHER_PACKAGES))
    facts = ((ROOT / LAUNCHER_PACKAGES).read_text(),)
    return _pip_stage("host-packages", "install the launcher's packages", options, facts)


@functools.cache
def launcher() -> Stage:
    """The package `cloudabi` with its compiled extension."""
    return Stage(
        name="launcher",
        title="build the launcher",
        build=_build_launcher,
        needs=(cpython.build_python(), packages()),
        inputs=(Path("Lib/cloudabi"), Path("argdata")),
        facts=(identity(CLANG),),
    )


@functools.cache
def benchmarks() -> Stage:
    """The programs of pyperformance."""
    pins = _pins("benchmarks")
    return _pip_stage("host-benchmarks", "install pyperformance", pins, pins)


@functools.cache
def tools() -> Stage:
    """A venv with tox, ruff and mypy; its modules are run with `python -m`."""
    pins = _pins("tools", "tests")

    def build(build: Build) -> None:
        _make_venv(build, build.out)
        _pip_install(build, build.out, *pins)

    return Stage(
        name="host-tools",
        title="install the test and check tools",
        build=build,
        needs=(cpython.build_python(),),
        facts=pins,
    )


def parts() -> tuple[Stage, ...]:
    """What dist/host is assembled from."""
    runtimes = (runtime.runtime(target) for target in BUILT)
    around = (runtime.broker(), runtime.janitor(), *runtimes)
    return (cpython.build_python(), packages(), launcher(), *around)


def fill(driver: Driver, folder: Path) -> None:
    """Make dist/host in `folder`, its final place: a venv knows its own path.

    The interpreter is copied too, so that the result depends on nothing outside `folder`.
    """
    base = folder / "libexec" / "python"
    unused = shutil.ignore_patterns(*UNUSED)
    shutil.copytree(driver.path(cpython.build_python()), base, symlinks=True, ignore=unused)
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
    for target in BUILT:
        dist = folder.parent / target.triple
        (parts / target.triple).symlink_to(os.path.relpath(dist, parts))


def _build_launcher(build: Build) -> None:
    package = build.out / PACKAGE
    source = build.root / "Lib" / "cloudabi"
    ignored = shutil.ignore_patterns("__pycache__", "_ffi_build.py", "*.c", "decl")
    shutil.copytree(source, package, ignore=ignored)
    python = build.need(cpython.build_python()) / "bin" / PYTHON
    environment = {"CC": CLANG, "PYTHONPATH": str(build.need(packages()) / SITE_PACKAGES)}
    arguments = ("build", build.root / "argdata", package)
    build.run(python, "-s", source / "_ffi_build.py", *arguments, env=environment)


def _pip_stage(name: str, title: str, wanted: tuple[str, ...], facts: tuple[str, ...]) -> Stage:
    """Make a stage that holds the wanted packages, and no other, as a site-packages folder."""

    def build(build: Build) -> None:
        _make_venv(build, build.tmp / "venv")
        target = str(build.out / SITE_PACKAGES)
        _pip_install(build, build.tmp / "venv", "--no-deps", "--target", target, *wanted)

    return Stage(name, title, build, needs=(cpython.build_python(),), facts=facts)


def _write_command(path: Path, python: Path) -> None:
    packages = str(python.parent.parent / SITE_PACKAGES)
    path.write_text(COMMAND.format(python=shlex.quote(str(python)), packages=packages))
    path.chmod(0o755)


def _make_venv(build: Build, folder: Path) -> None:
    python = build.need(cpython.build_python()) / "bin" / PYTHON
    build.run(python, "-I", "-m", "venv", folder)


def _pip_install(build: Build, venv: Path, *arguments: str) -> None:
    """Run pip with the person's own settings: they say where packages come from."""
    options = ("--disable-pip-version-check", "--only-binary", ":all:", "--no-compile")
    python = venv / "bin" / PYTHON
    build.run(python, "-m", "pip", "install", *options, *arguments, env=dict(os.environ))


def _pins(*groups: str) -> tuple[str, ...]:
    """Read the pinned packages of dependency groups from pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as stream:
        table = tomllib.load(stream)["dependency-groups"]
    return tuple(pin for group in groups for pin in table[group])
