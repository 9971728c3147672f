# SPDX-License-Identifier: BSD-2-Clause
"""Lets doctests of the sources use what was built: the extension, and the parts of a run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import cloudabi
from cloudabi import _installation

DIST = Path(__file__).parent.parent / "dist" / "host" / "lib" / "python3.14" / "site-packages"
BUILT = next(path for path in (*map(Path, sys.path), DIST) if (path / "cloudabi/parts").exists())

sys.path.append(str(BUILT))
cloudabi.__path__.append(str(BUILT / "cloudabi"))


@pytest.fixture(autouse=True, scope="session")
def _built_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_installation, "__file__", str(BUILT / "cloudabi" / "_installation.py"))
        yield
