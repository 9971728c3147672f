# SPDX-License-Identifier: BSD-2-Clause
"""What tests of the launcher share."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cloudabi import launcher
from cloudabi._opening import Opened
from cloudabi.errors import ManifestError
from cloudabi.manifest import parse as parse_manifest
from harness import ROOT, SYSROOT

WARNINGS = ("-Wall", "-Wextra", "-Werror")


@contextmanager
def opened(text: str, folder: Path) -> Iterator[tuple[Any, Opened]]:
    """The value of a manifest and its resources, opened in this process."""
    manifest = parse_manifest(text.encode(), "test.yaml", for_python=False)
    with Opened(launcher.installation().janitor) as resources:
        program = resources.program("/bin/sh")
        resources.resources(manifest.resources, str(folder), program)
        yield manifest.value, resources


def refusal(text: str, folder: Path) -> str:
    """The messages about resources that cannot be opened."""
    with pytest.raises(ManifestError) as caught, opened(text, folder):
        pass
    return str(caught.value)


def compiled(name: str, folder: Path) -> Path:
    """Compile tests/launcher/NAME.c for the sandbox."""
    program = folder / name
    subprocess.run(
        [
            *("clang-16", "--config", SYSROOT / "clang.cfg"),
            *("-std=c11", "-O1", *WARNINGS, "-D_GNU_SOURCE", "-o", program),
            ROOT / "tests" / "launcher" / f"{name}.c",
        ],
        check=True,
    )
    return program


def compiled_native(name: str, folder: Path) -> Path:
    """Compile tests/launcher/NAME.c for the host."""
    program = folder / name
    source = ROOT / "tests" / "launcher" / f"{name}.c"
    subprocess.run(["clang-16", "-std=c11", "-O1", *WARNINGS, "-o", program, source], check=True)
    return program
