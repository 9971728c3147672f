# SPDX-License-Identifier: BSD-2-Clause
# Stages: units of work whose results are kept under a hash of everything they are made from.
#
# A result is built in a folder of its own and appears under its final name by one rename, so a
# killed build leaves nothing that could be taken for a result.

import fcntl
import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from pybuild import sources
from pybuild.errors import BuildError
from pybuild.log import Reporter, tail

KEY_DIGITS = 16
KEPT_VARIABLES = ("PATH", "HOME", "USER", "TERM")


class StageError(BuildError):
    """A command of a stage failed; the text names the log and quotes its end."""


@dataclass(frozen=True)
class Stage:
    """One unit of work.

    name: unique, used in file names; ends in the target's triple where there is one.
    title: what a person reads.
    build: fills Build.out.
    needs: stages whose outputs `build` asks for with Build.need.
    sources: names from sources.toml that `build` asks for with Build.source.
    inputs: files or folders, relative to the repository.
    facts: whatever else the result depends on: flags, tool identities.
    """

    name: str
    title: str
    build: Callable[["Build"], None]
    needs: tuple["Stage", ...] = ()
    sources: tuple[str, ...] = ()
    inputs: tuple[Path, ...] = ()
    facts: tuple[str, ...] = ()

    def output(self, driver: "Driver") -> Path:
        """Return the folder with this stage's result, building what is missing."""
        return driver.realize(self)


@dataclass
class Driver:
    """Knows the repository, the cache and the sources; realizes stages."""

    root: Path
    cache: Path
    jobs: int
    reporter: Reporter
    catalogue: Mapping[str, sources.Source]
    _keys: dict[Stage, str] = field(default_factory=dict)

    def realize(self, *stages: Stage) -> Path:
        """Build what is missing of these stages and their needs; return the last one's output."""
        missing = self.missing(*stages)
        self.reporter.expect(len(missing))
        for stage in missing:
            self._realize_one(stage)
        return self.path(stages[-1])

    def missing(self, *stages: Stage) -> list[Stage]:
        """List the stages that have to be built for these, in an order that works."""
        order: dict[str, Stage] = {}
        for stage in stages:
            if not self.path(stage).exists():
                for need in self.missing(*stage.needs):
                    order.setdefault(self.key(need), need)
                order.setdefault(self.key(stage), stage)
        return list(order.values())

    def discard_except(self, *stages: Stage) -> None:
        """Remove every result that is not that of one of these stages or of their needs."""
        kept = {self.path(stage) for stage in _closure(stages)}
        for path in (self.cache / "stages").glob("*"):
            if path not in kept and path.is_dir():
                shutil.rmtree(path)

    def path(self, stage: Stage) -> Path:
        """Where the result of a stage is, or will be."""
        return self.cache / "stages" / f"{stage.name}-{self.key(stage)}"

    def key(self, stage: Stage) -> str:
        """Hash everything that the result of a stage depends on."""
        if stage not in self._keys:
            recipe = sys.modules[stage.build.__module__].__file__ or ""
            parts = {
                "name": stage.name,
                "facts": stage.facts,
                "sources": [self.catalogue[name].sha256 for name in stage.sources],
                "inputs": [self._input_digest(path) for path in stage.inputs],
                "needs": [self.key(need) for need in stage.needs],
                "recipe": file_digest(Path(recipe)),
            }
            digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
            self._keys[stage] = digest[:KEY_DIGITS]
        return self._keys[stage]

    def _input_digest(self, path: Path) -> str:
        if not (self.root / path).exists():
            raise BuildError(f"the repository lacks {path}")
        return tree_digest(self.root / path)

    def _realize_one(self, stage: Stage) -> None:
        final = self.path(stage)
        final.parent.mkdir(parents=True, exist_ok=True)
        lock = self.cache / "stages" / f"{final.name}.lock"
        with locked(lock, self.reporter), self.reporter.step(stage.title):
            if not final.exists():
                _discard_partial(final)
                self._build(stage, final)

    def _build(self, stage: Stage, final: Path) -> None:
        scratch = Path(tempfile.mkdtemp(prefix=f"{final.name}.partial-", dir=final.parent))
        log_path = self.cache / "logs" / f"{final.name}.log"
        log_path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with log_path.open("w", encoding="utf-8") as log:
                build = Build(self, stage, scratch, log)
                stage.build(build)
            build.out.rename(final)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


class Build:
    """What a stage's build function works with.

    out: empty folder to fill; it is renamed to `final` afterwards.
    final: the path of the result, for what must know where it will be installed.
    tmp: scratch folder, gone afterwards.
    root: the repository.
    jobs: how many processes may run at a time.
    """

    def __init__(self, driver: Driver, stage: Stage, scratch: Path, log: TextIO) -> None:
        self.out = scratch / "out"
        self.tmp = scratch / "tmp"
        self.final = driver.path(stage)
        self.root = driver.root
        self.jobs = driver.jobs
        self.log = log
        self._driver = driver
        self._stage = stage
        self.out.mkdir()
        self.tmp.mkdir()

    def run(
        self,
        *command: str | Path,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Run a command, logged; it sees a small fixed environment plus `env`.

        cwd: the scratch folder unless given.
        Raises StageError: the command failed.
        """
        words = [str(word) for word in command]
        settings = [f"{name}={value}" for name, value in (env or {}).items()]
        self.log.write(f"\n$ cd {cwd or self.tmp}\n$ {shlex.join([*settings, *words])}\n")
        self.log.flush()
        status = run_logged(words, self.log, cwd or self.tmp, base_environment() | dict(env or {}))
        if status != 0:
            raise self._failure(f"{words[0]} failed with status {status}")

    def archive(self, name: str) -> Path:
        """Return the verified release file of a source that the stage lists."""
        if name not in self._stage.sources:
            raise AssertionError(f"stage {self._stage.name} does not list the source {name}")
        return sources.fetch(self._driver.catalogue[name], self._driver.cache / "sources")

    def source(self, name: str) -> Path:
        """Return a fresh, verified, unpacked copy of a source that the stage lists."""
        part = self._driver.catalogue[name].part
        return sources.unpack(self.archive(name), self.tmp / name, part)

    def need(self, stage: Stage) -> Path:
        """Return the output of a stage that this one lists in `needs`."""
        if stage not in self._stage.needs:
            raise AssertionError(f"stage {self._stage.name} does not need {stage.name}")
        return self._driver.path(stage)

    def forget_place(self) -> str:
        """Return the flag that has clang leave out of programs where they were compiled."""
        return f"-ffile-prefix-map={self.tmp}=."

    def _failure(self, what: str) -> StageError:
        path = Path(self.log.name)
        return StageError(f"{self._stage.title}: {what}\n  log: {path}\n{tail(path)}")


def base_environment() -> dict[str, str]:
    """The variables that every command sees: no flags or paths of the person's shell."""
    kept = {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}
    return kept | {"LC_ALL": "C.UTF-8"}


def run_logged(words: list[str], log: TextIO, cwd: Path, env: Mapping[str, str]) -> int:
    """Run a command in a process group of its own, which ends with us; return its status."""
    try:
        process = subprocess.Popen(
            words,
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    except OSError as error:
        log.write(f"{error}\n")
        log.flush()
        return 127
    try:
        return process.wait()
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        raise


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def tree_digest(path: Path) -> str:
    """Return a hash over the names, contents and executable bits of a file or folder."""
    digest = hashlib.sha256()
    for name, member in sorted(_members(path)):
        digest.update(f"{name}\0{os.access(member, os.X_OK)}\0{file_digest(member)}\n".encode())
    return digest.hexdigest()


def _members(path: Path) -> Iterator[tuple[str, Path]]:
    if not path.is_dir():
        yield path.name, path
        return
    for folder, subfolders, files in os.walk(path):
        subfolders[:] = [name for name in subfolders if name != "__pycache__"]
        for name in files:
            member = Path(folder, name)
            yield str(member.relative_to(path)), member


def _closure(stages: Iterable[Stage]) -> Iterator[Stage]:
    for stage in stages:
        yield stage
        yield from _closure(stage.needs)


@contextmanager
def locked(path: Path, reporter: Reporter) -> Iterator[None]:
    """Hold an exclusive lock, which the kernel drops when this process dies."""
    with path.open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            reporter.note("waiting for another build to finish")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def _discard_partial(final: Path) -> None:
    for leftover in final.parent.glob(f"{final.name}.partial-*"):
        shutil.rmtree(leftover, ignore_errors=True)
