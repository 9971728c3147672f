# SPDX-License-Identifier: BSD-2-Clause
"""Measures how long `cloudabi-run` works before the broker starts.

`python benchmarks/start.py PYTHON MANIFEST [COUNT]`, where PYTHON is dist/host/bin/python3.14,
prints milliseconds since the process began, fastest and median: of time, and of the processor's
work alone, which other programs disturb less.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

CODE = """
import sys, time
MARKS = {"python": (time.monotonic_ns(), time.process_time_ns())}
def mark(name):
    MARKS[name] = (time.monotonic_ns(), time.process_time_ns())
sys.path.append(PACKAGES)
from cloudabi import __main__
mark("command imported")
from cloudabi import manifest, launcher
mark("launcher imported")
import os
def spawn(*arguments, **options):
    mark("broker started")
    sys.stdout.write(repr(MARKS))
    sys.stdout.flush()
    os._exit(0)
os.posix_spawn = spawn
parse = manifest.parse
def parsed(*arguments, **options):
    result = parse(*arguments, **options)
    mark("manifest read")
    return result
manifest.parse = parsed
__main__.main(["-f", MANIFEST])
"""


def launch(python: Path, manifest: str) -> dict[str, tuple[float, float]]:
    """Return by stage the milliseconds, of time and of work, at its end."""
    packages = next(python.parent.parent.glob("lib/python3.*/site-packages"))
    code = f"PACKAGES, MANIFEST = {str(packages)!r}, {manifest!r}\n{CODE}"
    start = time.monotonic_ns()
    output = subprocess.run(
        [python, "-I", "-S", "-c", code], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    marks = json.loads(output.replace("'", '"').replace("(", "[").replace(")", "]"))
    return {name: ((at - start) / 1e6, work / 1e6) for name, (at, work) in marks.items()}


def main() -> None:
    """Measure and print."""
    python, manifest, *numbers = sys.argv[1:]
    count = int(numbers[0]) if numbers else 20
    runs = [launch(Path(python), manifest) for _ in range(count)]
    print(f"{'':20}{'time':>16}{'work':>16}")
    for name in runs[0]:
        cells = []
        for kind in (0, 1):
            found = [run[name][kind] for run in runs]
            cells.append(f"{min(found):8.1f}{statistics.median(found):8.1f}")
        print(f"{name:20}{''.join(cells)}")


if __name__ == "__main__":
    main()
