# SPDX-License-Identifier: BSD-2-Clause
"""What a hostile guest does where it may have several processes: forged hellos, lies, floods.

The guest is the one of broker_harness, which has no filter but the one that a test installs. Its
descriptors are its control socket to the test, what it is granted, and the runtime's own: block,
program, result, and the control socket to the broker.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from broker_harness import (
    AS_USER,
    COMMAND,
    ERRORS,
    Grant,
    Guest,
    Syscall,
    abi,
    fds_of,
    guest,
    guest_program,
    opened,
)
from test_broker_policy import ALLOW, NEW_LISTENER, NOTIFY, SECCOMP, state

RESULT_FD, BROKER_FD = 3, 4  # for a guest without grants
FORK, HELLO, RAISE, EXEC, EXEC_DATA, EXEC_FDS, EXEC_START = range(1, 8)
CLONE_NUMBER, PRCTL_NUMBER = 56, 157
MADE = 0x208011  # CLONE_PARENT | CLONE_CHILD_CLEARTID | SIGCHLD
PATIENCE_S = 20.0


def request(op: int, number: int = 0, fds_len: int = 0, padding: int = 0) -> bytes:
    return struct.pack("<IIII", op, number, fds_len, padding)


class Several:
    """A guest that may have other processes, and what it says on control sockets."""

    def __init__(self, held: Guest) -> None:
        self.held = held
        self.number = 0  # of the latest promise

    def run(self) -> None:
        """Be a program from now on."""
        self.close(RESULT_FD)

    def ask(self, frame: bytes, fd: int = BROKER_FD) -> tuple[str, list[int]] | None:
        """The reply's error and descriptors; None if the broker has ended the dialogue."""
        if self.held.send(fd, frame) < 0:
            return None
        return self.hear(fd)

    def hear(self, fd: int = BROKER_FD) -> tuple[str, list[int]] | None:
        at = self.held.arena
        header = struct.pack("<QIIQQQQQ", 0, 0, 0, at + 56, 1, at + 72, 24, 0)
        vector = struct.pack("<QQ", at + 96, 8)
        words = (fd, at, 0)
        count, memory = self.held._command(
            Syscall.RECVMSG, words, at, header + vector + bytes(32), at, 104
        )
        if count <= 0:
            return None
        length = struct.unpack_from("<Q", memory, 40)[0]
        fds = list(struct.unpack_from("<2i", memory, 88)) if length else []
        error, number = struct.unpack_from("<II", memory, 96)
        if fds:
            self.number = number
        return ERRORS[error] if error else "", fds

    def promise(self) -> tuple[int, int]:
        """A process descriptor and a control socket; the number counts for what is made next."""
        answer = self.ask(request(FORK))
        assert answer is not None
        error, (descriptor, control) = answer
        assert error == ""
        return descriptor, control

    def make(self, control: int, packet: bytes = b"") -> int:
        """A child of the broker's that says something and stays."""
        return self.held.call(Syscall.MAKE_CHILD, MADE, control, packet, len(packet), self.number)

    def let_in(self) -> tuple[int, int, int]:
        """As an honest runtime does it: number, process descriptor, control socket."""
        descriptor, control = self.promise()
        pid = self.make(control, request(HELLO))
        assert pid > 0
        assert self.hear(control) == ("", [])
        return pid, descriptor, control

    def close(self, *fds: int) -> None:
        for fd in fds:
            self.held.call(Syscall.CLOSE, fd)

    def fork_error(self) -> str:
        answer = self.ask(request(FORK))
        assert answer is not None
        self.close(*answer[1])
        return answer[0]

    def install_filter(self) -> None:
        """Ask the broker about clone() with the flags of a process, and about prctl()."""
        code = b"".join(
            struct.pack("<HBBI", *instruction)
            for instruction in (
                (0x20, 0, 0, 0),  # the number
                (0x15, 3, 0, PRCTL_NUMBER),
                (0x15, 0, 3, CLONE_NUMBER),
                (0x20, 0, 0, 16),  # the flags
                (0x45, 0, 1, 0x8000),  # CLONE_PARENT
                (0x06, 0, 0, NOTIFY),
                (0x06, 0, 0, ALLOW),
            )
        )
        held = self.held
        program = struct.pack("<HxxxxxxQ", 7, held.arena + 16) + code
        words = (1, NEW_LISTENER, held.arena)
        listener = held._command(SECCOMP, words, held.arena, program, held.arena, 0)[0]
        assert listener > BROKER_FD
        assert held.send_with_fd(RESULT_FD, b"x", listener) > 0
        held.call(Syscall.CLOSE, listener)


@contextmanager
def several(processes: int = 3, **limits: int) -> Iterator[Several]:
    """A guest without a filter: no clone() of its processes is asked about."""
    with guest(changes={"limits": {"processes": processes, **limits}}) as held:
        some = Several(held)
        some.run()
        yield some


@contextmanager
def watched(processes: int = 3, wrapper: Sequence[str] = (), **limits: int) -> Iterator[Several]:
    """One whose processes the broker grants."""
    changes = {"limits": {"processes": processes, **limits}}
    with guest(changes=changes, wrapper=wrapper) as held:
        some = Several(held)
        some.install_filter()
        some.run()
        yield some


def is_alive(pid: int) -> bool:
    return state(pid) not in "ZX"


def await_end(*pids: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while any(map(is_alive, pids)):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def end_of(some: Several) -> dict[str, Any]:
    ended: dict[str, Any] = some.held.broker.records()[-1]["ended"]
    return ended


class TestGrants:
    def test_as_promised(self) -> None:
        with watched() as some:
            children = [some.let_in() for _ in range(2)]
            assert some.fork_error() == "EAGAIN"
            for pid, descriptor, control in children:
                assert is_alive(pid)
                some.close(descriptor, control)
            await_end(*(pid for pid, _, _ in children))
            for _ in range(5):
                pid, descriptor, control = some.let_in()
                some.close(descriptor, control)
                await_end(pid)
            assert some.held.exit(3) == (3, "")

    def test_others_take_all_descriptors_that_may_be_on_their_way(self) -> None:
        """The spawner cannot hand over that of a new process, and nobody waits for it."""
        with watched(wrapper=("prlimit", "--nofile=64", *AS_USER)) as some:
            _, control = some.promise()
            pair = (socket.AF_UNIX, socket.SOCK_SEQPACKET, 0, bytes(8))
            assert some.held.call(Syscall.SOCKETPAIR, *pair) == 0
            ends = struct.unpack("ii", some.held.peek(some.held.arena, 8))
            while (sent := some.held.send_with_fd(ends[0], b"x", 0)) > 0:
                pass
            assert sent == -errno.ETOOMANYREFS
            assert some.make(control, request(HELLO)) > 0
            assert some.hear(control) is None
            some.close(*ends)
            some.let_in()
            assert some.held.exit(3) == (3, "")

    def test_without_a_promise(self) -> None:
        with watched() as some:
            words = (Syscall.MAKE_CHILD, MADE, BROKER_FD, 0, 0, 1)
            some.held.control.send(_command(*words))
            ended = end_of(some)
            assert {"kind": "policy", "call": "clone"}.items() <= ended.items()

    def test_one_promise_is_one_process(self) -> None:
        with watched() as some:
            _, control = some.promise()
            first = some.make(control)
            assert first > 0
            words = (Syscall.MAKE_CHILD, MADE, control, 0, 0, some.number)
            some.held.control.send(_command(*words))
            assert end_of(some)["kind"] == "policy"
            await_end(first)

    @pytest.mark.parametrize("number", [0, 2, 127, 128, 1 << 32, -1])
    def test_other_numbers(self, number: int) -> None:
        """The first process has 0, the promise 1."""
        with watched() as some:
            _, control = some.promise()
            assert some.number == 1
            words = (Syscall.MAKE_CHILD, MADE, control, 0, 0, number)
            some.held.control.send(_command(*words))
            assert end_of(some)["kind"] == "policy"

    @pytest.mark.parametrize("flags", [MADE | 0x100, MADE | 0x20000, 0x8000, MADE & ~0x200000])
    def test_other_flags(self, flags: int) -> None:
        """Shared memory, namespaces: nothing but what an honest runtime asks for."""
        with watched() as some:
            _, control = some.promise()
            words = (Syscall.MAKE_CHILD, flags, control, 0, 0, some.number)
            some.held.control.send(_command(*words))
            assert end_of(some)["kind"] == "policy"

    def test_prctl(self) -> None:
        """One call of many, and only it."""
        with watched() as some:
            assert some.held.call(PRCTL_NUMBER, 1, signal.SIGKILL) == 0
            some.held.control.send(_command(PRCTL_NUMBER, 1, 0))
            ended = end_of(some)
            assert {"kind": "policy", "call": "prctl"}.items() <= ended.items()

    def test_who_never_says_hello_counts_to_the_end(self) -> None:
        with watched() as some:
            descriptor, control = some.promise()
            pid = some.make(control)
            some.close(descriptor, control)
            assert is_alive(pid)
            os.kill(pid, signal.SIGKILL)
            some.let_in()
            assert some.fork_error() == "EAGAIN"
            assert some.held.exit(0) == (0, "")

    def test_promises_that_are_not_used(self) -> None:
        with watched(2) as some:
            for _ in range(50):
                some.close(*some.promise())
            _, control = some.promise()
            assert some.fork_error() == "EAGAIN"
            assert some.make(control, request(HELLO)) > 0

    def test_more_than_there_can_be(self) -> None:
        """Promises count like processes."""
        with several(64) as some:
            promises = [some.promise() for _ in range(63)]
            assert some.fork_error() == "EAGAIN"
            for promise in promises:
                some.close(*promise)
            some.close(*some.promise())


def _command(number: int, *words: int) -> bytes:
    """A command that is not waited for."""
    return COMMAND.pack(number, *[*words, *[0] * (6 - len(words))], 0, 0, 0, 0)


class TestHello:
    def test_from_the_parent(self) -> None:
        with watched() as some:
            _, control = some.promise()
            assert some.make(control) > 0
            assert some.ask(request(HELLO), control) is None

    def test_without_a_grant(self) -> None:
        """A child that was made past the filter, here as there is none."""
        with several() as some:
            _, control = some.promise()
            pid = some.make(control, request(HELLO))
            assert some.hear(control) is None
            assert is_alive(pid)
            assert some.held.exit(0) == (0, "")
            await_end(pid)

    def test_from_somebody_else_s_child(self) -> None:
        with watched() as some:
            _, control = some.promise()
            assert some.make(control) > 0
            frame = request(HELLO)
            sibling = some.held.call(Syscall.MAKE_CHILD, 17, control, frame, len(frame))
            assert sibling > 0
            assert some.hear(control) is None

    def test_twice(self) -> None:
        with watched(4) as some:
            _, _, control = some.let_in()
            assert some.ask(request(HELLO), control) is None
            assert some.ask(request(HELLO)) is None

    def test_for_two(self) -> None:
        """One process cannot be two: nobody but the other child can be the other one."""
        with watched(4) as some:
            second = some.promise()[1]
            other = some.make(second)
            assert other > 0
            _, _, first = some.let_in()
            assert some.ask(request(HELLO), first) is None
            assert some.ask(request(HELLO), second) is None
            assert some.fork_error() == ""
            assert some.held.exit(0) == (0, "")
            await_end(other)

    def test_instead_of_hello(self) -> None:
        for op in (FORK, RAISE, EXEC, EXEC_START, 0, 8):
            with watched() as some:
                _, control = some.promise()
                assert some.ask(request(op), control) is None


class TestFrames:
    @pytest.mark.parametrize(
        "frame",
        [
            b"x",
            request(FORK)[:-1],
            request(0),
            request(8),
            request(FORK, padding=1),
            request(EXEC_DATA) + bytes(32769),
            request(HELLO),
        ],
    )
    def test_malformed(self, frame: bytes) -> None:
        """Ends the dialogue, and not the run."""
        with several() as some:
            before = len(fds_of(some.held.broker.pid))
            assert some.ask(frame) is None
            assert some.ask(request(FORK)) is None
            assert len(fds_of(some.held.broker.pid)) < before
            assert some.held.exit(5) == (5, "")

    def test_attached_descriptors(self) -> None:
        """Are closed where there is no use for them."""
        with several() as some:
            before = len(fds_of(some.held.broker.pid))
            for op in (EXEC_FDS, FORK, EXEC_DATA, EXEC_START, EXEC, HELLO):
                assert some.held.send_with_fd(BROKER_FD, request(op), 0) > 0
                answer = some.hear()
                if answer is not None:
                    some.close(*answer[1])
            assert some.ask(request(FORK)) is None
            assert len(fds_of(some.held.broker.pid)) <= before

    def test_unread_replies(self) -> None:
        with several(64) as some:
            sent = 0
            while sent < 100 and some.held.send(BROKER_FD, request(FORK)) > 0:
                sent += 1
                time.sleep(0.001)
            assert 2 <= sent < 100
            assert some.held.exit(0) == (0, "")

    def test_words_on_a_process_descriptor(self) -> None:
        """Nobody reads them."""
        with watched() as some:
            pid, descriptor, _ = some.let_in()
            for _ in range(2000):
                if some.held.call(44, descriptor, b"x", 1, 0x40, 0, 0) < 0:
                    break
            assert some.fork_error() == ""
            some.close(descriptor)
            await_end(pid)

    def test_flood_of_children(self) -> None:
        """The broker has as many descriptors afterwards as before."""
        with watched(5) as some:
            some.let_in()
            before = len(fds_of(some.held.broker.pid))
            for _ in range(100):
                pid, descriptor, control = some.let_in()
                some.close(control, descriptor)
                await_end(pid)
            deadline = time.monotonic() + PATIENCE_S
            while len(fds_of(some.held.broker.pid)) > before:
                assert time.monotonic() < deadline
                time.sleep(0.01)


class TestRaise:
    def test_own_signal(self) -> None:
        with watched() as some:
            pid, descriptor, control = some.let_in()
            assert some.ask(request(RAISE, 0), control) == ("EINVAL", [])
            assert some.ask(request(RAISE, 27), control) == ("EINVAL", [])
            assert some.ask(request(RAISE, 1 << 31), control) == ("EINVAL", [])
            assert some.ask(request(RAISE, abi.SIGURG), control) == ("", [])
            assert is_alive(pid)
            assert some.held.send(control, request(RAISE, abi.SIGTERM)) > 0
            await_end(pid)
            assert _end_on(some, descriptor) == (abi.SIGTERM, 0)

    def test_killed_by_the_kernel_for_a_call(self) -> None:
        """A process ended by a filter ends the run, as the first one would."""
        with watched() as some:
            pid, _, _ = some.let_in()
            os.kill(pid, signal.SIGSYS)
            assert end_of(some)["kind"] == "policy"


def _end_on(some: Several, descriptor: int) -> tuple[int, ...]:
    """What a process descriptor says, twice."""
    at = some.held.arena
    words = [(descriptor, at, 8, flags) for flags in (2, 2)]
    found = [some.held._command(45, word, 0, b"", at, 8) for word in words]
    assert found[0] == found[1]
    assert found[0][0] == 8
    return struct.unpack("<II", found[0][1])


class TestExec:
    @pytest.fixture
    def files(self, tmp_path: Path) -> Iterator[Several]:
        """A guest with a program as descriptor 1, a data file as 2, one for writing as 3."""
        (tmp_path / "data").write_bytes(b"data")
        (tmp_path / "open").write_bytes(b"#!")
        (tmp_path / "open").chmod(0o755)
        with (
            opened(guest_program()) as program,
            opened(tmp_path / "data") as data,
            opened(tmp_path / "open", os.O_RDWR) as writable,
        ):
            grants = [Grant(program), Grant(data), Grant(writable)]
            with guest(*grants, changes={"limits": {"processes": 2}}) as held:
                some = Several(held)
                some.close(6)
                yield some

    def say(self, some: Several, frame: bytes, fd: int) -> str | None:
        if some.held.send_with_fd(7, frame, fd) < 0:
            return None
        answer = some.hear(7)
        return None if answer is None else answer[0]

    def ask(self, some: Several, frame: bytes) -> str | None:
        answer = some.ask(frame, 7)
        return None if answer is None else answer[0]

    def test_what_is_no_program(self, files: Several) -> None:
        memory = files.held.call(319, b"x\0", 0)
        directory = files.held.call(2, b"/\0", 0)
        device = files.held.call(2, b"/dev/null\0", 0)
        for fd in (0, 2, 3, 7, memory, directory, device):
            assert self.say(files, request(EXEC, 0, 0), fd) == "EACCES"

    def test_only_what_may_be_executed(self) -> None:
        """A readable program is not enough, whoever has it; nor is one that came from elsewhere."""
        rights = abi.RIGHTS_ALL & ~abi.RIGHT_PROC_EXEC
        with opened(guest_program()) as program:
            grants = (Grant(program, base=rights),)
            with guest(*grants, changes={"limits": {"processes": 2}}) as held:
                some = Several(held)
                some.close(4)
                path = bytes(guest_program()) + b"\0"
                for fd in (1, held.call(2, path, 0)):
                    assert held.send_with_fd(5, request(EXEC), fd) > 0
                    assert some.hear(5) == ("EACCES", [])

    def test_numbers(self, files: Several) -> None:
        assert self.say(files, request(EXEC, (1 << 20) + 1, 0), 1) == "E2BIG"
        assert self.say(files, request(EXEC, 0, 1009), 1) == "E2BIG"
        assert self.say(files, request(EXEC, 1 << 31, 1 << 31), 1) == "E2BIG"
        assert self.ask(files, request(EXEC, 0, 0)) == "EINVAL"

    def test_order(self, files: Several) -> None:
        start_fd = bytes(24)
        assert self.ask(files, request(EXEC_START)) == "EINVAL"
        assert self.ask(files, request(EXEC_DATA) + b"x") == "EINVAL"
        assert self.say(files, request(EXEC_FDS) + start_fd, 1) == "EINVAL"
        assert self.say(files, request(EXEC, 3, 2), 1) == ""
        assert self.ask(files, request(EXEC_START)) == "EINVAL"
        assert self.ask(files, request(EXEC_START)) == "EINVAL"
        assert self.say(files, request(EXEC, 3, 1), 1) == ""
        assert self.ask(files, request(EXEC_DATA) + b"four") == "EINVAL"
        assert self.ask(files, request(EXEC_DATA) + b"ab") == ""
        assert self.ask(files, request(EXEC_DATA) + b"ab") == "EINVAL"
        assert self.say(files, request(EXEC_FDS) + start_fd[1:], 0) == "EINVAL"
        assert self.say(files, request(EXEC_FDS) + start_fd, 0) == ""
        assert self.say(files, request(EXEC_FDS) + start_fd, 0) == "EINVAL"
        assert self.ask(files, request(EXEC_START)) == "EINVAL"

    def test_nothing_is_kept(self, files: Several) -> None:
        before = len(fds_of(files.held.broker.pid))
        for _ in range(30):
            assert self.say(files, request(EXEC, 3, 2), 1) == ""
            assert self.say(files, request(EXEC_FDS) + bytes(24), 0) == ""
        assert self.ask(files, request(EXEC_START)) == "EINVAL"
        assert len(fds_of(files.held.broker.pid)) <= before

    def test_replaced(self, files: Several) -> None:
        """The first process is gone, and its successor ends the run."""
        old = files.held.pid
        assert self.say(files, request(EXEC, 0, 1), 1) == ""
        assert self.say(files, request(EXEC_FDS) + bytes(24), 0) == ""
        start, at = request(EXEC_START), files.held.arena
        words = (Syscall.WRITE, 7, at, len(start), 0, 0, 0)
        files.held.control.send(COMMAND.pack(*words, at, len(start), 0, 0) + start)
        # The answer of the one and the other's greeting.
        lengths = {len(files.held.control.recv(1 << 16)) for _ in range(2)}
        assert lengths == {8, 32}
        # It stands in for the runtime, which closes its result socket when the program runs.
        os.kill(old, signal.SIGSTOP)  # both read what the test says
        while state(old) != "T":
            time.sleep(0.001)
        files.held.control.send(_command(Syscall.CLOSE, 3))
        assert files.held.control.recv(1 << 16) == bytes(8)
        await_end(old)
        files.held.control.send(_command(Syscall.EXIT_GROUP, 9))
        files.held.control.close()
        assert files.held.broker.finish() == (9, "")


class TestLimits:
    def test_time_of_all(self) -> None:
        """Processes that are busy at the same time, and one after the other."""
        limit = 400_000_000
        with watched(4, cpu=limit) as some:
            some.let_in()
            some.held.control.send(_command(Syscall.BURN, 2))
            ended = end_of(some)
        assert ended["limit"] == "cpu"
        assert limit <= ended["user"] + ended["system"] < limit + 100_000_000

    def test_wall_ends_all(self) -> None:
        with watched(4, wall=500_000_000) as some:
            pid, *_ = some.let_in()
            descriptor, control = some.promise()
            other = some.make(control)
            assert end_of(some)["limit"] == "wall"
        await_end(pid, other)
        assert descriptor > 0

    def test_own_descriptors_do_not_count(self) -> None:
        with several(2, files=8) as some:
            count = 1
            some.close(1, 2)
            while (last := some.held.call(Syscall.DUP, 0)) >= 0:
                count += 1
            assert last == -errno.EMFILE
            assert count == 8


@pytest.mark.parametrize("victim", ["broker", "spawner", "first"])
@pytest.mark.parametrize("others", ["known", "unknown"])
def test_whoever_is_killed_nobody_is_left(victim: str, others: str) -> None:
    """None of these processes does anything for its end; all are in one group."""
    with watched(4) as some:
        if others == "known":
            pids = [some.let_in()[0] for _ in range(3)]
        else:
            pids = [some.make(some.promise()[1]) for _ in range(3)]
        assert all(map(is_alive, pids))
        group = os.getpgid(some.held.pid)
        assert {os.getsid(pid) for pid in pids} == {group}
        assert os.getpgid(pids[0]) == group
        broker = some.held.broker.pid
        os.kill({"broker": broker, "spawner": group, "first": some.held.pid}[victim], 9)
        await_end(*pids, some.held.pid, group)
        some.held.broker.wait(PATIENCE_S)
