# SPDX-License-Identifier: BSD-2-Clause
"""Many launches from a careless host process: tests/launches.py, which can do more of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from harness import ROOT
from launcher_harness import compiled

COUNT = 150


def test_nothing_leaks_from_a_careless_host(tmp_path: Path) -> None:
    census = compiled("census", tmp_path)
    command: list[str | Path] = [sys.executable, ROOT / "tests" / "launches.py", census, str(COUNT)]
    result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    assert result["found"] == {"0 extra descriptors, 0 variables": COUNT}
    assert result["open after"] == result["open before"] >= 1000
    assert result["children"] == 0
    assert result["left behind"] == []
