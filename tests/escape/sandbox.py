# SPDX-License-Identifier: BSD-2-Clause
"""Runs a program of the corpus by a command line, with descriptors to hold."""

from __future__ import annotations

import fcntl
import os
import re
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from escape.host import Host, Terminal

# Numbers that a command line inherits; see enum held in probe.h.
OUTPUT, STDERR, TREE, ROOM, FILE, LISTENER, PEER, TERMINAL = 1, 2, 3, 4, 5, 6, 7, 8
# What nobody meant to pass on.
LEFT_OPEN = 200

# For a command line with {manifest}: the same descriptors, numbered in this order from 0.
MANIFEST = """\
!program
args:
- "{words}"
- !fd stdout
- !file {{path: tree}}
- !file {{path: tree/room, mode: write}}
- !file {{path: tree/file}}
- !socket {{bind: '127.0.0.1:0'}}
- !fd 7
- !fd 8
limits: {{memory: 256 MiB}}
"""

# The status with which a launcher of CloudABI programs says that it has failed itself.
LAUNCHER_FAILED = range(125, 128)
KEPT_BYTES = 1 << 22


@dataclass
class Run:
    """What a run came to.

    status: the exit status, or the negative number of a signal; None: it had to be killed.
    """

    status: int | None = None
    output: bytes = b""
    errors: str = ""

    @property
    def has_begun(self) -> bool:
        return self.output.startswith(b"begin\n")

    @property
    def result(self) -> int | None:
        """What the attempt says of itself, if it lived to say it."""
        found = re.search(rb"\nresult (-?\d+)\n\Z", self.output)
        return int(found[1]) if found else None


@dataclass(frozen=True)
class Command:
    """A command line; {program}, {words}, {manifest} and {folder} stand for what they say."""

    template: Sequence[str]

    def words(self, program: Path, host: Host, words: str) -> list[str]:
        manifest = host.folder / f"manifest-{words.split()[0]}.yaml"
        if any("{manifest}" in word for word in self.template):
            manifest.write_text(MANIFEST.format(words=words))
        names = {"program": program, "words": words, "manifest": manifest, "folder": host.folder}
        return [word.format_map(names) for word in self.template]


UNCONFINED = Command(("{program}", "{words}"))


class Started:
    """A program at work, its end of everything closed on our side."""

    def __init__(self, command: Command, program: Path, host: Host, words: str) -> None:
        self._stack = ExitStack()
        self.peer, theirs = socket.socketpair()
        self.terminal = Terminal()
        self.errors = os.memfd_create("errors")
        self.reader, writer = os.pipe()
        os.set_blocking(self.reader, False)
        for close in (self.peer.close, self.terminal.close):
            self._stack.callback(close)
        for fd in (self.errors, self.reader):
            self._stack.callback(os.close, fd)
        with ExitStack() as held:
            held.callback(os.close, writer)
            held.enter_context(theirs)
            listener = held.enter_context(socket.socket())
            fds = {
                0: _open(held, Path("/dev/null")),
                OUTPUT: writer,
                STDERR: self.errors,
                TREE: _open(held, host.folder / "tree"),
                ROOM: _open(held, host.folder / "tree/room"),
                FILE: _open(held, host.folder / "tree/file"),
                LISTENER: listener.fileno(),
                PEER: theirs.fileno(),
                TERMINAL: self.terminal.slave,
                LEFT_OPEN: _open(held, host.folder / "outside/shared", os.O_RDWR),
            }
            self.pid = _spawn(command.words(program, host, words), fds, host.secret)
        self.pidfd = os.pidfd_open(self.pid)
        self._stack.callback(os.close, self.pidfd)

    def finish(self, seconds: float, look: Callable[[], None]) -> Run:
        """Read what it says until all is over.

        look: called when it holds all that it wants; afterwards it may go.
        """
        run, deadline = Run(), time.monotonic() + seconds
        is_armed = False
        while time.monotonic() < deadline:
            ready = select.select([self.reader, self.terminal.master], [], [], 0.5)[0]
            self.terminal.drain()
            data = _read(self.reader) if self.reader in ready else None
            if data == b"":
                break
            # The beginning and the end are what matters of a flood.
            run.output = run.output + (data or b"")
            if len(run.output) > KEPT_BYTES:
                run.output = run.output[: KEPT_BYTES // 2] + run.output[-KEPT_BYTES // 4 :]
            if not is_armed and b"\narmed\n" in run.output:
                is_armed = True
                look()
                self.peer.shutdown(socket.SHUT_RDWR)
        if select.select([self.pidfd], [], [], max(0, deadline - time.monotonic()))[0]:
            run.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            self.pid = 0
        run.errors = os.pread(self.errors, 65536, 0).decode(errors="replace")
        return run

    def close(self) -> None:
        if self.pid:
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        self._stack.close()


@dataclass
class Neighbour:
    """A program in another sandbox that holds the secret, and can be asked how it is."""

    command: Command
    program: Path
    host: Host
    started: Started | None = None

    @property
    def pid(self) -> int:
        return self._ensure()[1]

    def _ensure(self) -> tuple[Started, int]:
        if self.started is None:
            self.started = Started(self.command, self.program, self.host, "neighbour")
            self.started.peer.settimeout(60)
            self.started.peer.sendall(self.host.secret)
            assert self._answer() == b"y", "the neighbour does not start"
            self._guest = deepest(self.started.pid)
        return self.started, self._guest

    def _answer(self) -> bytes:
        assert self.started is not None
        try:
            self.started.peer.sendall(b"?")
            return self.started.peer.recv(1)
        except OSError:
            return b""

    def damage(self) -> set[str]:
        """Ask it; if it does not answer or is not itself, a new one takes its place."""
        self._ensure()
        if self._answer() == b"y":
            return set()
        self.close()
        return {"neighbour"}

    def close(self) -> None:
        if self.started is not None:
            self.started.close()
        self.started = None


@dataclass
class Place:
    """Where probes run one after the other: a host, and a neighbour there."""

    command: Command
    program: Path
    linux: Path
    host: Host

    def __post_init__(self) -> None:
        self.neighbour = Neighbour(self.command, self.program, self.host)

    def unconfined(self, name: str) -> tuple[Run, set[str]]:
        return self._run(UNCONFINED, self.linux, name, lambda: None)

    def confined(self, name: str) -> tuple[Run, set[str]]:
        harm: set[str] = set()
        run, effects = self._run(self.command, self.program, name, lambda: harm.update(self.look()))
        return run, effects | harm

    def look(self) -> set[str]:
        """While a program holds what it could get, others must do well, and new ones start."""
        start = time.monotonic()
        harm = self.neighbour.damage()
        fresh = Started(self.command, self.program, self.host, "nothing")
        try:
            run = fresh.finish(60, lambda: None)
        finally:
            fresh.close()
        if run.result != 0:
            harm.add("newcomer")
        if time.monotonic() - start > 20:
            harm.add("slow")
        return harm

    def _run(
        self, command: Command, program: Path, name: str, look: Callable[[], None]
    ) -> tuple[Run, set[str]]:
        words = f"{name} {self.host.words(self.neighbour.pid)}"
        started = Started(command, program, self.host, words)
        try:
            run = started.finish(60, look)
            effects = started.terminal.damage()
        finally:
            started.close()
        effects |= self.host.damage() | self.neighbour.damage()
        if self.host.secret in run.output:
            effects.add("secret")
        if run.status is None:
            effects.add("lingering")
        return run, effects

    def close(self) -> None:
        self.neighbour.close()


def deepest(pid: int) -> int:
    """The last of a chain of only children."""
    while children := Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        pid = int(children[-1])
    return pid


def _open(stack: ExitStack, path: Path, flags: int = os.O_RDONLY) -> int:
    fd = os.open(path, flags | os.O_CLOEXEC)
    stack.callback(os.close, fd)
    return fd


def _spawn(words: list[str], fds: dict[int, int], secret: bytes) -> int:
    """First out of the way: the numbers wanted are in use."""
    high = {to: fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 300) for to, fd in fds.items()}
    actions = [(os.POSIX_SPAWN_DUP2, fd, to) for to, fd in high.items()]
    environment = {"PATH": os.defpath, "SECRET": secret.decode()}
    try:
        return os.posix_spawnp(
            words[0], words, environment, file_actions=actions, setsigdef=(signal.SIGPIPE,)
        )
    finally:
        for fd in high.values():
            os.close(fd)


def _read(fd: int) -> bytes | None:
    try:
        return os.read(fd, 1 << 16)
    except BlockingIOError:
        return None
