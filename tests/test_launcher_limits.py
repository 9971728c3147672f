# SPDX-License-Identifier: BSD-2-Clause
"""Limits as cloudabi-run enforces them, and what it says of each ending."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import subprocess
import sys
import time
from array import array
from collections.abc import Callable
from fcntl import ioctl
from pathlib import Path
from termios import FIONREAD
from typing import Any

import pytest

from cloudabi._output import Output
from cloudabi._temporary import measure
from harness import CLOUDABI_RUN, ROOT, python_manifest
from launcher_harness import compiled

MIB = 2**20
PIPE_SIZE = 2**16


@pytest.fixture(scope="module")
def misbehave(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program tests/launcher/misbehave.c."""
    return compiled("misbehave", tmp_path_factory.mktemp("misbehave"))


class Run:
    """What became of a program that misbehaves in some way, and of its temporary directory."""

    def __init__(self, program: Path, folder: Path, how: str, limits: str = "{}") -> None:
        """Run it; its limits are in YAML."""
        manifest, report = folder / "manifest.yaml", folder / "report.json"
        temporary = folder / "temporary"
        temporary.mkdir(exist_ok=True)
        manifest.write_text(
            "!program\n"
            f"args: {{output: !fd stdout, folder: !tmpdir , how: {how}}}\n"
            f"limits: {limits}\n"
        )
        result = subprocess.run(
            [CLOUDABI_RUN, "-f", manifest, "--report", report, program],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env={"TMPDIR": str(temporary), "PATH": os.defpath},
        )
        self.status, self.output, self.message = result.returncode, result.stdout, result.stderr
        self.report: dict[str, Any] = json.loads(report.read_text())
        self.left = list(temporary.iterdir())


def said(message: str) -> str:
    return f"cloudabi-run: {message}\n"


@pytest.mark.parametrize(
    ("how", "limits", "status", "message"),
    [
        ("wait", "{wall: 200 ms}", 124, "the program reached its limit of 200 ms wall time"),
        ("spin", "{cpu: 0.2}", 124, "the program reached its limit of 200 ms processor time"),
        ("flood", "{output: 1 kB}", 124, "the program reached its limit of 1000 bytes of output"),
        (
            "fill many",
            "{disk: 3 MiB}",
            124,
            "the program reached its limit of 3 MiB in a temporary directory",
        ),
        (
            "fill one",
            "{disk: 3 MiB}",
            124,
            "the program reached its limit of 3 MiB in a temporary directory",
        ),
        ("crash", "{}", 139, "the program crashed: signal 11 (Segmentation fault)"),
        ("abort", "{}", 134, "the program crashed: signal 6 (Aborted)"),
    ],
)
def test_endings(
    misbehave: Path, tmp_path: Path, how: str, limits: str, status: int, message: str
) -> None:
    run = Run(misbehave, tmp_path, how, limits)
    assert (run.status, run.message) == (status, said(message))
    assert run.report["ending"]["message"] == message
    assert run.report["ending"]["status"] == status
    assert run.left == []
    if status == 124:
        assert run.report["ending"]["limit"] in run.report["reached"]


def test_a_refused_system_call(misbehave: Path, tmp_path: Path) -> None:
    run = Run(misbehave, tmp_path, "execute")
    message = "the program made a system call that the sandbox refuses"
    named = said(f"{message}: execve (59)")
    # A process has one listener; where an outer sandbox has it, the name is not known.
    assert run.message in (named, said(message))
    assert (run.status, run.output, run.left) == (123, "", [])


def test_the_programs_own_end_needs_no_words(misbehave: Path, tmp_path: Path) -> None:
    run = Run(misbehave, tmp_path, "nothing")
    assert (run.status, run.message, run.left) == (0, "", [])
    assert run.report["ending"] == {"kind": "exited", "status": 0, "message": None}
    assert run.report["usage"]["wall_ns"] > 0
    assert run.report["usage"]["memory_bytes"] > 0


def test_memory_is_refused_within_5_percent(misbehave: Path, tmp_path: Path) -> None:
    run = Run(misbehave, tmp_path, "memory", "{memory: 512 MiB}")
    assert run.status == 0
    assert 0.95 * 512 < int(run.output) <= 512
    assert run.report["reached"] == ["memory"]


def test_threads_and_files_are_refused(misbehave: Path, tmp_path: Path) -> None:
    run = Run(misbehave, tmp_path, "threads", "{threads: 7}")
    assert (run.status, run.output) == (0, "6")
    assert run.report["reached"] == ["threads"]
    run = Run(misbehave, tmp_path, "files", "{files: 20}")
    assert (run.status, run.output) == (0, "EMFILE")
    assert run.report["reached"] == ["files"]


@pytest.mark.parametrize("limit", [1, 1000, 4096, 65536, 1000003])
def test_output_is_cut_to_the_byte(misbehave: Path, tmp_path: Path, limit: int) -> None:
    run = Run(misbehave, tmp_path, "flood", f"{{output: {limit}}}")
    assert (run.status, len(run.output)) == (124, limit)


def test_as_much_output_as_the_limit_is_none_too_much(misbehave: Path, tmp_path: Path) -> None:
    run = Run(misbehave, tmp_path, "threads", "{threads: 3, output: 1}")
    assert (run.status, run.output, run.message) == (0, "2", "")


def test_output_to_files_is_limited_too(misbehave: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text("!program\nargs: {output: !fd stdout, how: flood}\nlimits: {output: 5000}")
    with (tmp_path / "output").open("wb") as output:
        result = subprocess.run(
            [CLOUDABI_RUN, "-f", manifest, misbehave], stdout=output, check=False
        )
    assert result.returncode == 124
    assert (tmp_path / "output").read_bytes() == b"x" * 5000


def test_nobody_reads_the_output_any_more(misbehave: Path, tmp_path: Path) -> None:
    """The program is told, as it would be without us."""
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text("!program\nargs: {output: !fd stdout, how: flood}\nlimits: {output: 1 GB}")
    with subprocess.Popen(
        [CLOUDABI_RUN, "-f", manifest, misbehave], stdout=subprocess.PIPE
    ) as launched:
        assert launched.stdout is not None
        assert launched.stdout.read(10000) == b"x" * 10000
        launched.stdout.close()
        assert launched.wait(20) == 0


def slow_output(folder: Path) -> subprocess.Popen[bytes]:
    """A program that ends when there is still much to be passed on, which nobody takes."""
    manifest = folder / "manifest.yaml"
    manifest.write_text(python_manifest("print('x' * 149_999)", limits="{output: 1 MB}"))
    launched = subprocess.Popen([CLOUDABI_RUN, "-f", manifest], stdout=subprocess.PIPE)
    taken = array("i", [0])
    while taken[0] < PIPE_SIZE and launched.poll() is None:
        assert launched.stdout is not None
        ioctl(launched.stdout, FIONREAD, taken)
        time.sleep(0.01)
    time.sleep(0.5)
    return launched


def test_output_waits_for_a_slow_reader(tmp_path: Path) -> None:
    with slow_output(tmp_path) as launched:
        assert launched.stdout is not None
        assert launched.stdout.read() == b"x" * 149_999 + b"\n"
        assert launched.wait(20) == 0


def test_the_second_signal_does_not_wait_for_a_reader(tmp_path: Path) -> None:
    with slow_output(tmp_path) as launched:
        launched.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            launched.wait(0.3)
        launched.terminate()
        assert launched.wait(10) == 128 + signal.SIGTERM


def test_a_reader_goes_when_there_is_something_to_read() -> None:
    """Both are told of at once, the reader's end first."""
    theirs, target = os.pipe()
    output = Output([], target)
    program = os.dup(output.writer)
    handlers: dict[int, Callable[[], None]] = {}
    with select.epoll() as epoll:
        output.watch(epoll, handlers)
        os.close(theirs)
        os.write(program, b"x")
        news = [handlers[fd] for fd, _ in epoll.poll(0)]
        assert len(news) == 2
        for handle in news:
            handle()
        output.close()
    os.close(program)
    os.close(target)


def test_what_is_in_temporary_directories_is_measured(tmp_path: Path) -> None:
    def measured() -> int:
        fd = os.open(tmp_path, os.O_RDONLY)
        try:
            return max(measure(fd), default=0)
        finally:
            os.close(fd)

    assert measured() == 0
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for number in range(3):
        (tmp_path / "deep" / "er" / str(number)).write_bytes(b"x" * MIB)
    found = measured()
    assert 3 * MIB <= found < 3.2 * MIB
    os.link(tmp_path / "deep" / "er" / "0", tmp_path / "again")
    (tmp_path / "link").symlink_to("/usr")
    with (tmp_path / "hole").open("wb") as hole:
        hole.truncate(100 * MIB)
    assert found <= measured() < found + 0.1 * MIB
    before = len(os.listdir("/proc/self/fd"))
    here = tmp_path
    for _ in range(101):
        here = here / "d"
        here.mkdir()
    assert measured() > 2**62
    assert len(os.listdir("/proc/self/fd")) == before


def test_what_cannot_be_looked_at_is_too_much(tmp_path: Path) -> None:
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    fd = os.open(tmp_path, os.O_RDONLY)
    unused = os.dup(fd)  # the lowest number, below which there is none
    os.close(unused)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (unused + 3, limits[1]))
    try:
        assert max(measure(fd)) > 2**62
        assert os.dup(fd) == unused
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        os.close(unused)
        os.close(fd)


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("x")])
def test_what_has_no_blocks_counts_too(make: Callable[[Path], None], tmp_path: Path) -> None:
    """Each of them takes an inode, or a place in a directory."""
    fd = os.open(tmp_path, os.O_RDONLY)
    for number in range(100):
        make(tmp_path / str(number))
        os.link(tmp_path / str(number), tmp_path / f"again{number}", follow_symlinks=False)
    assert max(measure(fd)) >= 200 * 4096
    os.close(fd)


# What is left after a run, whatever ends it.


def test_nothing_is_left_after_kills_at_random_moments(misbehave: Path) -> None:
    """tests/kills.py does more of them."""
    result = subprocess.run(
        [sys.executable, ROOT / "tests" / "kills.py", CLOUDABI_RUN, misbehave, "40"],
        check=True,
        capture_output=True,
    )
    found = json.loads(result.stdout)
    assert sum(found.values()) == 40
    assert all(result.startswith("clean") for result in found), found
