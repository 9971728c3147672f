# SPDX-License-Identifier: BSD-2-Clause
# What pip gets: packages for the launcher, tools, and the source of what is linked into Python.

import functools
import os
import tomllib
from pathlib import Path

from pybuild import ROOT, native, sources
from pybuild.errors import SourceError
from pybuild.native import PYTHON, SITE_PACKAGES
from pybuild.stages import Build, Stage

# Names and hashes of what runs with the user's authority, or makes something that does.
LAUNCHER = Path("pybuild/launcher-packages.txt")
PACKAGING = Path("pybuild/packaging-packages.txt")

OPTIONS = ("--disable-pip-version-check",)


@functools.cache
def launcher() -> Stage:
    """The launcher's third-party packages, as a site-packages folder."""
    options = ("--require-hashes", "--requirement", str(ROOT / LAUNCHER))
    facts = ((ROOT / LAUNCHER).read_text(),)
    return _folder("host-packages", "install the launcher's packages", options, facts)


@functools.cache
def benchmarks() -> Stage:
    """The programs of pyperformance, as a site-packages folder."""
    pins = _pins("benchmarks")
    return _folder("host-benchmarks", "install pyperformance", pins, pins)


@functools.cache
def tools() -> Stage:
    """A venv with tox, ruff and mypy; its modules are run with `python -m`."""
    pins = _pins("tools", "tests")
    return _venv("host-tools", "install the test and check tools", pins, pins)


@functools.cache
def packaging() -> Stage:
    """A venv that can build Python packages."""
    files = (ROOT / LAUNCHER, ROOT / PACKAGING)
    options = [word for path in files for word in ("--requirement", str(path))]
    facts = tuple(path.read_text() for path in files)
    return _venv(
        "host-packaging", "install the packaging tools", ("--require-hashes", *options), facts
    )


@functools.cache
def unpacked(name: str) -> Stage:
    """The source of a package: as all sources come or, failing that, as pip gets it."""
    source = sources.load(ROOT / "sources.toml")[name]

    def build(build: Build) -> None:
        try:
            archive = build.archive(name)
        except SourceError as error:
            build.log.write(f"{error}\n")
            archive = _download(build, source)
        sources.unpack(archive, build.out / name)

    return Stage(
        name=f"source-{name}",
        title=f"get the source of {source.title}",
        build=build,
        needs=(native.build_python(), packaging()),
        sources=(name,),
    )


def _download(build: Build, source: sources.Source) -> Path:
    """Let pip find the release file, which it accepts by its hash alone."""
    wanted = build.tmp / "wanted.txt"
    wanted.write_text(f"{source.package} --hash=sha256:{source.sha256}\n")
    folder = build.tmp / "download"
    python = build.need(packaging()) / "bin" / PYTHON
    # pip looks into a source for its metadata by running its recipe.
    options = ("--no-deps", "--no-build-isolation", "--no-binary", ":all:", "--require-hashes")
    words = ("download", *OPTIONS, *options, "--dest", folder, "--requirement", wanted)
    build.run(python, "-m", "pip", *words, env=dict(os.environ))
    (archive,) = folder.iterdir()
    return archive


def _folder(name: str, title: str, wanted: tuple[str, ...], facts: tuple[str, ...]) -> Stage:
    """Make a stage that holds the wanted packages, and no other, as a site-packages folder."""

    def build(build: Build) -> None:
        venv = build.tmp / "venv"
        build.run(native.interpreter(build), "-I", "-m", "venv", venv)
        _install(build, venv, "--no-deps", "--target", str(build.out / SITE_PACKAGES), *wanted)

    return Stage(name, title, build, needs=(native.build_python(),), facts=facts)


def _venv(name: str, title: str, wanted: tuple[str, ...], facts: tuple[str, ...]) -> Stage:
    """Make a stage that is a virtual environment; it is used with `python -m` alone."""

    def build(build: Build) -> None:
        build.run(native.interpreter(build), "-I", "-m", "venv", build.out)
        _install(build, build.out, *wanted)

    return Stage(name, title, build, needs=(native.build_python(),), facts=facts)


def _install(build: Build, venv: Path, *arguments: str) -> None:
    """Run pip with the person's own settings: they say where packages come from."""
    options = (*OPTIONS, "--only-binary", ":all:", "--no-compile")
    python = venv / "bin" / PYTHON
    build.run(python, "-m", "pip", "install", *options, *arguments, env=dict(os.environ))


def _pins(*groups: str) -> tuple[str, ...]:
    """Read the pinned packages of dependency groups from pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as stream:
        table = tomllib.load(stream)["dependency-groups"]
    return tuple(pin for group in groups for pin in table[group])
