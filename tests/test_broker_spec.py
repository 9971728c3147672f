# SPDX-License-Identifier: BSD-2-Clause
"""What the broker refuses: specs with mistakes, and descriptors that must not be granted."""

from __future__ import annotations

import errno
import os
import select
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from broker_harness import (
    ALL,
    BROKER,
    Grant,
    abi,
    argdata,
    fds_of,
    guest,
    guest_program,
    memory_file,
    opened,
    run_broker,
    run_spec,
    start_block,
)
from cloudabi.argdata import Fd


class TestSpec:
    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            ({"runtime": ...}, "a key is missing"),
            ({"program": ...}, "a key is missing"),
            ({"argdata": ...}, "a key is missing"),
            ({"descriptors": ...}, "a key is missing"),
            ({"launcher": ...}, "a key is missing"),
            ({"report": ...}, "a key is missing"),
            ({"limit": 3}, "a key is unknown or there twice"),
            ({"launcher": 0}, "a number is out of range"),
            ({"launcher": 1 << 31}, "a number is out of range"),
            ({"launcher": Fd(3)}, "a value has the wrong type"),
            ({"report": 3}, "a value has the wrong type"),
            ({"traces": None}, "a value has the wrong type"),
            ({"limits": 3}, "a value has the wrong type"),
            ({"limits": {"memory": 0}}, "a number is out of range"),
            ({"limits": {"wall": -1}}, "a number is out of range"),
            ({"limits": {"cpu": 1 << 63}}, "a number is out of range"),
            ({"limits": {"threads": 1 << 32}}, "a number is out of range"),
            ({"limits": {"files": 1.5}}, "a value has the wrong type"),
            ({"limits": {"disk": 5}}, "a key is unknown or there twice"),
            ({"runtime": 3}, "a value has the wrong type"),
            ({"argdata": "text"}, "a value has the wrong type"),
            ({"no_landlock": 1}, "a value has the wrong type"),
            ({"emulator": 3}, "a value has the wrong type"),
            ({"emulator": None}, "a value has the wrong type"),
            ({"descriptors": {}}, "a value has the wrong type"),
            ({"descriptors": [3]}, "a descriptor is not a map"),
            ({"descriptors": [{}]}, "a key is missing"),
            ({"descriptors": [Grant(0).described() | {"x": 1}]}, "a key is unknown or there twice"),
            (
                {"descriptors": [Grant(0).described() | {"name": 1}]},
                "a value is not a plain string",
            ),
            ({"descriptors": [Grant(0, name="a\0b").described()]}, "a value is not a plain string"),
            ({"descriptors": [Grant(0, base=-1).described()]}, "a set of rights is out of range"),
            ({"descriptors": [Grant(0, inheriting=ALL).described()]}, "of rights is out of range"),
            ({"descriptors": [Grant(0).described()] * 1009}, "there are too many descriptors"),
            ({"argdata": b"\x00"}, "the program's argdata is malformed"),
            ({"argdata": b"\x03\0\0\0\0"}, "the program's argdata is malformed"),
            ({"argdata": b"\x07\x82\x05"}, "the program's argdata is malformed"),
            ({1: 2}, "a value is not a plain string"),
        ],
    )
    def test_mistakes(self, changes: dict[Any, object], message: str) -> None:
        status, text = run_spec([], changes)
        assert status == 125
        assert text.startswith("cloudabi-run: the spec is malformed: ")
        assert message in text
        assert text.count("\n") == 1

    @pytest.mark.parametrize("spec", [b"", b"\x07", b"\x06\x80", b"\xff", argdata({}) * 2])
    def test_no_spec(self, spec: bytes) -> None:
        status, text = run_broker(spec)
        assert (status, text.count("\n")) == (125, 1)
        assert "the spec is malformed" in text

    def test_truncated(self) -> None:
        whole = argdata(
            {"runtime": Fd(0), "program": Fd(0), "argdata": b"", "descriptors": [], "x": 1}
        )
        for length in range(len(whole)):
            assert run_broker(whole[:length])[0] == 125

    @pytest.mark.parametrize("arguments", [[], ["1", "2"], ["x"], ["-1"], ["1x"], ["4294967296"]])
    def test_usage(self, arguments: list[str]) -> None:
        done = subprocess.run([BROKER, *arguments], stderr=subprocess.PIPE, text=True, check=False)
        assert (done.returncode, done.stderr) == (
            125,
            "cloudabi-run: usage: cloudabi-broker SPECFD\n",
        )

    def test_unreadable(self) -> None:
        done = subprocess.run([BROKER, "77"], stderr=subprocess.PIPE, text=True, check=False)
        assert done.returncode == 125
        assert done.stderr == "cloudabi-run: cannot read the spec: Bad file descriptor\n"

    def test_report_is_nothing_for_the_program(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with ours, theirs:
            status, text = run_spec([Grant(theirs.fileno())], {"report": Fd(theirs.fileno())})
            assert status == 125
            assert text.endswith("the report is among the program's descriptors\n")

    @pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
    def test_report_goes_nowhere(self, kind: socket.SocketKind) -> None:
        with socket.socket(socket.AF_UNIX, kind) as other:
            changes = {"report": Fd(other.fileno())}
            message = "cloudabi-run: the report goes to no SOCK_SEQPACKET socket\n"
            assert run_spec([], changes, inherited=(other.fileno(),)) == (125, message)


@contextmanager
def closing(fd: int) -> Iterator[int]:
    try:
        yield fd
    finally:
        os.close(fd)


def create_epoll() -> int:
    epoll = select.epoll()
    return os.dup(epoll.fileno())


class TestRefusals:
    def refused(self, fd: int, reason: str) -> None:
        status, text = run_spec([Grant(fd, name="args.place")])
        assert status == 125
        assert text == f"args.place: descriptor {fd} {reason}"

    def test_not_open(self) -> None:
        done = run_spec([Grant(999, name="args[3]")], inherited=())
        assert done == (125, "args[3]: descriptor 999 is not open")

    def test_numbers_mean_what_they_meant(self, tmp_path: Path) -> None:
        """A number that is free, such as the spec's, is not what the broker opens later."""
        with opened(tmp_path) as fd:
            free = sorted(set(range(3, 60)) - fds_of(os.getpid()).keys())
            for number in free[3:]:  # the first ones become the runtime's and the report's
                status, text = run_spec([Grant(fd), Grant(number)], inherited=(fd,))
                assert status == 125
                assert text.endswith("is not open")

    @pytest.mark.parametrize(
        "create",
        [
            lambda: os.eventfd(0),
            lambda: os.pidfd_open(os.getpid()),
            create_epoll,
            lambda: os.open("/proc/self/status", os.O_RDONLY),
            lambda: os.open("/proc/self/ns/net", os.O_RDONLY),
            lambda: os.open("/sys/kernel", os.O_RDONLY),
            lambda: os.open("/proc/self", os.O_PATH),
        ],
    )
    def test_controls_of_the_kernel(self, create: Callable[[], int]) -> None:
        with closing(create()) as fd:
            self.refused(fd, "is a control of the kernel, such as those in /proc and /sys")

    def test_controls_that_are_meant(self) -> None:
        """Files only, and never a directory, through which there would be all of them."""
        with opened("/proc/self/status") as fd:
            self.assert_accepted(Grant(fd).described() | {"kernel": True})
        with opened("/proc/self") as fd:
            descriptor = Grant(fd).described() | {"kernel": True, "device": True}
            status, text = run_spec([], {"descriptors": [descriptor]}, inherited=(fd,))
            assert (status, "is a control of the kernel" in text) == (125, True)

    @pytest.mark.skipif(os.geteuid() != 0, reason="device nodes need root")
    def test_devices_that_are_meant(self, tmp_path: Path) -> None:
        os.mknod(tmp_path / "kmsg", 0o020600, os.makedev(1, 11))
        with opened(tmp_path / "kmsg", os.O_WRONLY) as fd:
            self.refused(fd, "is a device that the program could control")
            self.assert_accepted(Grant(fd).described() | {"device": True})

    def assert_accepted(self, descriptor: dict[str, object]) -> None:
        """The guest starts, and ends at once for lack of its control socket."""
        fd = descriptor["fd"]
        assert isinstance(fd, Fd)
        changes = {"descriptors": [descriptor]}
        assert run_spec([], changes, inherited=(fd.number,)) == (0, "")

    def test_executable_memory(self) -> None:
        with closing(os.memfd_create("x")) as fd:
            self.refused(fd, "is an executable file in memory; create it with MFD_NOEXEC_SEAL")
        with closing(os.memfd_create("x", os.MFD_CLOEXEC | 8)) as fd, guest(Grant(fd)) as held:
            assert start_block(held)[1][1][2] == abi.FILETYPE_REGULAR_FILE

    def test_references(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "link").symlink_to("x")
        for name in ("pipe", "link"):
            with opened(tmp_path / name, os.O_PATH | os.O_NOFOLLOW) as fd:
                self.refused(fd, "was opened with O_PATH, which suits files and directories only")
        (tmp_path / "file").write_text("secret")
        with opened(tmp_path / "file", os.O_PATH) as fd, guest(Grant(fd)) as held:
            rights = (abi.RIGHT_FILE_STAT_FGET | abi.RIGHT_PROC_EXEC, 0)
            assert start_block(held)[1][1] == (*rights, abi.FILETYPE_REGULAR_FILE, 2)
            assert held.read(1, 10) == -errno.EBADF

    def test_devices(self) -> None:
        for name in ("null", "zero", "full", "random", "urandom"):
            with opened(f"/dev/{name}") as fd, guest(Grant(fd)) as held:
                assert start_block(held)[1][1][2] == abi.FILETYPE_CHARACTER_DEVICE
        with ExitStack() as stack:
            master, terminal = os.openpty()
            stack.enter_context(closing(master))
            stack.enter_context(closing(terminal))
            with guest(Grant(terminal)) as held:
                kind, base = start_block(held)[1][1][2], start_block(held)[1][1][0]
                assert (kind, base) == (abi.FILETYPE_CHARACTER_DEVICE, abi.MAX_BASE_TERMINAL)

    @pytest.mark.skipif(os.geteuid() != 0, reason="device nodes need root")
    def test_other_devices(self, tmp_path: Path) -> None:
        for number, name in ((os.makedev(1, 11), "kmsg"), (os.makedev(1, 1), "mem")):
            os.mknod(tmp_path / name, 0o020600, number)
            try:
                fd = os.open(tmp_path / name, os.O_RDONLY)
            except OSError:
                continue
            with closing(fd):
                self.refused(fd, "is a device that the program could control")

    @pytest.mark.parametrize(
        ("family", "kind", "protocol"),
        [
            (socket.AF_NETLINK, socket.SOCK_RAW, 0),
            (socket.AF_PACKET, socket.SOCK_DGRAM, 0),
            (socket.AF_INET, socket.SOCK_RAW, 1),
            (socket.AF_INET, socket.SOCK_DGRAM, 1),
            (socket.AF_INET, socket.SOCK_STREAM, 132),
            (socket.AF_INET, socket.SOCK_STREAM, 262),
            (socket.AF_VSOCK, socket.SOCK_STREAM, 0),
            (socket.AF_ALG, socket.SOCK_SEQPACKET, 0),
        ],
    )
    def test_sockets(self, family: int, kind: int, protocol: int) -> None:
        try:
            other = socket.socket(family, kind, protocol)
        except OSError as error:
            pytest.skip(f"this kernel has no such socket: {error}")
        with other:
            self.refused(other.fileno(), "is a socket other than UNIX, TCP and UDP")

    def test_executables(self, tmp_path: Path) -> None:
        with opened(guest_program()) as runtime, closing(memory_file(b"")) as writable:
            for key, status in (("runtime", 125), ("program", 126)):
                spec = {
                    "runtime": Fd(runtime),
                    "program": Fd(runtime),
                    "argdata": b"",
                    "descriptors": [],
                } | {key: Fd(writable)}
                done = run_broker(spec, (runtime, writable))
                message = f"the {key} is no file opened for reading"
                assert done == (status, message)
