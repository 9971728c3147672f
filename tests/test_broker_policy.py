# SPDX-License-Identifier: BSD-2-Clause
"""Calls that a guest's filter asks the broker about: they end the guest and are never made.

The guest here installs a filter as the runtime does, and is otherwise free to do what it likes.
"""

from __future__ import annotations

import errno
import os
import resource
import signal
import struct
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from broker_harness import COMMAND, STAT_GET, Guest, Syscall, fds_of, guest, guest_in

SECCOMP, MKDIR = 317, 83
OTHER_GETPID, OTHER_MKDIR = 20, 39
ARCH_OFFSET, ARCH_I386 = 4, 0x40000003
NEW_LISTENER = 8
ALLOW, NOTIFY = 0x7FFF0000, 0x7FC00000
RESULT_FD = 3  # where the runtime speaks to the broker


def install(held: Guest, offset: int = 0, value: int = MKDIR) -> int:
    """A filter that asks about mkdir(), or where else a value is found; returns its listener."""
    code = b"".join(
        struct.pack("<HBBI", *instruction)
        for instruction in (
            (0x20, 0, 0, offset),  # by default, of the number
            (0x15, 0, 1, value),
            (0x06, 0, 0, NOTIFY),
            (0x06, 0, 0, ALLOW),
        )
    )
    at = held.arena
    words = (1, NEW_LISTENER, at)
    program = struct.pack("<HxxxxxxQ", 4, at + 16) + code
    return held._command(SECCOMP, words, at, program, at, 0)[0]


def hand_over(held: Guest, *judged: int) -> None:
    """Do what the runtime does with the listener."""
    listener = install(held, *judged)
    assert listener > RESULT_FD
    assert held.send_with_fd(RESULT_FD, b"x", listener) > 0
    held.call(Syscall.CLOSE, listener)
    held.call(Syscall.CLOSE, RESULT_FD)


def forbid(held: Guest, path: Path) -> None:
    """Make a call that nobody returns from, and do not wait for that."""
    text = bytes(path) + b"\0"
    words = (MKDIR, held.arena, 0o777, 0, 0, 0, 0)
    held.control.send(COMMAND.pack(*words, held.arena, len(text), 0, 0) + text)


def end_of(held: Guest) -> dict[str, Any]:
    ended = held.broker.records()[-1]["ended"]
    assert isinstance(ended, dict)
    return ended


def test_a_forbidden_call(tmp_path: Path) -> None:
    with guest() as held:
        hand_over(held)
        forbid(held, tmp_path / "made")
        ended = end_of(held)
        assert {"kind": "policy", "call": "mkdir", "number": MKDIR}.items() <= ended.items()
        assert held.broker.wait(20) == 123
    assert not (tmp_path / "made").exists()


def test_a_call_of_another_machine() -> None:
    """A program for i686 makes them, and number 39 is getpid() here."""
    with guest() as held:
        if held.call(Syscall.OTHER, OTHER_GETPID) != held.pid:
            pytest.skip("the kernel runs nothing for i686")
        hand_over(held, ARCH_OFFSET, ARCH_I386)
        held.control.send(COMMAND.pack(Syscall.OTHER, OTHER_MKDIR, *[0] * 9))
        expected = {"kind": "policy", "call": "mkdir", "number": OTHER_MKDIR}
        assert expected.items() <= end_of(held).items()


def test_it_is_not_made_whoever_dies_first(tmp_path: Path) -> None:
    """Killing a broker that has not yet looked kills the guest, too."""
    with guest() as held:
        hand_over(held)
        held.broker.send_signal(signal.SIGSTOP)
        forbid(held, tmp_path / "made")
        time.sleep(0.1)
        assert state(held.pid) == "S"
        held.broker.kill()
        deadline = time.monotonic() + 10
        while state(held.pid) not in "ZX":
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert not (tmp_path / "made").exists()


def state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1][0]
    except (FileNotFoundError, ProcessLookupError):
        return "X"


def test_before_the_broker_has_the_listener(tmp_path: Path) -> None:
    """The call waits as long as the listener is under way."""
    with guest() as held:
        held.broker.send_signal(signal.SIGSTOP)
        hand_over(held)
        forbid(held, tmp_path / "made")
        time.sleep(0.05)
        held.broker.send_signal(signal.SIGCONT)
        assert end_of(held)["call"] == "mkdir"
    assert not (tmp_path / "made").exists()


def test_no_room_for_the_listener() -> None:
    """A guest that forbidden calls do not end does not run."""
    with guest() as held:
        numbers = fds_of(held.broker.pid)
        full = next(number for number in range(2**16) if number not in numbers)
        resource.prlimit(held.broker.pid, resource.RLIMIT_NOFILE, (full, full))
        with suppress(EOFError, ConnectionError):
            hand_over(held)
        assert held.broker.wait(20) == 125
        assert end_of(held)["kind"] == "failed"


def test_without_listener(tmp_path: Path) -> None:
    """Where nobody holds it the call fails; that is the kernel's doing."""
    with guest() as held:
        held.call(Syscall.CLOSE, install(held))
        assert held.call(MKDIR, bytes(tmp_path / "made") + b"\0", 0o777) == -errno.ENOSYS
        assert held.exit(4) == (4, "")
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("others", [1, 20])
def test_the_end_of_the_guest_is_the_end_of_the_listener(others: int) -> None:
    with guest() as held:
        hand_over(held)
        assert held.call(Syscall.SLEEP, others) == others
        assert held.exit(6) == (6, "")


class TestForgery:
    """A guest that speaks where only the runtime should, though no program can."""

    def test_no_listener(self) -> None:
        """What cannot be watched, or is no listener, fails the run or does nothing."""
        for create in (lambda held: held.call(2, b"/dev/null\0", 0), install_pipe):
            with guest() as held:
                fd = create(held)
                assert fd > RESULT_FD
                with suppress(EOFError, ConnectionError):
                    held.send_with_fd(RESULT_FD, b"x", fd)
                    held.call(Syscall.EXIT_GROUP, 5)
                ended = end_of(held)
                assert ended["kind"] in ("failed", "exited")

    def test_only_the_first_packet_counts(self, tmp_path: Path) -> None:
        with guest_in(tmp_path) as held:
            held.send(4, b"x")
            before = len(fds_of(held.broker.pid))
            for _ in range(20):
                held.send_with_fd(4, b"x", 1)
            assert held.error(1, STAT_GET, ".") == ""
            assert len(fds_of(held.broker.pid)) == before
            assert held.exit(2) == (2, "")


def install_pipe(held: Guest) -> int:
    """A socket that is always readable, which is no listener."""
    at = held.arena
    _, pair = held._command(53, (1, 1, 0, at), at, b"", at, 8)
    first, second = struct.unpack("<ii", pair)
    held.call(Syscall.WRITE, second, b"x", 1)
    return int(first)


def test_usual_descriptors() -> None:
    """A broker with a listener holds one more, and not the socket that it came by."""
    with guest() as held:
        before = sorted(fds_of(held.broker.pid).values())
        hand_over(held)
        deadline = time.monotonic() + 10
        while sum("seccomp" in name for name in fds_of(held.broker.pid).values()) == 0:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert len(fds_of(held.broker.pid)) <= len(before) + 1
        assert os.path.lexists(f"/proc/{held.pid}")
