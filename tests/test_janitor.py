# SPDX-License-Identifier: BSD-2-Clause
"""The janitor: what was announced is removed, all of it and nothing else, whoever dies how."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from broker_harness import AS_USER, BROKER, USER

# The rest are sockets.
DIRECTORIES = ("top", "first", "second", "third", "fourth", "folder-link", "socket-folder")

JANITOR = BROKER.with_name("cloudabi-janitor")


class Janitor(subprocess.Popen[str]):
    """A janitor that was told what there may be."""

    def __init__(
        self,
        *paths: Path,
        wrapper: Sequence[str] = (),
        inherited: Sequence[int] = (),
        launcher: int | None = None,
        said: bytes = b"",
    ) -> None:
        life, self.news = os.pipe()
        os.write(self.news, said)
        folders = [os.open(path.parent, os.O_PATH | os.O_DIRECTORY) for path in paths]
        words = [str(launcher or os.getpid()), str(life)]
        for folder, path in zip(folders, paths, strict=True):
            words += [str(folder), path.name + ("/" if path.name in DIRECTORIES else "")]
        super().__init__(
            [*wrapper, JANITOR, *words],
            pass_fds=(life, *folders, *inherited),
            stderr=subprocess.PIPE,
            text=True,
            env={},
        )
        for fd in (life, *folders):
            os.close(fd)

    def announce(self, *numbers: int) -> None:
        os.write(self.news, bytes(numbers))

    def finish(self) -> tuple[int, str]:
        """Close the pipe and wait."""
        os.close(self.news)
        _, message = self.communicate(timeout=60)
        return self.returncode, message


def removed(*paths: Path, wrapper: Sequence[str] = ()) -> tuple[int, str]:
    """Announce all of them."""
    janitor = Janitor(*paths, wrapper=wrapper)
    janitor.announce(*range(len(paths)))
    return janitor.finish()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    """A folder for temporary directories; what is in it and beside it stays."""
    kept = [tmp_path / "place" / "neighbour", tmp_path / "outside" / "file"]
    (tmp_path / "outside" / "sub").mkdir(parents=True)
    (tmp_path / "place").mkdir()
    for path in kept:
        path.write_text("kept")
    yield tmp_path / "place"
    assert [path.read_text() for path in kept] == ["kept", "kept"]
    assert (tmp_path / "outside" / "sub").is_dir()


def test_a_tree(place: Path) -> None:
    top = place / "top"
    for name in ("a/b/c", "a/d", "e", "0/1/2", "1"):
        (top / name).mkdir(parents=True)
        (top / name / "file").write_text("x")
        (top / name / "link").symlink_to("../" * 6)
        (top / name / "out").symlink_to(place.parent / "outside")
        os.mkfifo(top / name / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(top / "a" / "socket"))
    assert removed(top) == (0, "")
    assert not top.exists()


def test_depth(place: Path) -> None:
    """Beyond what a path could name, and recursion bear."""
    top = place / "top"
    top.mkdir()
    fd = os.open(top, os.O_RDONLY)
    for _ in range(6000):
        os.mkdir("a" * 200, dir_fd=fd)
        deeper = os.open("a" * 200, os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = deeper
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=fd))
    os.close(fd)
    assert removed(top) == (0, "")
    assert not top.exists()


def test_width(place: Path) -> None:
    """Many entries, whose names are those that the janitor would give; few descriptors."""
    top = place / "top"
    for number in range(300):
        (top / "x" / str(number) / "y").mkdir(parents=True)
        (top / str(number)).mkdir()
        (top / str(number) / "file").touch()
    for number in range(20_000):
        (top / f"f{number}").touch()
    janitor = Janitor(top)
    before = len(os.listdir(f"/proc/{janitor.pid}/fd"))
    janitor.announce(0)
    os.close(janitor.news)
    most = 0
    with suppress(OSError):
        while janitor.poll() is None:
            most = max(most, len(os.listdir(f"/proc/{janitor.pid}/fd")))
    assert janitor.wait(60) == 0
    assert most <= before + 4
    assert not top.exists()


def test_permissions(place: Path) -> None:
    """Directories that let nobody in, as a strict umask makes them."""
    top = place / "top"
    (top / "a" / "b" / "c").mkdir(parents=True)
    (top / "read-only" / "sub" / "x").mkdir(parents=True)
    for name, mode in (("a/b/c", 0), ("a/b", 0), ("a", 0), ("read-only/sub", 0o555)):
        os.chown(top / name, USER, -1)
        (top / name).chmod(mode)
    (top / "read-only").chmod(0o555)
    for path in (top, top / "read-only", top / "read-only" / "sub" / "x", place):
        os.chown(path, USER, -1)
    assert removed(top, wrapper=AS_USER) == (0, "")
    assert not top.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="files of others need root")
def test_what_cannot_be_removed(place: Path) -> None:
    """Is said, in one line, after some seconds."""
    top = place / "top"
    (top / "theirs" / "sub").mkdir(parents=True)
    for path in (place, top):
        os.chown(path, USER, -1)
    status, message = removed(top, wrapper=AS_USER)
    assert status == 1
    assert message == "cloudabi-run: temporary files could not be removed\n"


def test_only_what_was_announced(place: Path) -> None:
    for name in ("first", "second", "third"):
        (place / name).mkdir()
    janitor = Janitor(place / "first", place / "second", place / "third", place / "fourth")
    janitor.announce(1)
    janitor.announce(3, 200)
    assert janitor.finish() == (0, "")
    assert sorted(path.name for path in place.iterdir()) == ["first", "neighbour", "third"]


def test_kinds(place: Path) -> None:
    """A file that is none is somebody else's, and so is what a link leads to."""
    with socket.socket(socket.AF_UNIX) as bound, socket.socket(socket.AF_UNIX) as target:
        bound.bind(str(place / "socket"))
        target.bind(str(place.parent / "target"))
        (place / "file").write_text("theirs")
        (place / "link").symlink_to(place.parent / "target")
        (place / "folder-link").symlink_to(place.parent / "outside")
        (place / "folder").mkdir()
        (place / "socket-folder").touch()
        names = ("socket", "file", "link", "folder-link", "gone", "folder", "socket-folder")
        assert removed(*(place / name for name in names)) == (0, "")
    assert not (place / "socket").exists()
    assert (place / "file").read_text() == "theirs"
    assert (place / "link").is_symlink()
    assert (place / "folder-link").is_symlink()
    assert (place / "folder").is_dir()
    assert (place / "socket-folder").is_file()
    assert (place.parent / "target").is_socket()


@pytest.mark.parametrize(
    "arguments",
    [[], ["1"], ["x", "0"], ["1", "x"], ["1", "-1"], ["1", "0", "0"], ["1", "0", "x", "y"]]
    + [["1", "0", "0", "y", "0"], ["1", "0", *["0", "x"] * 257]]
    + [["1", "0", "0", name] for name in ("", ".", "..", "a/b", "/", "a//", "../", "./")],
)
def test_usage(arguments: list[str]) -> None:
    done = subprocess.run([JANITOR, *arguments], stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert done.stderr.startswith("usage: cloudabi-janitor ")


class TestWriters:
    """Others who still write there: a guest that is about to die."""

    @contextmanager
    def writing(self, step: Callable[[int], None]) -> Iterator[threading.Event]:
        stop = threading.Event()

        def write() -> None:
            number = 0
            while not stop.is_set():
                number += 1
                with suppress(OSError):
                    step(number)

        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield stop
        finally:
            stop.set()
            thread.join()

    def test_new_files(self, place: Path) -> None:
        top = place / "top"
        top.mkdir()
        fd = os.open(top, os.O_RDONLY)

        def step(number: int) -> None:
            os.mkdir(f"d{number}", dir_fd=fd)
            os.close(os.open(f"d{number}/f", os.O_CREAT | os.O_WRONLY, dir_fd=fd))

        janitor = Janitor(top)
        janitor.announce(0)
        with self.writing(step) as stop:
            time.sleep(0.1)
            os.close(janitor.news)
            time.sleep(0.5)
            stop.set()
            assert janitor.wait(30) == 0
        os.close(fd)
        assert not top.exists()

    def test_moves(self, place: Path) -> None:
        """Directories that turn into links, and change their places, lead nowhere."""
        top = place / "top"
        for name in ("a/b/c", "d"):
            (top / name).mkdir(parents=True)
        fd = os.open(top, os.O_RDONLY)
        outside = os.fspath(place.parent / "outside")

        def step(number: int) -> None:
            name = f"n{number}"
            os.mkdir(name, dir_fd=fd)
            os.mkdir(f"{name}/in", dir_fd=fd)
            os.rename(f"{name}/in", f"m{number}", src_dir_fd=fd, dst_dir_fd=fd)
            os.symlink(outside, f"{name}/in", dir_fd=fd)
            os.rename(name, f"m{number}/x", src_dir_fd=fd, dst_dir_fd=fd)
            os.symlink(outside, name, dir_fd=fd)

        janitor = Janitor(top)
        janitor.announce(0)
        with self.writing(step) as stop:
            time.sleep(0.1)
            os.close(janitor.news)
            time.sleep(1)
            stop.set()
            assert janitor.wait(30) == 0
        os.close(fd)
        assert not top.exists()


# Makes a directory below its first argument, and tells when the janitor knows of it.
LAUNCHER = """
import os, sys, time
folder, janitor = sys.argv[1:]
life, news = os.pipe()
fd = os.open(folder, os.O_PATH | os.O_DIRECTORY)
actions = [(os.POSIX_SPAWN_DUP2, n, n) for n in (life, fd)]
words = [janitor, str(os.getpid()), str(life), str(fd), "top/"]
pid = os.posix_spawn(janitor, words, {}, file_actions=actions)
os.write(news, b"\\0")
os.makedirs(f"{folder}/top/a/b")
if HOLDS:
    os.set_inheritable(news, True)
    os.posix_spawn("/bin/sleep", ["sleep", "100"], {})
print(pid, flush=True)
time.sleep(100)
"""


@pytest.mark.parametrize("is_held", [False, True])
@pytest.mark.parametrize("whole_group", [False, True])
def test_the_launcher_is_killed(place: Path, whole_group: bool, is_held: bool) -> None:
    """Alone or with its process group, and also while somebody else holds the pipe."""
    code = f"HOLDS = {is_held}\n{LAUNCHER}"
    with subprocess.Popen(
        [sys.executable, "-c", code, place, JANITOR],
        stdout=subprocess.PIPE,
        text=True,
        process_group=0,
    ) as launcher:
        assert launcher.stdout is not None
        janitor = int(launcher.stdout.readline())
        deadline = time.monotonic() + 10
        while os.getsid(janitor) != janitor:
            assert time.monotonic() < deadline
        if not whole_group:
            launcher.kill()
        else:
            os.killpg(launcher.pid, signal.SIGKILL)
        while (place / "top").exists():
            assert time.monotonic() < deadline
            time.sleep(0.01)
        with suppress(ProcessLookupError):
            os.killpg(launcher.pid, signal.SIGKILL)


def test_the_launcher_is_gone_already(place: Path) -> None:
    """Before the janitor has looked; what it said is heard, though somebody holds the pipe."""
    gone = subprocess.Popen(["/bin/true"])
    gone.wait()
    (place / "first").mkdir()
    janitor = Janitor(place / "first", launcher=gone.pid, said=b"\0")
    assert janitor.wait(30) == 0
    os.close(janitor.news)
    assert not (place / "first").exists()


def test_signals(place: Path) -> None:
    """Those that end other programs do not keep it from its work."""
    (place / "top").mkdir()
    janitor = Janitor(place / "top")
    janitor.announce(0)
    while os.getsid(janitor.pid) != janitor.pid:
        time.sleep(0.001)
    time.sleep(0.05)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1):
        janitor.send_signal(number)
    time.sleep(0.1)
    assert janitor.poll() is None
    assert (place / "top").exists()
    assert janitor.finish() == (0, "")
    assert not (place / "top").exists()


def test_it_holds_nothing_else(place: Path) -> None:
    """Who waits for the end of a pipe of the launcher's does not wait for the janitor."""
    read, write = os.pipe()
    janitor = Janitor(place / "top", inherited=(write,))
    os.close(write)
    assert os.read(read, 1) == b""
    os.close(read)
    assert janitor.finish() == (0, "")
