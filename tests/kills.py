# SPDX-License-Identifier: BSD-2-Clause
"""Kills cloudabi-run at random moments and looks for what is left.

`python tests/kills.py CLOUDABI_RUN PROGRAM [COUNT] [SEED]` prints what was found, as JSON; PROGRAM
is tests/launcher/misbehave.c, compiled.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
PATIENCE_S = 20.0
DELAY_S = 0.4

MANIFEST = """\
!program
args:
  output: !fd stdout
  folder: !tmpdir
  socket: !socket {bind: FOLDER/socket}
  how: fill many
limits: {disk: none}
"""


def reap() -> bool:
    """Wait until all processes are gone: those without a parent become our children."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            if os.waitpid(-1, os.WNOHANG) == (0, 0):
                time.sleep(0.002)
        except ChildProcessError:
            return True
    return False


def kill_once(command: list[str], folder: Path, delay: float) -> str:
    """Run the command for a while, kill it, and tell what is left."""
    environment = {"TMPDIR": str(folder), "PATH": os.defpath}
    launched = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    deadline = time.monotonic() + delay
    while time.monotonic() < deadline and launched.poll() is None:
        time.sleep(0.001)
    moment = "socket bound" if (folder / "socket").exists() else "earlier"
    launched.kill()
    launched.wait()
    if not reap():
        return "processes are left"
    left = sorted(path.name for path in folder.iterdir())
    for path in folder.iterdir():
        path.unlink() if not path.is_dir() else subprocess.run(["rm", "-r", path], check=True)
    return f"left: {', '.join(left)}" if left else f"clean, killed with {moment}"


def main() -> None:
    """Kill many and print."""
    cloudabi_run, program, *numbers = sys.argv[1:]
    count, seed = (*(int(number) for number in numbers), *(300, 1)[len(numbers) :])
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    choose = random.Random(seed)
    found: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as outer:
        manifest, folder = Path(outer) / "kills.yaml", Path(outer) / "folder"
        folder.mkdir()
        manifest.write_text(MANIFEST.replace("FOLDER", str(folder)))
        for _ in range(count):
            command = [cloudabi_run, "-f", str(manifest), program]
            found[kill_once(command, folder, choose.uniform(0, DELAY_S))] += 1
    json.dump(found, sys.stdout, indent=2)
    print()


if __name__ == "__main__":
    main()
