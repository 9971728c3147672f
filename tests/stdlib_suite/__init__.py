# SPDX-License-Identifier: BSD-2-Clause
"""CPython's own tests of the standard library, each file in a sandbox of its own."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXPECTATIONS = ROOT / "tests" / "stdlib.yaml"
