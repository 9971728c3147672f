# SPDX-License-Identifier: BSD-2-Clause
# What parses bytes of somebody else's, and libFuzzer's programs that try it.

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pybuild import ROOT
from pybuild.errors import SuiteError, UsageError
from pybuild.runtime import write_host_calls
from pybuild.stages import Driver
from pybuild.targets import CLANG

FOLDER = ROOT / "tests" / "fuzz"
CORPUS = FOLDER / "corpus"
WARNINGS = ("-Wall", "-Wextra", "-Werror")
SANITIZERS = ("-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all")
PROFILE = ("-fprofile-instr-generate", "-fcoverage-mapping")
COV, PROFDATA = "llvm-cov-16", "llvm-profdata-16"
# A target that has crashed this often is not started again.
CRASHES_MAX = 10


@dataclass(frozen=True)
class Target:
    """One program, tests/fuzz/<name>.c.

    parts: the sources that it is linked with, as patterns.
    judged: those whose coverage counts.
    max_len: bytes of an input.
    replaced: functions of the parts that tests/fuzz/<name>.c has as __wrap_<function>.
    """

    name: str
    parts: tuple[str, ...]
    judged: tuple[str, ...]
    max_len: int
    replaced: tuple[str, ...] = ()

    @property
    def kept(self) -> Path:
        """The inputs in the repository, a line in hexadecimal for each."""
        return CORPUS / f"{self.name}.txt"


CODEC = ("argdata/*.c", "Lib/cloudabi/_marshal.c")
BROKER = ("broker/*.c", "argdata/argdata.c", "tests/fuzz/tree.c")
TARGETS = (
    Target("elf", (), ("runtime/elf.c",), 1200),
    Target("elf32", (), ("runtime/elf.c",), 1200),
    Target("message", CODEC, ("argdata/*.c", "Lib/cloudabi/_marshal.c"), 4000),
    Target("marshal", CODEC, ("Lib/cloudabi/_marshal.c",), 4000),
    Target("spec", BROKER, ("broker/spec.c",), 4000),
    Target(
        "request",
        BROKER,
        tuple(
            f"broker/{name}.c"
            for name in ("request", "dir", "open", "listing", "attributes", "path", "capability")
        ),
        2000,
    ),
    Target("walk", (*BROKER, "tests/fuzz/lookup.c"), ("broker/path.c",), 300),
    Target(
        "control",
        BROKER,
        ("broker/control.c", "broker/exec.c", "broker/block.c"),
        1000,
        replaced=("spawner_ask", "spawner_hear"),
    ),
    Target("note", BROKER, ("broker/notes.c", "broker/record.c", "broker/trace.c"), 4200),
)


def select(names: Iterable[str]) -> tuple[Target, ...]:
    """Choose targets by name; all when none is named.

    Raises UsageError: there is no target of a name.
    """
    by_name = {target.name: target for target in TARGETS}
    unknown = [name for name in names if name not in by_name]
    if unknown:
        raise UsageError(f"no fuzz target `{unknown[0]}`; targets are {', '.join(by_name)}")
    return tuple(by_name[name] for name in names) or TARGETS


# programs


def build(target: Target, folder: Path, flags: Sequence[str] = SANITIZERS) -> Path:
    """Compile a target into a folder; what several targets share is compiled once.

    Raises SuiteError: it does not compile.
    """
    shared = [_object(source, folder, flags) for source in _expand(target.parts)]
    program = folder / target.name
    if not program.exists():
        wraps = [f"-Wl,--wrap={name}" for name in target.replaced]
        _clang(folder, flags, *wraps, "-o", program, FOLDER / f"{target.name}.c", *shared)
    return program


def build_all(targets: Iterable[Target], folder: Path, jobs: int) -> None:
    """Compile targets, first what they share, several files at a time."""
    sources = {source for target in targets for source in _expand(target.parts)}
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda source: _object(source, folder, SANITIZERS), sorted(sources)))
        list(pool.map(lambda target: build(target, folder), targets))


def _expand(patterns: Iterable[str]) -> list[Path]:
    found = sorted({path for pattern in patterns for path in ROOT.glob(pattern)})
    return [path for path in found if path != ROOT / "broker" / "main.c"]


def _object(source: Path, folder: Path, flags: Sequence[str]) -> Path:
    output = folder / f"{source.parent.name}-{source.stem}.o"
    if not output.exists():
        flags = [flag.replace("fuzzer,", "fuzzer-no-link,") for flag in flags]
        _clang(folder, flags, "-c", "-o", output, source)
    return output


def _clang(folder: Path, flags: Sequence[str], *words: str | Path) -> None:
    generated = folder / "include"
    if not generated.exists():
        generated.mkdir(parents=True)
        write_host_calls(generated)
    includes = ("abi/include", "argdata", "Lib/cloudabi", "tests/fuzz")
    command: list[str | Path] = [CLANG, "-std=c11", "-O1", "-g", *WARNINGS, "-D_GNU_SOURCE"]
    command += [f"-I{ROOT / name}" for name in includes]
    command += [f"-I{generated}", *flags, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SuiteError(f"a fuzz target does not compile:\n{done.stderr}".rstrip())


# inputs


def unpack(target: Target, folder: Path) -> None:
    """Write the kept inputs of a target into a folder, one file for each."""
    folder.mkdir(parents=True, exist_ok=True)
    if target.kept.exists():
        for number, line in enumerate(target.kept.read_text().splitlines()):
            (folder / f"kept-{number}").write_bytes(bytes.fromhex(line))


def pack(target: Target, folder: Path) -> int:
    """Make the files of a folder the kept inputs; returns how many they are."""
    inputs = {path.read_bytes() for path in folder.iterdir()}
    lines = [data.hex() + "\n" for data in sorted(inputs, key=lambda data: (len(data), data))]
    target.kept.parent.mkdir(exist_ok=True)
    target.kept.write_text("".join(lines))
    return len(inputs)


def minimise(target: Target, program: Path, corpus: Path) -> int:
    """Keep, of a corpus, what covers as much as all of it; returns how many inputs that is.

    Raises SuiteError: one of them makes the target crash.
    """
    with tempfile.TemporaryDirectory() as scratch:
        less = Path(scratch, "less")
        less.mkdir()
        done = _start(target, program, less, "-merge=1", less, corpus)
        if done.returncode != 0 or not any(less.iterdir()):
            raise SuiteError(f"the inputs of {target.name} cannot be minimised:\n{done.stderr}")
        return pack(target, less)


# runs


@dataclass(frozen=True)
class Result:
    """What a run of a target has come to.

    edges: those reached at its end; edges_before: by the inputs that it began with; edges_all: of
        the program, which can do more than this target asks of it.
    crashes: files with the inputs.
    """

    target: Target
    executions: int
    seconds: float
    edges_before: int
    edges: int
    edges_all: int
    inputs_new: int
    crashes: tuple[Path, ...]
    log: Path


def run(target: Target, program: Path, folder: Path, seconds: float) -> Result:
    """Fuzz for some time, from the kept inputs and those of earlier runs in the folder.

    folder: gets corpus/, crashes/ and log, of which crashes are added to.
    """
    corpus, crashes, log = folder / "corpus", folder / "crashes", folder / "log"
    unpack(target, corpus)
    crashes.mkdir(parents=True, exist_ok=True)
    had, crashed = set(corpus.iterdir()), set(crashes.iterdir())
    begin = time.monotonic()
    text = ""
    while (left := begin + seconds - time.monotonic()) > 0:
        limit = f"-max_total_time={max(1, round(left))}"
        done = _start(target, program, crashes, limit, "-print_final_stats=1", corpus)
        text += done.stderr
        if done.returncode == 0 or len(set(crashes.iterdir()) - crashed) >= CRASHES_MAX:
            break
    log.write_text(text)
    return Result(
        target=target,
        executions=sum(_numbers(r"number_of_executed_units: (\d+)", text)),
        seconds=time.monotonic() - begin,
        edges_before=next(_numbers(r"INITED cov: (\d+)", text), 0),
        edges=max(_numbers(r" cov: (\d+)", text), default=0),
        edges_all=next(_numbers(r"\((\d+) inline 8-bit counters\)", text), 0),
        inputs_new=len(set(corpus.iterdir()) - had),
        crashes=tuple(sorted(set(crashes.iterdir()) - crashed)),
        log=log,
    )


def coverage(target: Target, folder: Path, corpus: Path) -> dict[str, float]:
    """Measure what share of the lines and branches of the judged sources a corpus reaches."""
    program = build(target, folder / "profile", ("-fsanitize=fuzzer", *PROFILE))
    raw, merged = folder / "profile" / "raw", folder / "profile" / "merged"
    environment = os.environ | {"LLVM_PROFILE_FILE": str(raw)}
    _start(target, program, folder / "profile", "-runs=0", corpus, env=environment)
    subprocess.run([PROFDATA, "merge", "-o", merged, raw], check=True)
    export: list[str | Path] = [COV, "export", "-summary-only", f"-instr-profile={merged}"]
    export += [program, *_expand(target.judged)]
    done = subprocess.run(export, check=True, capture_output=True)
    totals = json.loads(done.stdout)["data"][0]["totals"]
    return {name: totals[name]["percent"] for name in ("lines", "branches")}


def table(results: Sequence[Result]) -> str:
    """Write results as a table for people."""
    rows = [("target", "executions", "exec/s", "edges", "of all", "before", "new", "crashes")]
    rows += [
        (
            result.target.name,
            f"{result.executions}",
            f"{result.executions / result.seconds:.0f}",
            f"{result.edges}",
            f"{result.edges_all}",
            f"{result.edges_before}",
            f"{result.inputs_new}",
            f"{len(result.crashes)}",
        )
        for result in results
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [" ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "".join(f"{line}\n" for line in lines)


def _start(
    target: Target,
    program: Path,
    artifacts: Path,
    *words: str | Path,
    env: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder of its own, of a file system in memory if there is one."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as scratch:
        command: list[str | Path] = [program, f"-max_len={target.max_len}", "-timeout=25"]
        command += [f"-artifact_prefix={artifacts}/", *words]
        return subprocess.run(
            command,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            cwd=scratch,
            env=env,
            check=False,
        )


def _numbers(pattern: str, text: str) -> Iterator[int]:
    return (int(number) for number in re.findall(pattern, text))


# commands


def command(driver: Driver, targets: Sequence[Target], folder: Path, seconds: float) -> None:
    """Build and run targets, several at a time, and print what has come of it.

    Raises SuiteError: an input made a target crash, or take too long.
    """
    driver.reporter.expect(2)
    programs = _fresh(folder)
    with driver.reporter.step(f"build {len(targets)} fuzz targets"):
        build_all(targets, programs, driver.jobs)
    with (
        driver.reporter.step(f"run them for {seconds:.0f} s each"),
        ThreadPoolExecutor(driver.jobs) as pool,
    ):
        results = list(
            pool.map(
                lambda target: run(target, programs / target.name, folder / target.name, seconds),
                targets,
            )
        )
    sys.stdout.write(table(results))
    crashes = [str(path) for result in results for path in result.crashes]
    if crashes:
        raise SuiteError("\n  ".join(("inputs that made a target crash:", *crashes)))


def keep(driver: Driver, targets: Sequence[Target], folder: Path) -> None:
    """Make the inputs of earlier runs the kept ones, as few as cover the same."""
    for target in targets:
        corpus = folder / target.name / "corpus"
        unpack(target, corpus)
        count = minimise(target, build(target, folder / "programs"), corpus)
        size = target.kept.stat().st_size
        driver.reporter.note(f"{target.name}: {count} inputs kept, {size} bytes")


def measure(driver: Driver, targets: Sequence[Target], folder: Path) -> None:
    """Print the coverage of the judged sources by the inputs of earlier runs."""
    for target in targets:
        corpus = folder / target.name / "corpus"
        unpack(target, corpus)
        found = coverage(target, folder / "programs", corpus)
        words = ", ".join(f"{percent:.1f} % of {name}" for name, percent in found.items())
        driver.reporter.note(f"{target.name}: {words} of {' '.join(target.judged)}")


def _fresh(folder: Path) -> Path:
    """Make an empty folder for programs, because nobody looks whether they are stale."""
    programs = folder / "programs"
    shutil.rmtree(programs, ignore_errors=True)
    programs.mkdir(parents=True)
    return programs
