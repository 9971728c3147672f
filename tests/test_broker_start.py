# SPDX-License-Identifier: BSD-2-Clause
"""The broker around the guest: how a run starts, how it ends, and what they find there."""

from __future__ import annotations

import errno
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from broker_harness import (
    AS_USER,
    CREATE_DIRECTORY,
    LINK,
    OPEN,
    READDIR,
    RENAME,
    STAT_GET,
    UNLINK,
    USER,
    Broker,
    Grant,
    Syscall,
    abi,
    argdata,
    compiled,
    fds_of,
    guest,
    guest_in,
    guest_program,
    opened,
    run_spec,
    spec_of,
    start_block,
)
from cloudabi.argdata import Fd

ALLOW_SENDMSG, NO_LANDLOCK = 1, 2
RESULT = struct.Struct("<II120s")
MAGIC = 0x636C6F7564303031
NO_NOTES = 0xFFFFFFFF


def proc(pid: int, name: str) -> dict[str, str]:
    """/proc/<pid>/status or limits as a mapping."""
    separator = ":" if name == "status" else "  "
    lines = Path(f"/proc/{pid}/{name}").read_text().splitlines()
    return {
        key.strip(): value.strip()
        for key, _, value in (line.partition(separator) for line in lines)
    }


def ignored_signals(status: dict[str, str]) -> set[int]:
    bits = int(status["SigIgn"], 16)
    return {number for number in range(1, 65) if bits >> (number - 1) & 1}


def has_ended(pid: int) -> bool:
    try:
        return proc(pid, "status")["State"].startswith(("Z", "X"))
    except FileNotFoundError:
        return True


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


# Starts a guest in a process of its own, which can then be killed, and tells who is who.
LAUNCHER = """
import sys, time
from broker_harness import guest
with guest(changes={"limits": {"processes": int(sys.argv[1])}}) as held:
    print(held.broker.pid, held.pid, flush=True)
    time.sleep(100)
"""


@contextmanager
def launched_elsewhere(processes: int = 1) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """A launcher that is not the test, and the numbers of its broker and its guest."""
    with subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(processes)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as launcher:
        try:
            assert launcher.stdout is not None
            broker, guest_pid = map(int, launcher.stdout.readline().split())
            yield launcher, broker, guest_pid
        finally:
            launcher.kill()


def flags_with(*others: socket.socket) -> int:
    """The start flags of a guest that holds the control socket, a UNIX one, and these."""
    with guest(*(Grant(other.fileno()) for other in others)) as held:
        return start_block(held)[0][1]


class TestStart:
    def test_block(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        read, write = os.pipe()
        with ExitStack() as stack:
            for fd in (read, write):
                stack.callback(os.close, fd)
            directory = stack.enter_context(opened(tmp_path))
            modes = (os.O_RDONLY, os.O_WRONLY, os.O_RDWR)
            files = [stack.enter_context(opened(tmp_path / "file", mode)) for mode in modes]
            grants = [Grant(fd) for fd in (directory, *files, read, write)]
            few = Grant(directory, base=abi.RIGHT_FILE_OPEN | 1 << 50, inheriting=0)
            data = argdata([Fd(1), Fd(7)])
            held = stack.enter_context(guest(*grants, few, changes={"argdata": data}))
            head, fds, rest = start_block(held)
        cpus = len(os.sched_getaffinity(0))
        assert head == (MAGIC, ALLOW_SENDMSG, 8, len(data), cpus, NO_NOTES, 0, 0)
        assert rest == data
        directory_sets = (abi.MAX_BASE_DIRECTORY, abi.MAX_INHERITING_DIRECTORY)
        socket_sets = (abi.MAX_BASE_SOCKET, abi.MAX_INHERITING_SOCKET)
        file, stream = abi.FILETYPE_REGULAR_FILE, abi.FILETYPE_SOCKET_STREAM
        both = abi.MAX_BASE_REGULAR_FILE
        assert [fd[3] for fd in fds] == list(range(1, 9))  # where they come from
        assert [fd[:3] for fd in fds] == [
            (*socket_sets, abi.FILETYPE_SOCKET_DGRAM),
            (*directory_sets, abi.FILETYPE_DIRECTORY),
            (both & ~abi.RIGHT_FD_WRITE, 0, file),
            (both & ~abi.RIGHT_FD_READ, 0, file),
            (both, 0, file),
            (abi.MAX_BASE_SOCKET & ~abi.RIGHT_FD_WRITE, abi.MAX_INHERITING_SOCKET, stream),
            (abi.MAX_BASE_SOCKET & ~abi.RIGHT_FD_READ, abi.MAX_INHERITING_SOCKET, stream),
            (abi.RIGHT_FILE_OPEN, 0, abi.FILETYPE_DIRECTORY),
        ]

    def test_block_is_sealed(self) -> None:
        with guest() as held:
            assert held.call(Syscall.FCNTL, 1, 1034) & 15 == 1 | 2 | 4 | 8
            assert held.call(Syscall.WRITE, 1, b"x", 1) == -errno.EPERM
            assert held.call(Syscall.FTRUNCATE, 1, 0) == -errno.EPERM

    def test_sendmsg(self) -> None:
        """Only beside sockets whose messages cannot name a receiver."""
        unix = socket.AF_UNIX
        assert flags_with() == ALLOW_SENDMSG
        for family, kind, expected in [
            (unix, socket.SOCK_STREAM, ALLOW_SENDMSG),
            (unix, socket.SOCK_SEQPACKET, ALLOW_SENDMSG),
            (unix, socket.SOCK_DGRAM, 0),
            (socket.AF_INET, socket.SOCK_STREAM, ALLOW_SENDMSG),
            (socket.AF_INET6, socket.SOCK_STREAM, ALLOW_SENDMSG),
            (socket.AF_INET, socket.SOCK_DGRAM, 0),
            (socket.AF_INET6, socket.SOCK_DGRAM, 0),
        ]:
            with socket.socket(family, kind) as other, socket.socket(unix) as more:
                assert flags_with(other, more) == expected

    def test_process(self, tmp_path: Path) -> None:
        with guest_in(tmp_path) as held:
            status, limits = proc(held.pid, "status"), proc(held.pid, "limits")
            assert status["NoNewPrivs"] == "1"
            assert ignored_signals(status) == {signal.SIGPIPE, signal.SIGXFSZ}
            assert int(status["SigBlk"], 16) == 0
            assert limits["Max core file size"].split()[:2] == ["1", "1"]
            assert limits["Max pending signals"].split()[:2] == ["0", "0"]
            assert limits["Max open files"].split()[:2] == ["1024", "1024"]
            assert held.call(Syscall.GETSID, 0) == held.pid
            assert held.call(Syscall.PERSONALITY, 0xFFFFFFFF) == 0
            assert held.argc == 2
            assert held.peek_text(held.argv, 0) == "cloudabi-runtime"
            assert held.peek_text(held.argv, 1) == "2"
            assert held.peek(held.environment, 8) == bytes(8)
            fds = held.fds()
            assert sorted(fds) == [0, 1, 2, 3, 4]
            assert "cloudabi-start" in fds[2]
            assert fds[3] == str(guest_program())
            assert all(fds[i].startswith("socket:") for i in (0, 1, 4))

    def test_hostile_surroundings(self, tmp_path: Path) -> None:
        """Signals ignored and blocked, a personality, descriptors that nobody granted."""

        def disturb() -> None:
            signal.signal(signal.SIGUSR1, signal.SIG_IGN)
            signal.signal(signal.SIGCHLD, signal.SIG_IGN)
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR2, signal.SIGSEGV})
            for fd in range(100, 200, 3):
                os.dup2(2, fd)

        with guest(wrapper=("setarch", "-R"), preexec_fn=disturb) as held:
            status = proc(held.pid, "status")
            assert ignored_signals(status) == {signal.SIGPIPE, signal.SIGXFSZ}
            assert int(status["SigBlk"], 16) == 0
            assert held.call(Syscall.PERSONALITY, 0xFFFFFFFF) == 0
            assert sorted(held.fds()) == [0, 1, 2, 3]
            assert held.exit(6) == (6, "")

    def test_undeclared_descriptors(self, tmp_path: Path) -> None:
        with opened(tmp_path) as extra, guest(inherited=(extra,)) as held:
            assert str(tmp_path) not in fds_of(held.broker.pid).values()
            assert str(tmp_path) not in held.fds().values()

    @pytest.mark.parametrize("order", [1, -1])
    def test_overlapping_numbers(self, tmp_path: Path, order: int) -> None:
        """Every descriptor gets its place, however host and guest numbers cross."""
        with ExitStack() as stack:
            fds = []
            for number in range(40):
                (tmp_path / str(number)).write_text(str(number))
                fds.append(stack.enter_context(opened(tmp_path / str(number))))
            fds = fds[::order]
            expected = [os.pread(fd, 9, 0) for fd in fds]
            held = stack.enter_context(guest(*(Grant(fd) for fd in fds)))
            assert [held.read(number + 1) for number in range(40)] == expected
            assert len(held.fds()) == 44

    def test_many_descriptors(self) -> None:
        """As many as a program may have, and the runtime's three above them."""
        fds = [os.open("/dev/zero", os.O_RDONLY) for _ in range(1007)]
        try:
            with guest(*map(Grant, fds)) as held:
                assert sorted(held.fds()) == list(range(1011))
                assert held.read(1007, 3) == bytes(3)
        finally:
            for fd in fds:
                os.close(fd)

    def test_ordinary_user(self, tmp_path: Path) -> None:
        root = tmp_path / "root"
        root.mkdir()
        root.chmod(0o777)
        with opened(root) as fd, guest(Grant(fd), wrapper=AS_USER) as held:
            assert int(proc(held.broker.pid, "status")["CapEff"], 16) == 0
            creating = {"rights_base": abi.RIGHT_FD_WRITE, "oflags": abi.O_CREAT}
            assert held.error(1, OPEN, "file", **creating) == ""
            assert held.error(1, LINK, "file", "other") == ""
            assert held.error(1, RENAME, "other", "third") == ""
            assert held.error(1, UNLINK, "third") == ""
            assert (root / "file").stat().st_uid == USER
            assert held.exit(3) == (3, "")

    def test_search_only(self, tmp_path: Path) -> None:
        """A directory that its owner can enter but not list."""
        closed = tmp_path / "closed"
        closed.mkdir()
        os.chown(closed, USER, -1)
        closed.chmod(0o311)
        with opened(closed, os.O_PATH) as fd, guest(Grant(fd), wrapper=AS_USER) as held:
            base = start_block(held)[1][1][0]
            assert base & (abi.RIGHT_FILE_READDIR | abi.RIGHT_FILE_OPEN) == abi.RIGHT_FILE_OPEN
            assert held.error(1, CREATE_DIRECTORY, "made") == ""
            assert held.error(1, STAT_GET, "made") == ""
            assert held.error(1, READDIR, data_len=99) == "ENOTCAPABLE"


class TestEnd:
    @pytest.mark.parametrize("status", [0, 1, 7, 125, 255])
    def test_status(self, status: int) -> None:
        with guest() as held:
            assert held.exit(status) == (status, "")

    def test_killed(self) -> None:
        for number, status, message in (
            (signal.SIGABRT, 128 + signal.SIGABRT, "killed by signal 6 (Aborted)"),
            (signal.SIGKILL, 128 + signal.SIGKILL, "killed by signal 9 (Killed)"),
            (signal.SIGSYS, 123, "the sandbox refuses a call (-1)"),
        ):
            with guest() as held:
                os.kill(held.pid, number)
                assert held.wait() == (status, message)

    @pytest.mark.parametrize(
        "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]
    )
    def test_signal_to_the_broker(self, number: signal.Signals) -> None:
        with guest() as held:
            held.broker.send_signal(number)
            assert held.wait() == (128 + number, "")
            assert has_ended(held.pid)

    def test_ignored_signal_stays_ignored(self) -> None:
        with guest(preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)) as held:
            held.broker.send_signal(signal.SIGHUP)
            time.sleep(0.2)
            assert held.exit(0) == (0, "")

    def test_broker_killed(self) -> None:
        with guest() as held:
            held.broker.kill()
            wait_until(lambda: has_ended(held.pid))

    @pytest.mark.parametrize("processes", [1, 3])
    def test_launcher_killed(self, processes: int) -> None:
        """With SIGKILL, which leaves nobody to tell the broker."""
        with launched_elsewhere(processes) as (launcher, broker, guest_pid):
            assert not has_ended(broker)
            launcher.kill()
            wait_until(lambda: has_ended(broker) and has_ended(guest_pid))

    def test_thread_of_the_launcher_ends(self) -> None:
        """The launcher is a process, whichever of its threads has started the broker."""
        with ThreadPoolExecutor(1) as pool:
            starting = guest()
            held = pool.submit(starting.__enter__).result()
        with ExitStack() as stack:
            stack.push(starting.__exit__)
            assert held.call(Syscall.GETPID) == held.pid
            assert held.exit(3) == (3, "")

    @pytest.mark.parametrize("launcher", [1, 2**31 - 1])
    def test_another_launcher(self, launcher: int) -> None:
        """Who is gone, or has never been our parent, is told nothing."""
        with opened(guest_program()) as runtime:
            spec = spec_of(runtime, []) | {"launcher": launcher}
            with Broker(spec, (runtime,)) as broker:
                assert broker.finish() == (125, "")

    def test_children_of_the_guest(self) -> None:
        with guest() as held:
            child = held.call(Syscall.LEAVE_CHILD)
            assert child > 0
            assert held.exit(0) == (0, "")
            wait_until(lambda: has_ended(child))

    def test_no_zombies(self) -> None:
        """The broker reaps the guest also when it was told to end."""
        with guest() as held:
            held.broker.send_signal(signal.SIGTERM)
            held.wait()
            assert not Path(f"/proc/{held.pid}").exists()

    @pytest.mark.parametrize(
        ("stage", "number", "text", "status", "message"),
        [
            (1, 0, b"bad block", 125, "bad block"),
            (2, errno.ENOSYS, b"seccomp", 125, "seccomp: Function not implemented"),
            (3, 0, b"no ELF file", 126, "no ELF file"),
            (4, errno.ENOMEM, b"too large", 126, "too large: Cannot allocate memory"),
            (99, 0, b"?", 125, "?"),
            (2, 99999, b"unknown error", 125, "unknown error"),
            (2, 2**32 - 1, b"unknown error", 125, "unknown error"),
            (3, 0, b"x" * 120, 126, "x" * 119),
            (3, 0, b"a\nb\x1b[31m", 126, "a?b?[31m"),
        ],
    )
    def test_runtime_gives_up(
        self, stage: int, number: int, text: bytes, status: int, message: str
    ) -> None:
        with guest() as held:
            result = RESULT.pack(stage, number, text)
            assert held.send(3, result) == RESULT.size
            expected = f"{guest_program()} cannot be run: {message}"
            assert held.exit(1) == (status, expected)

    def test_results_of_another_size_are_none(self) -> None:
        for result in (b"", b"x" * 127, b"x" * 129):
            with guest() as held:
                held.send(3, result)
                assert held.exit(5) == (5, "")

    def test_runtime_is_no_executable(self, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("hello")
        (tmp_path / "text").chmod(0o755)
        with opened(tmp_path / "text") as runtime:
            status, text = run_spec([], {"runtime": Fd(runtime)}, inherited=(runtime,))
            assert status == 125
            assert text.endswith(
                "the kernel needs CONFIG_IA32_EMULATION) failed: Exec format error"
            )


class TestBrokerItself:
    def test_from_outside(self, tmp_path: Path) -> None:
        with guest_in(tmp_path) as held:
            assert held.error(1, STAT_GET, ".") == ""
            status = proc(held.broker.pid, "status")
            assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")
            kinds = sorted(kind.split(":")[0] for kind in fds_of(held.broker.pid).values())
            assert kinds == sorted(["anon_inode"] * 4 + ["pipe"] + ["socket"] * 3 + [str(tmp_path)])
            assert os.readlink(f"/proc/{held.broker.pid}/cwd") == "/"

    def test_closed_standard_error(self) -> None:
        def close() -> None:
            os.close(2)

        with guest(preexec_fn=close) as held:
            assert fds_of(held.broker.pid)[2] == "/dev/null"
            assert held.exit(4)[0] == 4

    def test_missing_features(self, tmp_path: Path) -> None:
        for number, name, remedy in (
            (317, "seccomp", "Linux 4.14 with CONFIG_SECCOMP_FILTER"),
            (434, "pidfd_open", "Linux 5.3"),
            (436, "close_range", "Linux 5.9"),
            (437, "openat2", "Linux 5.6"),
        ):
            status, text = run_spec([], wrapper=(compiled("without"), str(number)))
            assert status == 125
            expected = f"{name} is missing (Function not implemented): this needs {remedy}, "
            assert text.startswith(expected)

    def test_landlock_is_missing(self) -> None:
        without = (compiled("without"), "444")
        status, text = run_spec([], wrapper=without)
        assert status == 125
        assert text.startswith("Landlock is missing (Function not implemented): ")
        with guest(changes={"no_landlock": True}, wrapper=without) as held:
            assert start_block(held)[0][1] == ALLOW_SENDMSG | NO_LANDLOCK
        with guest(changes={"no_landlock": True}) as held:
            assert start_block(held)[0][1] == ALLOW_SENDMSG
