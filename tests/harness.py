# SPDX-License-Identifier: BSD-2-Clause
"""Runs programs through `cloudabi-run` as a user would, for all tests that need a sandbox."""

from __future__ import annotations

import subprocess
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
TRIPLE = "x86_64-unknown-cloudabi"
SYSROOT = ROOT / "dist" / TRIPLE
PYTHON = SYSROOT / "bin" / "python3"
STDLIB = SYSROOT / "lib" / "python3.14"
# Wheels that pip got, and a folder with the same packages; pybuild/wheels.py makes it.
PACKAGES = ROOT / "dist" / "packages"
CLOUDABI_RUN = ROOT / "dist" / "host" / "bin" / "cloudabi-run"


@cache
def _scratch() -> TemporaryDirectory[str]:
    """A folder for what is compiled; it goes with the session and is open to every user."""
    folder = TemporaryDirectory(prefix="cloudabi-tests-")
    Path(folder.name).chmod(0o755)
    return folder


def scratch() -> Path:
    """Where to put what is compiled once per session."""
    return Path(_scratch().name)


def python_manifest(code: str, **keys: str) -> str:
    """A manifest that runs Python source, with standard streams and the library.

    keys: further top-level keys, each with its YAML text (`args="{dir: !file {path: x}}"`).
    """
    lines = [
        "stdout: !fd stdout",
        "stderr: !fd stderr",
        f"path: [!file {{path: '{STDLIB}'}}]",
        *(f"{key}: {value}" for key, value in keys.items()),
        "command: |",
    ]
    return "\n".join(lines) + "\n" + textwrap.indent(textwrap.dedent(code), "  ")


def run(
    manifest: str | Path, *program: str | Path, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a manifest, given as a file or as text on standard input, and wait for its end."""
    command: list[str | Path] = [CLOUDABI_RUN]
    command += ["-f", manifest, *program] if isinstance(manifest, Path) else program
    return subprocess.run(
        command,
        input=manifest if isinstance(manifest, str) else None,
        capture_output=True,
        text=True,
        timeout=timeout,
    )


def run_python(code: str, **keys: str) -> str:
    """Run Python source in the sandbox; returns what it printed, fails if it failed."""
    result = run(python_manifest(code, **keys))
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


@dataclass(frozen=True)
class Running:
    """A sandbox at work: the launcher, its broker and its guest."""

    launcher: subprocess.Popen[str]
    broker_pid: int
    guest_pid: int

    def guest_status(self, key: str) -> str:
        return proc_status(self.guest_pid, key)


@contextmanager
def started(manifest: Path, *program: str | Path) -> Iterator[Running]:
    """Start a manifest whose program prints a line when it is ready; kill it in the end."""
    with subprocess.Popen(
        [CLOUDABI_RUN, "-f", manifest, *program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as launcher:
        try:
            assert launcher.stdout is not None and launcher.stderr is not None
            assert launcher.stdout.readline(), launcher.stderr.read()
            broker = only_child(launcher.pid)
            yield Running(launcher, broker, only_child(broker))
        finally:
            launcher.kill()


def only_child(pid: int) -> int:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    assert len(children) == 1, children
    return int(children[0])


def proc_status(pid: int, key: str) -> str:
    """One field of /proc/<pid>/status."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name == key:
            return value.strip()
    raise KeyError(key)


def wait_until_gone(*pids: int, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while any(Path(f"/proc/{pid}").exists() for pid in pids):
        assert time.monotonic() < deadline, f"still there: {pids}"
        time.sleep(0.01)
