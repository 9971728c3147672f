# SPDX-License-Identifier: BSD-2-Clause
# dist/packages: wheels that the tests import in the sandbox, as files and as a folder.

import functools
import os
import shutil
from pathlib import Path

from pybuild import ROOT, native, pip
from pybuild.dist import Product
from pybuild.stages import Build, Driver, Stage

PINS = ROOT / "pybuild" / "test-packages.txt"
HASHES = ("--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirement", PINS)


@functools.cache
def packages() -> Stage:
    """The pinned wheels in the folder `wheels`, and installed by pip in the folder `packages`."""
    return Stage(
        name="test-packages",
        title="get the packages that tests import",
        build=_build,
        needs=(pip.packaging(),),
        facts=(PINS.read_text(),),
    )


def product() -> Product:
    """dist/packages, of which only tests know."""

    def fill(driver: Driver, folder: Path) -> None:
        shutil.copytree(driver.path(packages()), folder, dirs_exist_ok=True)

    return Product("packages", (packages(),), fill)


def _build(build: Build) -> None:
    wheels = build.out / "wheels"
    _pip(build, "download", "--dest", wheels)
    here = ("--no-index", "--find-links", wheels, "--no-compile")
    _pip(build, "install", *here, "--target", build.out / "packages")


def _pip(build: Build, command: str, *arguments: str | Path) -> None:
    """Run pip with the person's own settings: they say where packages come from."""
    python = build.need(pip.packaging()) / "bin" / native.PYTHON
    words = ("-m", "pip", command, *pip.OPTIONS, *HASHES, *arguments)
    build.run(python, *words, env=dict(os.environ))
