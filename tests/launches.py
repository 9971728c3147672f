# SPDX-License-Identifier: BSD-2-Clause
"""Launches many sandboxes from a process that is careless with its descriptors.

`python tests/launches.py CENSUS [COUNT]` prints what was found, as JSON; CENSUS is
tests/launcher/census.c, compiled. It needs the package `cloudabi` on its path.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

from cloudabi import launcher, sandbox
from cloudabi.manifest import parse

DESCRIPTORS = 1000
THREADS = 8
# Each manifest, and how many descriptors its program holds.
MANIFESTS = {
    "output: !fd stdout": 1,
    "output: !fd stdout\ndir: !file {path: .}\nfile: !file {path: file}\nweb: !socket": 4,
    "output: !fd stdout\nsocket: !socket {bind: FOLDER/NUMBER}\ntmp: !tmpdir": 3,
}


def open_many(folder: Path) -> list[object]:
    """Open inheritable descriptors of all kinds, some of them for good."""
    kept: list[object] = []
    while len(os.listdir("/proc/self/fd")) < DESCRIPTORS:
        reader, writer = os.pipe()
        left, right = socket.socketpair()
        numbers = [reader, writer, left.fileno(), right.fileno()]
        numbers += [os.open("/", os.O_RDONLY), os.open(folder / "file", os.O_RDWR)]
        for number in numbers:
            os.set_inheritable(number, True)
        kept += [left, right]
    return kept


def launch(number: int, program: str, folder: Path) -> str:
    """Run a program; tells what it holds beyond what it should, or how else it went wrong."""
    text, expected = list(MANIFESTS.items())[number % len(MANIFESTS)]
    text = text.replace("FOLDER", str(folder)).replace("NUMBER", str(number))
    manifest = parse(text.encode(), "launches.yaml", for_python=False)
    parts = launcher.installation()
    captures = {"output": None}
    with sandbox.start(manifest, program, parts, folder=str(folder), captures=captures) as running:
        outcome = running.wait()
    if outcome.ending.status != 0:
        return f"status {outcome.ending.status}: {outcome.ending.message()}"
    descriptors, variables = map(int, outcome.output["output"].split())
    return f"{descriptors - expected} extra descriptors, {variables} variables"


def launch_many(program: str, count: int, folder: Path) -> Counter[str]:
    """Launch from several threads at once."""
    found: Counter[str] = Counter()
    numbers = iter(range(count))
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            result = launch(number, program, folder)
            with lock:
                found[result] += 1

    threads = [threading.Thread(target=work) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def children() -> int:
    """Count child processes, zombies among them."""
    tasks = Path("/proc/self/task").iterdir()
    return sum(len((task / "children").read_text().split()) for task in tasks)


def main() -> None:
    program, count = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "file").touch()
        os.environ |= {f"VARIABLE_{number}": "x" * 100 for number in range(100)}
        os.environ["TMPDIR"] = name
        kept = open_many(folder)
        launch(2, program, folder)  # whatever is opened once for all
        before = len(os.listdir("/proc/self/fd"))
        start = time.monotonic()
        found = launch_many(program, count, folder)
        result = {
            "launches": count,
            "seconds": round(time.monotonic() - start, 1),
            "found": found,
            "open before": before,
            "open after": len(os.listdir("/proc/self/fd")),
            "children": children(),
            "left behind": sorted({path.name for path in folder.iterdir()} - {"file"}),
        }
        del kept
    json.dump(result, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
