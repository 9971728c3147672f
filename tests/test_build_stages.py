# SPDX-License-Identifier: BSD-2-Clause
"""Stages: built once, named by what they are made from, never half finished."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from harness import ROOT
from pybuild import dist
from pybuild.errors import BuildError
from pybuild.log import Reporter
from pybuild.sources import Source
from pybuild.stages import Build, Driver, Stage, StageError, locked
from test_build_sources import CONTENT, make_source


def make_driver(folder: Path, *known: Source, stream: io.StringIO | None = None) -> Driver:
    """Return a driver with its repository and cache below a folder."""
    (folder / "repository").mkdir(exist_ok=True)
    return Driver(
        root=folder / "repository",
        cache=folder / "cache",
        jobs=1,
        reporter=Reporter(stream=stream or io.StringIO()),
        catalogue={source.name: source for source in known},
    )


def write_once(build: Build) -> None:
    """Count the builds in a file beside the repository."""
    with (build.root.parent / "count").open("a") as stream:
        stream.write("x")
    (build.out / "result").write_text("done")


def count(folder: Path) -> int:
    """How often write_once() ran."""
    path = folder / "count"
    return len(path.read_text()) if path.exists() else 0


def test_built_once(tmp_path: Path) -> None:
    stage = Stage("one", "make one", write_once)
    first = stage.output(make_driver(tmp_path))
    assert (first / "result").read_text() == "done"
    assert stage.output(make_driver(tmp_path)) == first
    assert count(tmp_path) == 1


def test_what_the_key_depends_on(tmp_path: Path) -> None:
    driver = make_driver(tmp_path, make_source())
    (driver.root / "in").mkdir()
    (driver.root / "in" / "file").write_text("text")
    stage = Stage("one", "make one", write_once, inputs=(Path("in"),))
    keys = {driver.key(stage)}

    def changed(other: Stage) -> None:
        key = make_driver(tmp_path, make_source()).key(other)
        assert key not in keys
        keys.add(key)

    changed(replace(stage, facts=("-O2",)))
    changed(replace(stage, sources=("thing",)))
    changed(replace(stage, needs=(Stage("zero", "", write_once),)))
    changed(replace(stage, needs=(Stage("zero", "", write_once, facts=("-g",)),)))
    (driver.root / "in" / "file").chmod(0o755)
    changed(stage)
    (driver.root / "in" / "file").write_text("other")
    changed(stage)
    (driver.root / "in" / "file").rename(driver.root / "in" / "renamed")
    changed(stage)


def test_key_ignores_title_and_compiled_python(tmp_path: Path) -> None:
    driver = make_driver(tmp_path)
    (driver.root / "in").mkdir()
    stage = Stage("one", "make one", write_once, inputs=(Path("in"),))
    key = driver.key(stage)
    (driver.root / "in" / "__pycache__").mkdir()
    (driver.root / "in" / "__pycache__" / "x.pyc").write_text("")
    assert make_driver(tmp_path).key(replace(stage, title="other")) == key


def test_needs_are_built_first_and_counted(tmp_path: Path) -> None:
    stream = io.StringIO()
    first = Stage("first", "make first", write_once)

    def use(build: Build) -> None:
        build.run("cp", build.need(first) / "result", build.out / "copy")

    second = Stage("second", "make second", use, needs=(first,))
    driver = make_driver(tmp_path, stream=stream)
    assert (second.output(driver) / "copy").read_text() == "done"
    lines = stream.getvalue().splitlines()
    assert [line.partition(" … ")[0] for line in lines] == ["[1/2] make first", "[2/2] make second"]
    assert all(line.endswith(" s") for line in lines)


def test_source_is_unpacked(tmp_path: Path) -> None:
    def copy(build: Build) -> None:
        (build.source("thing") / "a.txt").rename(build.out / "a.txt")

    driver = make_driver(tmp_path, make_source())
    (driver.cache / "sources").mkdir(parents=True)
    (driver.cache / "sources" / "thing_1.0.orig.tar.gz").write_bytes(CONTENT)
    output = Stage("one", "make one", copy, sources=("thing",)).output(driver)
    assert (output / "a.txt").read_text() == "a"


def test_failure_names_the_log_and_shows_its_end(tmp_path: Path) -> None:
    def fail(build: Build) -> None:
        build.run("sh", "-c", 'echo first; echo "$FLAG"; exit 3', env={"FLAG": "last words"})

    driver = make_driver(tmp_path)
    stage = Stage("bad", "make trouble", fail)
    with pytest.raises(StageError) as caught:
        stage.output(driver)
    text = str(caught.value)
    assert "make trouble: sh failed with status 3" in text
    assert "  | last words" in text
    (log,) = (driver.cache / "logs").iterdir()
    assert f"log: {log}" in text
    assert "FLAG=last words" in log.read_text().replace("'", "")
    assert not driver.path(stage).exists()
    assert not list((driver.cache / "stages").glob("*partial*"))


def test_missing_program_is_a_failure_not_a_traceback(tmp_path: Path) -> None:
    stage = Stage("bad", "make trouble", lambda build: build.run("no-such-program"))
    with pytest.raises(StageError, match="no-such-program"):
        stage.output(make_driver(tmp_path))


def test_missing_input_is_named(tmp_path: Path) -> None:
    stage = Stage("one", "make one", write_once, inputs=(Path("absent"),))
    with pytest.raises(BuildError, match="lacks absent"):
        stage.output(make_driver(tmp_path))


def test_commands_do_not_see_the_flags_of_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CFLAGS", "-bad")

    def show(build: Build) -> None:
        build.run("sh", "-c", f"env > {build.out}/env")

    output = Stage("one", "make one", show).output(make_driver(tmp_path))
    assert "CFLAGS" not in (output / "env").read_text()


def test_results_not_in_use_are_discarded(tmp_path: Path) -> None:
    driver = make_driver(tmp_path)
    need = Stage("need", "make need", write_once)
    kept = Stage("kept", "make kept", write_once, needs=(need,))
    old = Stage("old", "make old", write_once)
    driver.realize(kept, old)
    driver.discard_except(kept)
    assert driver.path(kept).exists()
    assert driver.path(need).exists()
    assert not driver.path(old).exists()


# Two processes at once, and one that is killed, need programs of their own.
PROGRAM = """
import sys, time
from pathlib import Path

sys.path.insert(0, {root!r})
from pybuild.log import Reporter
from pybuild.stages import Driver, Stage

folder = Path({folder!r})


def slow(build):
    (build.out / "half").write_text("half")
    with (folder / "count").open("a") as stream:
        stream.write("x")
    build.run("sleep", sys.argv[1])
    (build.out / "whole").write_text("whole")


driver = Driver(folder, folder / "cache", 1, Reporter(), {{}})
print(Stage("slow", "make slow", slow).output(driver))
"""


@pytest.fixture
def start(tmp_path: Path) -> Callable[[str], subprocess.Popen[str]]:
    """Start a program that builds one stage which takes the given seconds."""
    script = tmp_path / "program.py"
    script.write_text(textwrap.dedent(PROGRAM).format(root=str(ROOT), folder=str(tmp_path)))

    def start(seconds: str) -> subprocess.Popen[str]:
        command: list[str | Path] = [sys.executable, script, seconds]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True)

    return start


def wait_for(path: Path) -> None:
    """Wait until a file exists."""
    deadline = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


Start = Callable[[str], subprocess.Popen[str]]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_killed_build_is_not_taken_for_a_result(
    tmp_path: Path, start: Start, number: signal.Signals
) -> None:
    with start("30") as process:
        wait_for(tmp_path / "count")
        os.kill(process.pid, number)
    (stages,) = (tmp_path / "cache").glob("stages")
    assert not [
        path for path in stages.glob("slow-*") if path.is_dir() and "partial" not in path.name
    ]
    with start("0") as process:
        output = Path(process.communicate()[0].strip())
    assert (output / "whole").read_text() == "whole"
    assert sorted(path.name for path in stages.iterdir()) == [output.name, f"{output.name}.lock"]


def test_two_builds_at_once_build_once(tmp_path: Path, start: Start) -> None:
    with start("1") as first, start("1") as second:
        (path, told), (other_path, other_told) = first.communicate(), second.communicate()
    assert path == other_path
    assert count(tmp_path) == 1
    assert (told + other_told).count("waiting for another build") == 1


def test_a_product_that_was_assembled_while_we_waited(tmp_path: Path) -> None:
    """Whoever had the lock before may have done all there was to do."""
    said = io.StringIO()
    driver, other = make_driver(tmp_path), make_driver(tmp_path, stream=said)
    stage = Stage("one", "build one", write_once)

    def fill(driver: Driver, folder: Path) -> None:
        (folder / "result").write_text((driver.path(stage) / "result").read_text())

    product = dist.Product("one", (stage,), fill)
    folder = driver.root / "dist"
    folder.mkdir()
    with ThreadPoolExecutor(1) as pool:
        with locked(folder / ".lock", driver.reporter):
            waiting = pool.submit(dist.update, other, [product])
            while "waiting" not in said.getvalue():
                time.sleep(0.001)
            driver.realize(stage)
            product.assemble(driver)
        waiting.result(20)
    assert (folder / "one" / "result").read_text() == "done"
    assert count(tmp_path) == 1
