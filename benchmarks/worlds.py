# SPDX-License-Identifier: BSD-2-Clause
"""The two worlds that are compared: the native interpreter, and ours in the sandbox."""

from __future__ import annotations

import json
import subprocess
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
GUEST = ROOT / "benchmarks" / "guest"
TRIPLE = "x86_64-unknown-cloudabi"
CLOUDABI_RUN = ROOT / "dist" / "host" / "bin" / "cloudabi-run"
GUEST_CC = ROOT / "dist" / TRIPLE / "bin" / f"{TRIPLE}-cc"
STDLIB = ROOT / "dist" / TRIPLE / "lib" / "python3.14"


@dataclass(frozen=True)
class Folder:
    """A directory among a program's arguments."""

    path: Path
    writable: bool = False


@dataclass(frozen=True)
class Listener:
    """A listening TCP socket of this machine among a program's arguments."""

    port: int


Argument = str | int | list[str] | Folder | Listener
Arguments = Mapping[str, Argument]


class World(ABC):
    """A way to run the programs in guest/."""

    name: str

    @contextmanager
    def started(self, script: str, arguments: Arguments) -> Iterator[subprocess.Popen[str]]:
        """Start a program; it is ended when the block is left before it ends by itself."""
        with tempfile.TemporaryDirectory() as scratch:
            command = self._command(script, arguments, Path(scratch))
            with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
                try:
                    yield process
                finally:
                    process.terminate()

    def run(self, script: str, arguments: Arguments) -> dict[str, float]:
        """Run a program and return what it reports."""
        with self.started(script, arguments) as process:
            output, _ = process.communicate()
            if process.returncode != 0:
                raise RuntimeError(f"{script} failed in the {self.name} world")
        result: dict[str, float] = json.loads(output)
        return result

    @abstractmethod
    def _command(self, script: str, arguments: Arguments, scratch: Path) -> list[str | Path]: ...


class Native(World):
    """The build's own interpreter for this machine: same sources, same compiler."""

    name = "native"

    def __init__(self, python: Path) -> None:
        self._python = python

    def _command(self, script: str, arguments: Arguments, scratch: Path) -> list[str | Path]:
        values = {key: _native_value(value) for key, value in arguments.items()}
        return [self._python, "-E", "-s", "-S", GUEST / script, json.dumps(values)]


class Sandbox(World):
    """The interpreter for CloudABI under cloudabi-run."""

    name = "sandbox"

    def _command(self, script: str, arguments: Arguments, scratch: Path) -> list[str | Path]:
        manifest = scratch / "manifest.yaml"
        manifest.write_text(manifest_text(script, arguments))
        return [CLOUDABI_RUN, "-f", manifest]


def manifest_text(script: str, arguments: Arguments) -> str:
    """Write the manifest that runs a program of guest/."""
    lines = [
        "stdout: !fd stdout",
        "stderr: !fd stderr",
        f"path: [{_file(STDLIB)}, {_file(GUEST)}]",
        f"script: {_file(GUEST / script)}",
        "args:",
        *(f"  {key}: {_manifest_value(value)}" for key, value in arguments.items()),
    ]
    return "\n".join(lines) + "\n"


def _native_value(value: Argument) -> Any:
    if isinstance(value, Folder):
        return str(value.path)
    return value.port if isinstance(value, Listener) else value


def _manifest_value(value: Argument) -> str:
    if isinstance(value, Folder):
        return _file(value.path, value.writable)
    if isinstance(value, Listener):
        return f"!socket {{bind: '127.0.0.1:{value.port}'}}"
    return json.dumps(value)


def _file(path: Path, writable: bool = False) -> str:
    mode = ", mode: write" if writable else ""
    return f"!file {{path: {json.dumps(str(path))}{mode}}}"
