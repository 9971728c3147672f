# SPDX-License-Identifier: BSD-2-Clause
"""What pip needs besides pyproject.toml: the compiled module, and the programs of a run."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py

ROOT = Path(__file__).parent
BINDINGS = ROOT / "Lib" / "cloudabi" / "_ffi_build.py"

# What `build_python.py build` makes: programs, and for each target a folder with far more.
PARTS = ROOT / "dist" / "host" / "libexec" / "cloudabi"
OF_TARGETS = ("bin/python3", "lib/python3.14", "LICENSES")

# The oldest Python whose stable ABI the module keeps to.
STABLE = "cp311"

# Where the shells and man look, below the environment's folder.
SHARED: list[tuple[str, Sequence[str]]] = [
    ("share/man/man1", ["docs/cloudabi-run.1"]),
    ("share/bash-completion/completions", ["docs/completion/cloudabi-run.bash"]),
    ("share/zsh/site-functions", ["docs/completion/_cloudabi-run"]),
    ("share/fish/vendor_completions.d", ["docs/completion/cloudabi-run.fish"]),
]


class BuildPackage(build_py):
    """Takes the programs along if they are built; without them, cloudabi-run says what to do."""

    def run(self) -> None:
        """Fill the folder of the package, leaving nothing there of earlier builds."""
        package = Path(self.build_lib, "cloudabi")
        shutil.rmtree(package, ignore_errors=True)
        super().run()
        (package / BINDINGS.name).unlink(missing_ok=True)
        for part in sorted(PARTS.glob("*")):
            if part.is_dir():
                _copy(part, package / "parts" / part.name, OF_TARGETS)
            else:
                _copy(PARTS, package / "parts", (part.name,))


class BuildModule(build_ext):
    """Lets the one script that compiles the module do so here too."""

    def build_extension(self, ext: Extension) -> None:
        """Compile the module into the package."""
        folder = Path(self.get_ext_fullpath(ext.name)).parent
        command = (sys.executable, BINDINGS, "build", ROOT / "argdata", folder)
        subprocess.run(command, check=True)


def _copy(source: Path, target: Path, names: tuple[str, ...]) -> None:
    """Copy files and folders by name, those that there are."""
    for name in filter(lambda name: (source / name).exists(), names):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (source / name).is_dir() else shutil.copy
        copy(source / name, target / name)


setup(
    cmdclass={"build_py": BuildPackage, "build_ext": BuildModule},
    ext_modules=[Extension("cloudabi._argdata", ["argdata/argdata.c"], py_limited_api=True)],
    options={"bdist_wheel": {"py_limited_api": STABLE}},
    data_files=SHARED,
)
