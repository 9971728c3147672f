# SPDX-License-Identifier: BSD-2-Clause
"""Measures what is ours against what is usual, and prints both and their ratio.

Most benchmarks compare the sandbox with the native interpreter.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import cloudabi
import serialization
from cloudabi import SandboxExecutor, launcher, manifest
from worlds import (
    CLOUDABI_RUN,
    GUEST,
    GUEST_CC,
    ROOT,
    Arguments,
    Folder,
    Listener,
    Native,
    Sandbox,
    World,
)

HELLO = ROOT / "examples" / "hello.yaml"
PRIMITIVES = GUEST / "primitives.c"

STARTS = 30
ROUNDS = 3
SMALL_FILES = 20_000
LARGE_BLOCKS = 512
CALLS = 5000
HTTP_SECONDS = 5
HTTP_CONNECTIONS = 32

MODULES = [
    *("abc", "argparse", "ast", "asyncio", "base64", "bisect", "collections", "contextlib"),
    *("csv", "dataclasses", "datetime", "decimal", "email", "enum", "fractions", "functools"),
    *("heapq", "html", "http.client", "inspect", "json", "logging", "pathlib", "pickle"),
    *("random", "re", "statistics", "string", "threading", "typing"),
]

# pyperformance's programs that need no third-party package, no process and no data file.
PROGRAMS: dict[str, list[str]] = {
    "chaos": [],
    "comprehensions": [],
    "deltablue": [],
    "fannkuch": [],
    "float": [],
    "generators": [],
    "go": [],
    "hexiom": [],
    "json_dumps": [],
    "nbody": [],
    "nqueens": [],
    "pickle": ["--pure-python", "pickle"],
    "pidigits": [],
    "raytrace": [],
    "regex_compile": [],
    "richards": [],
    "spectral_norm": [],
}


@dataclass(frozen=True)
class Figure:
    """One measured quantity: a time, a rate, or nothing but a ratio, as `unit` says."""

    name: str
    native: float
    sandbox: float
    unit: str = "s"

    @property
    def ratio(self) -> float:
        """How many times slower the sandbox is."""
        return self.native / self.sandbox if self.unit == "/s" else self.sandbox / self.native


@dataclass(frozen=True)
class Bench:
    """What the benchmarks measure with."""

    native: Native
    native_python: Path
    sandbox: Sandbox
    programs: Path

    @property
    def worlds(self) -> tuple[World, World]:
        """Both worlds, in the order of the columns."""
        return self.native, self.sandbox


def hello(bench: Bench) -> Iterator[Figure]:
    """From nothing to the end of a greeting: the whole command, and without the launcher."""
    code = "import io, sys; print('Hello, Konrad Zuse!')"
    native: list[str | Path] = [bench.native_python, "-I", "-S", "-c", code]
    sandbox: list[str | Path] = [CLOUDABI_RUN, "-f", HELLO]
    first, second, third = _alternate(lambda: _wall(native), lambda: _wall(sandbox), _guest_wall)
    yield Figure("hello, whole command", first, second)
    yield Figure("hello, broker and guest", first, third)


def primitives(_bench: Bench) -> Iterator[Figure]:
    """Locks and small system calls in C: the C library of this machine, and ours."""
    manifest = "[!fd stdin, !fd stdout]\n"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        native, sandbox = folder / "native", folder / "sandbox"
        subprocess.run(["clang-16", "-O2", "-pthread", "-o", native, PRIMITIVES], check=True)
        subprocess.run([GUEST_CC, "-O2", "-o", sandbox, PRIMITIVES], check=True)
        (folder / "manifest.yaml").write_text(manifest)
        commands: list[list[str | Path]] = [
            [native],
            [CLOUDABI_RUN, "-f", folder / "manifest.yaml", sandbox],
        ]
        rounds = [[_reported(command) for command in commands] for _ in range(ROUNDS)]
    for name in rounds[0][0]:
        first, second = (
            min(times[name] for times in column) for column in zip(*rounds, strict=True)
        )
        yield Figure(name, first, second)


def imports(bench: Bench) -> Iterator[Figure]:
    """Import of 30 modules of the standard library."""
    yield from _compare(bench, "imports.py", {"modules": MODULES})


def compute(bench: Bench) -> Iterator[Figure]:
    """Programs of pyperformance."""
    ratios = []
    for name, words in PROGRAMS.items():
        folder = Folder(bench.programs / f"bm_{name}")
        figures = list(_compare(bench, "compute.py", {"folder": folder, "command_line": words}))
        ratios += [figure.ratio for figure in figures]
        yield from figures
    yield Figure("geometric mean", 1.0, statistics.geometric_mean(ratios), unit="")


def library(bench: Bench) -> Iterator[Figure]:
    """Built-in types and modules in C."""
    yield from _compare(bench, "library.py", {})


def files(bench: Bench) -> Iterator[Figure]:
    """Small files in a directory, and one large file."""
    with tempfile.TemporaryDirectory(dir=_quick_folder()) as scratch:
        folder = Folder(Path(scratch), writable=True)
        sizes = {"files": SMALL_FILES, "blocks": LARGE_BLOCKS}
        yield from _compare(bench, "files.py", {"folder": folder, **sizes})


def http(bench: Bench) -> Iterator[Figure]:
    """Requests per second over 32 connections."""
    native, sandbox = (_request_rate(world) for world in bench.worlds)
    yield Figure("http", native, sandbox, unit="/s")


def argdata(_bench: Bench) -> Iterator[Figure]:
    """A document of 1 MB in argdata, and in other formats."""
    document = serialization.document()
    ours = serialization.ARGDATA.seconds(document)
    for other in serialization.OTHERS:
        theirs = other.seconds(document)
        for action, first, second in zip(("encode", "decode"), theirs, ours, strict=True):
            yield Figure(f"{action}, {other.name} and argdata", first, second)


def api(bench: Bench) -> Iterator[Figure]:
    """From a Python program: a run, and calls of a function by two workers."""
    native: list[str | Path] = [bench.native_python, "-I", "-S", "-c", "1 + 1"]
    first, second = _alternate(lambda: _wall(native), _run_wall)
    yield Figure("run of 1 + 1", first, second)
    first, second = _call_rate(ProcessPoolExecutor(2)), _call_rate(SandboxExecutor(2))
    yield Figure("calls by two workers", first, second, unit="/s")


BENCHMARKS: dict[str, Callable[[Bench], Iterator[Figure]]] = {
    "hello": hello,
    "primitives": primitives,
    "imports": imports,
    "compute": compute,
    "library": library,
    "files": files,
    "http": http,
    "argdata": argdata,
    "api": api,
}
COLUMNS = {"argdata": ("other", "argdata")}


def _compare(bench: Bench, script: str, arguments: Arguments) -> Iterator[Figure]:
    """Run a program several times in both worlds, in turn, and take the best of each figure."""
    best: list[dict[str, float]] = [{}, {}]
    for _ in range(ROUNDS):
        for world, figures in zip(bench.worlds, best, strict=True):
            for name, seconds in world.run(script, arguments).items():
                figures[name] = min(seconds, figures.get(name, math.inf))
    native, sandbox = best
    for name in native:
        if name in sandbox:
            yield Figure(name, native[name], sandbox[name])
        else:
            print(f"{name:32} left out, because the sandbox lacks the module")


def _quick_folder() -> Path | None:
    """Return a folder in memory with enough room: a disk's journal would be measured else."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 2**30 else None


def _alternate(*measures: Callable[[], float]) -> list[float]:
    """Take measurements in turn and return the median of each."""
    rounds = [[measure() for measure in measures] for _ in range(STARTS)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def _wall(command: list[str | Path]) -> float:
    begin = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begin


def _reported(command: list[str | Path]) -> dict[str, float]:
    """Run a program that prints names and seconds."""
    with Path("/dev/zero").open("rb") as zeros:
        result = subprocess.run(command, stdin=zeros, stdout=subprocess.PIPE, text=True, check=True)
    pairs = (line.split(": ") for line in result.stdout.splitlines())
    return {name: float(seconds) for name, seconds in pairs}


def _run_wall() -> float:
    begin = time.perf_counter()
    if cloudabi.run("1 + 1").value != 2:
        raise RuntimeError("the sandbox cannot add")
    return time.perf_counter() - begin


def _call_rate(executor: Executor) -> float:
    with executor:
        list(executor.map(abs, range(CALLS // 10)))  # until all workers are there
        begin = time.perf_counter()
        list(executor.map(abs, range(CALLS)))
        return CALLS / (time.perf_counter() - begin)


def _guest_wall() -> float:
    """Run the greeting from a launcher that has started and read the manifest."""
    parts = launcher.installation()
    wanted = manifest.parse(HELLO.read_bytes(), HELLO.name, for_python=True)
    with _standard_output_discarded():
        begin = time.perf_counter()
        status = launcher.run(wanted, parts.interpreter, parts, folder=str(HELLO.parent))
        elapsed = time.perf_counter() - begin
    if status != 0:
        raise RuntimeError(f"{HELLO} failed with status {status}")
    return elapsed


@contextmanager
def _standard_output_discarded() -> Iterator[None]:
    sys.stdout.flush()
    saved = os.dup(1)
    with Path(os.devnull).open("wb") as null:
        os.dup2(null.fileno(), 1)
    try:
        yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)


def _request_rate(world: World) -> float:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with world.started("server.py", {"socket": Listener(port)}) as server:
        assert server.stdout is not None
        server.stdout.readline()
        output = subprocess.run(
            ["wrk", "--threads=2", f"--connections={HTTP_CONNECTIONS}"]
            + [f"--duration={HTTP_SECONDS}s", f"http://127.0.0.1:{port}/"],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    rate = re.search(r"Requests/sec: *([\d.]+)", output)
    if rate is None or "Socket errors" in output or "Non-2xx" in output:
        raise RuntimeError(f"the server of the {world.name} world failed:\n{output}")
    return float(rate[1])


def _show(figure: Figure) -> None:
    values = (_number(value, figure.unit) for value in (figure.native, figure.sandbox))
    print(f"{figure.name:32} {' '.join(values)} {figure.ratio:7.2f}", flush=True)


def _number(value: float, unit: str) -> str:
    texts = {"s": f"{value * 1000:.3f} ms", "/s": f"{value:.0f} /s", "": f"{value:.2f}"}
    return f"{texts[unit]:>12}"


def main() -> None:
    """Run the benchmarks that are named, or all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], metavar="NAME")
    parser.add_argument("--native", type=Path, required=True, help="the native interpreter")
    parser.add_argument("--programs", type=Path, required=True, help="pyperformance's folder")
    options = parser.parse_args()
    bench = Bench(Native(options.native), options.native, Sandbox(), options.programs)
    for name in options.names or BENCHMARKS:
        first, second = COLUMNS.get(name, ("native", "sandbox"))
        print(f"{'':32} {first:>12} {second:>12} {'ratio':>7}   (ratio: times slower)")
        for figure in BENCHMARKS[name](bench):
            _show(figure)


if __name__ == "__main__":
    main()
