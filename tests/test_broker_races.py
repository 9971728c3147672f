# SPDX-License-Identifier: BSD-2-Clause
"""Names and memory that change while somebody looks: nobody ever gets out.

Native threads of the host's exchange what leads inside for what leads outside, under the hands of a
guest that walks through it and of a launcher that opens what a manifest names. The same walk by
ordinary calls, and by ordinary opening, does get out, so that there is something to win.

RACES_LONG=1 takes some minutes and counts to a million exchanges and ten million calls; with
RACES_FIGURES=FILE it leaves its figures there.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from broker_harness import BROKER, Broker, Grant, argdata, opened
from cloudabi.argdata import Fd
from cloudabi.errors import ManifestError
from escape import corpus
from escape.corpus import Programs
from harness import ROOT, scratch
from launcher_harness import opened as opened_by_launcher
from pybuild.targets import X86_64
from runtime_harness import run_program

LONG = os.environ.get("RACES_LONG") == "1"
WALK_S = 100 if LONG else 2
NAIVE_S = 2
SWAPS_MIN = 10**6 if LONG else 1000
THOUSANDS_OF_CALLS = 10_000 if LONG else 200
THOUSANDS_WITH_STRUCTURES = 1000 if LONG else 20
PROGRAMS = 5000 if LONG else 100
SECRET = b"secret that must stay outside"
TURNS = 4


def tell(**figures: object) -> None:
    """Keep what was counted, if somebody wants to know."""
    if name := os.environ.get("RACES_FIGURES"):
        with Path(name).open("a") as file:
            file.write(json.dumps(figures) + "\n")


@cache
def programs() -> Programs:
    return corpus.build(X86_64, scratch())


@cache
def swapper() -> Path:
    program = scratch() / "swap"
    command = ["clang-16", "-std=c11", "-O1", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"]
    subprocess.run([*command, "-pthread", "-o", program, ROOT / "tests/races/swap.c"], check=True)
    return program


def make_place(folder: Path) -> Path:
    """What is granted, what is outside, and a canary wherever `..` may lead."""
    for place in ("outside", *(f"tree/turn{number}" for number in range(TURNS))):
        (folder / place / "folder").mkdir(parents=True)
        is_inside = place != "outside"
        for name in ("secret", "target"):
            (folder / place / name).write_bytes(b"inside" if is_inside else SECRET)
        if is_inside:
            (folder / place / "link").symlink_to("../../outside/secret")
    for name in ("secret", "outside/folder/secret"):
        (folder / name).write_bytes(SECRET)
    (folder / "tree/secret").write_bytes(b"inside")
    return folder


def state_of(folder: Path) -> dict[str, object]:
    """Everything outside, but for what the swapper moves there."""
    found: dict[str, object] = {}
    for path in (folder, folder / "secret", *sorted((folder / "outside").rglob("*"))):
        if path.name.startswith("moved") or path == folder:
            continue
        status = path.lstat()
        kept = (status.st_mode, status.st_nlink, status.st_ino)
        content = path.read_bytes() if path.is_file() else sorted(os.listdir(path))
        found[str(path.relative_to(folder))] = (*kept, path.is_dir() or status.st_mtime_ns, content)
    return found


@dataclass
class Swapping:
    """The swapper at work; swaps: how many there were, when it has ended."""

    process: subprocess.Popen[str]
    swaps: int = field(default=0)

    def end(self) -> int:
        output, _ = self.process.communicate(timeout=60)
        self.swaps = int(output)
        return self.swaps


@contextmanager
def swapping(folder: Path) -> Iterator[Swapping]:
    pipe = subprocess.PIPE
    with subprocess.Popen([swapper(), folder], stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield Swapping(process)
        finally:
            process.kill()


def walk_in_a_sandbox(folder: Path, seconds: float) -> bytes:
    """Let a guest walk through the tree; returns what it said."""
    reader, writer = os.pipe()
    with ExitStack() as stack:
        runtime_path = BROKER.with_name("cloudabi-runtime-x86_64")
        runtime = stack.enter_context(opened(runtime_path))
        program = stack.enter_context(opened(programs().cloudabi))
        tree = stack.enter_context(opened(folder / "tree", os.O_PATH))
        spec = {
            "runtime": Fd(runtime),
            "program": Fd(program),
            "argdata": argdata([f"walk {round(seconds * 1000)}"]),
            "descriptors": [Grant(fd).described() for fd in (writer, tree)],
        }
        with Broker(spec, (runtime, program, writer, tree)) as broker:
            os.close(writer)
            with os.fdopen(reader, "rb") as output:
                said = output.read()
            assert broker.finish(60) == (0, "")
    return said


def walk_unconfined(folder: Path, seconds: float) -> bytes:
    """The same by ordinary calls; descriptor 3 is the tree."""
    command = f'exec "$0" "walk {round(seconds * 1000)}" 3<"$1"'
    words = ["sh", "-c", command, str(programs().linux), str(folder / "tree")]
    return subprocess.run(words, stdout=subprocess.PIPE, check=True).stdout


def result_of(said: bytes) -> int:
    return int(said.rsplit(b"\nresult ", 1)[1])


def test_names_that_a_guest_walks_through(tmp_path: Path) -> None:
    programs()
    place = make_place(tmp_path)
    before, start = state_of(place), time.monotonic()
    with swapping(place) as swaps:
        said = walk_in_a_sandbox(place, WALK_S)
        assert swaps.end() >= SWAPS_MIN
    assert SECRET not in said
    assert said.startswith(b"begin\n\nresult "), said[:200]
    assert result_of(said) > 100
    assert state_of(place) == before
    seconds = round(time.monotonic() - start, 1)
    tell(race="broker", swaps=swaps.swaps, least=result_of(said), seconds=seconds, wins=0)


def test_there_is_something_to_win(tmp_path: Path) -> None:
    """By ordinary calls, the secret comes out and what is outside changes."""
    programs()
    place = make_place(tmp_path)
    before = state_of(place)
    with swapping(place) as swaps:
        said = walk_unconfined(place, NAIVE_S)
        swaps.end()
    assert SECRET in said
    assert state_of(place) != before
    tell(race="ordinary calls", swaps=swaps.swaps, wins=said.count(SECRET))


PATHS = ("secret", "../turn{}/secret", "folder/../secret", "../turn{}/../turn{}/target", "link")


def read_by_launcher(place: Path, path: str, mode: str) -> bytes | None:
    """What a manifest's grant contains; None if it is refused."""
    try:
        with opened_by_launcher(f"!file {{path: '{path}', mode: {mode}}}", place) as (value, held):
            return os.pread(held.grants[value].fd, 100, 0)
    except ManifestError:
        return None


def read_naively(place: Path, path: str) -> bytes | None:
    try:
        with opened(place / path) as fd:
            return os.pread(fd, 100, 0)
    except OSError:
        return None


def test_names_that_a_launcher_opens(tmp_path: Path) -> None:
    """The manifest lies beside the tree: its folder is where links may lead, and no further."""
    place = make_place(tmp_path / "outer")
    before, end = state_of(place), time.monotonic() + WALK_S
    found: dict[bytes | None, int] = {}
    naive = 0
    with swapping(place) as swaps:
        while time.monotonic() < end:
            for number in range(TURNS):
                for pattern in PATHS:
                    path = f"turn{number}/" + pattern.format(number, number)
                    for mode in ("read", "write"):
                        content = read_by_launcher(place / "tree", path, mode)
                        found[content] = found.get(content, 0) + 1
                    naive += read_naively(place / "tree", path) == SECRET
        assert swaps.end() >= SWAPS_MIN
    assert set(found) == {None, b"inside"}, found
    assert min(found.values()) > 10
    assert naive > 0
    assert state_of(place) == before
    tell(race="launcher", swaps=swaps.swaps, opened=found[b"inside"], refused=found[None], wins=0)
    tell(race="ordinary opening", wins=naive)


def make_canaries(folder: Path) -> dict[str, bytes]:
    """Links that lead out of the tree that run_program() makes, and what lies there."""
    (folder / "tree").mkdir()
    (folder / "tree/out").symlink_to("..")
    (folder / "secret").write_bytes(SECRET)
    return {"secret": SECRET, "b": b"0123456789"}


def test_memory_that_changes_while_calls_run(tmp_path: Path) -> None:
    """What comes of a mixture is for nobody to say, but never what nobody has checked."""
    canaries, start = make_canaries(tmp_path), time.monotonic()
    before = (tmp_path / "secret").stat()
    outcome = run_program(
        "mutation_storm", tmp_path, argument=str(THOUSANDS_OF_CALLS), seconds=1500
    )
    assert (outcome.status, outcome.message) == (0, ""), outcome
    calls, opened, answered, naive = map(int, outcome.output.split())
    assert calls >= THOUSANDS_OF_CALLS * 1000
    assert min(opened, answered) > 10
    # Who looks first and acts then does lose.
    assert naive > 0
    assert {name: (tmp_path / name).read_bytes() for name in canaries} == canaries
    after = (tmp_path / "secret").stat()
    assert (after.st_mtime_ns, after.st_nlink) == (before.st_mtime_ns, before.st_nlink)
    assert not (tmp_path / "nw").exists()
    seconds = round(time.monotonic() - start, 1)
    counts = {"calls": calls, "opened": opened, "frames": answered, "naive_wins": naive}
    tell(race="memory", seconds=seconds, wins=0, **counts)


def test_memory_of_structures_that_changes_while_calls_run(tmp_path: Path) -> None:
    """What to wait for, how to start a thread, where to put a message."""
    start, wanted = time.monotonic(), THOUSANDS_WITH_STRUCTURES
    outcome = run_program("mutation_structures", tmp_path, argument=str(wanted), seconds=1500)
    assert (outcome.status, outcome.message) == (0, ""), outcome
    calls, events, messages, threads, naive = map(int, outcome.output.split())
    assert calls >= wanted * 1000
    assert min(events, messages, threads) > 10
    assert naive > 0
    assert (tmp_path / "b").read_bytes() == b"0123456789"
    seconds = round(time.monotonic() - start, 1)
    counts = {"calls": calls, "events": events, "messages": messages, "threads": threads}
    tell(race="memory of structures", seconds=seconds, wins=0, naive_wins=naive, **counts)


def test_memory_that_changes_while_programs_are_replaced(tmp_path: Path) -> None:
    """The numbers of descriptors, and argument data: what arrives is what was held, or nothing."""
    start = time.monotonic()
    outcome = run_program(
        "mutation_exec", tmp_path, argument=str(PROGRAMS), processes=4, seconds=1500
    )
    assert (outcome.status, outcome.message) == (0, ""), outcome
    started, refused = map(int, outcome.output.split())
    assert started + refused == PROGRAMS
    assert min(started, refused) > 0
    assert (tmp_path / "b").read_bytes() == b"0123456789"
    seconds = round(time.monotonic() - start, 1)
    tell(race="memory of programs", seconds=seconds, started=started, refused=refused, wins=0)
