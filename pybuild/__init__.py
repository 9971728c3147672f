# SPDX-License-Identifier: BSD-2-Clause
# Builds Python for CloudABI with the host Python's standard library alone.

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
