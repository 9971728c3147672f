# SPDX-License-Identifier: BSD-2-Clause
"""What all tests share: they need a finished build, and say so once when there is none."""

from __future__ import annotations

import pytest

from harness import CLOUDABI_RUN, PYTHON


def pytest_sessionstart() -> None:
    """Stop at once instead of failing in every test."""
    missing = [path for path in (CLOUDABI_RUN, PYTHON) if not path.exists()]
    if missing:
        names = ", ".join(map(str, missing))
        pytest.exit(f"no {names}; run `./build_python.py build` first", returncode=2)
