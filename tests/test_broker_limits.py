# SPDX-License-Identifier: BSD-2-Clause
"""Limits: how much of time, memory and the rest a guest gets before it is stopped.

What the kernel counted is compared with the limit, as a loaded machine lets time pass anyway.
"""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from broker_harness import COMMAND, Grant, Guest, Syscall, guest, opened, run_spec, start_block

MS = 10**6
MIB = 1 << 20
NO_MEMORY_FILES = 4
PRIVATE_ANONYMOUS = 0x22


@contextmanager
def limited(*grants: Grant, traces: bool = False, **limits: int) -> Iterator[Guest]:
    with guest(*grants, changes={"limits": limits, "traces": traces}) as held:
        yield held


def end_of(held: Guest) -> dict[str, Any]:
    """The last record, and what it says of the exit status checked."""
    ended: dict[str, Any] = held.broker.records()[-1]["ended"]
    expected = {"limit": 124, "exited": ended.get("status")}[ended["kind"]]
    assert held.broker.wait(20) == expected
    return ended


class TestTime:
    @pytest.mark.parametrize("threads", [1, 2, 7])
    def test_processor(self, threads: int) -> None:
        """However many threads use it up at a time."""
        limit = 300 * MS
        with limited(cpu=limit) as held:
            held.control.send(_burning(threads))
            ended = end_of(held)
        assert ended["limit"] == "cpu"
        assert limit <= ended["user"] + ended["system"] < limit + 50 * MS
        assert ended["wall"] >= (ended["user"] + ended["system"]) // (os.cpu_count() or 1)

    def test_processor_of_a_loaded_machine(self) -> None:
        """Others that compete for it do not change what is counted."""
        stop = threading.Event()
        others = [threading.Thread(target=_spin, args=(stop,)) for _ in range(4)]
        for other in others:
            other.start()
        try:
            self.test_processor(3)
        finally:
            stop.set()
            for other in others:
                other.join()

    def test_a_guest_that_sleeps_uses_none(self) -> None:
        with limited(cpu=50 * MS, wall=400 * MS) as held:
            ended = end_of(held)
        assert ended["limit"] == "wall"
        assert ended["user"] + ended["system"] < 50 * MS

    @pytest.mark.parametrize("limit", [1, 100 * MS, 700 * MS])
    def test_wall(self, limit: int) -> None:
        """The best of some attempts: others may keep the broker from its work."""
        over = []
        for _ in range(5):
            with guest_that_may_be_gone(wall=limit) as ended:
                assert (ended["kind"], ended["limit"]) == ("limit", "wall")
                assert ended["wall"] >= limit
                over.append(ended["wall"] - limit)
        assert min(over) < 50 * MS

    def test_wall_of_a_busy_guest(self) -> None:
        with limited(wall=200 * MS) as held:
            held.control.send(_burning(8))
            assert end_of(held)["limit"] == "wall"

    def test_enough(self) -> None:
        with limited(cpu=1 << 62, wall=(1 << 63) - 1, threads=9) as held:
            assert held.call(Syscall.GETPID) == held.pid
            assert held.exit(5) == (5, "")

    def test_a_guest_that_ends_at_once(self) -> None:
        """The clock of a process is there until the broker has taken note of its end."""
        for _ in range(30):
            assert run_spec([], {"limits": {"cpu": 10**9, "threads": 5}}) == (0, "")

    def test_signals_of_others_are_no_limits(self) -> None:
        """Only timers end a run with the signal that timers send."""
        with limited(wall=1 << 50) as held:
            held.broker.send_signal(34)
            assert held.wait() == (128 + 34, "")


@contextmanager
def guest_that_may_be_gone(**limits: int) -> Iterator[dict[str, Any]]:
    """The end of a guest that nobody speaks to, however early that is."""
    try:
        with limited(traces=False, **limits) as held:
            yield end_of(held)
    except EOFError:
        yield {"kind": "limit", "limit": "wall", "wall": limits["wall"]}


def _burning(threads: int) -> bytes:
    """A command that is not waited for."""
    return COMMAND.pack(Syscall.BURN, threads, *[0] * 5, 0, 0, 0, 0)


def _spin(stop: threading.Event) -> None:
    while not stop.is_set():
        sum(range(10000))


class TestMemory:
    def test_address_space(self) -> None:
        limit = 64 * MIB
        with limited(memory=limit) as held:
            total = 0
            while held.call(Syscall.MMAP, 0, MIB, 3, PRIVATE_ANONYMOUS, -1, 0) > 0:
                total += MIB
            assert limit * 0.95 < total + _size_of_guest(held) <= limit
            assert start_block(held)[0][1] & NO_MEMORY_FILES
            assert held.exit(0) == (0, "")

    def test_peak(self) -> None:
        """What the kernel says was used at most, at the end."""
        with limited() as held:
            at = held.call(Syscall.MMAP, 0, 40 * MIB, 3, PRIVATE_ANONYMOUS | 0x8000, -1, 0)
            assert held.call(11, at, 40 * MIB) == 0  # munmap
            held.control.shutdown(1)
            ended = end_of(held)
        assert 40 * MIB <= ended["memory"] < 48 * MIB

    def test_no_limit(self) -> None:
        with guest() as held:
            assert not start_block(held)[0][1] & NO_MEMORY_FILES
            assert held.call(Syscall.MMAP, 0, 1 << 36, 0, PRIVATE_ANONYMOUS | 0x4000, -1, 0) > 0


def _size_of_guest(held: Guest) -> int:
    """What the guest itself takes of its address space, rounded to what a test can see."""
    lines = Path(f"/proc/{held.pid}/maps").read_text().splitlines()
    ranges = [line.split()[0].split("-") for line in lines if "[vsyscall]" not in line]
    total = sum(int(end, 16) - int(start, 16) for start, end in ranges)
    return total % MIB


class TestFiles:
    @pytest.mark.parametrize("traces", [False, True])
    @pytest.mark.parametrize("limit", [1, 2, 5, 6, 40])
    def test_descriptors(self, limit: int, traces: bool) -> None:
        """As many as the limit says, whatever else the runtime needs."""
        with limited(traces=traces, files=limit) as held:
            for fd in (1, 2, 3):  # the runtime's
                held.call(Syscall.CLOSE, fd)
            count = 1
            while (last := held.call(Syscall.DUP, 0)) >= 0:
                count += 1
            assert last == -errno.EMFILE
            assert count == limit

    def test_never_more_than_the_runtime_can_handle(self) -> None:
        with limited(files=5000) as held:
            limits = Path(f"/proc/{held.pid}/limits").read_text()
            assert "Max open files            1024                 1024 " in limits

    def test_size(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with (
            opened(tmp_path / "file", os.O_RDWR) as fd,
            limited(Grant(fd), file_size=10000) as held,
        ):
            assert held.call(Syscall.FTRUNCATE, 1, 10000) == 0
            assert held.call(Syscall.FTRUNCATE, 1, 10001) == -errno.EFBIG
            assert held.call(18, 1, b"x", 1, 10000) == -errno.EFBIG  # pwrite64
            assert held.call(18, 1, b"x", 1, 9999) == 1
            assert held.exit(0) == (0, "")
        assert (tmp_path / "file").stat().st_size == 10000


class TestThreads:
    def test_the_runtime_is_told(self) -> None:
        with limited(threads=7) as held:
            assert start_block(held)[0][6] == 7
        with limited(threads=(1 << 32) - 1) as held:
            assert start_block(held)[0][6] == (1 << 32) - 1

    def test_backstop(self) -> None:
        """Who goes around the runtime is stopped soon."""
        with limited(threads=4) as held:
            held.control.send(_burning(100))
            assert end_of(held)["limit"] == "threads"

    def test_backstop_leaves_room(self) -> None:
        """For threads that have ended for the program, but not yet for the kernel."""
        with limited(threads=4) as held:
            assert held.call(Syscall.BURN, 8) == 8
            with pytest.raises(TimeoutError):
                held.broker.records(timeout=0.3)
            assert held.exit(0) == (0, "")

    def test_a_storm_of_threads(self) -> None:
        """The guest uses time to make them, and that is looked at; a loaded machine delays it."""
        with limited(threads=4) as held:
            with suppress(EOFError, ConnectionError):
                held.call(Syscall.SLEEP, 100000)
            ended = end_of(held)
        assert ended["limit"] == "threads"
        assert ended["wall"] < 15_000 * MS
