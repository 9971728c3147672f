# SPDX-License-Identifier: BSD-2-Clause
"""What an attempt could do to a host, and canaries that tell whether it did."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import random
import secrets
import select
import socket
import struct
import subprocess
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from escape.tree import Tree

# Where the process and the neighbour have the secret; see probe.h.
SECRET_AT, SECRET_LEN = 0x20000000, 32

# Prints whether it has got signals, and its page, when it is asked to by a line.
PROCESS = f"""
import ctypes, os, signal, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
place = libc.mmap(ctypes.c_void_p({SECRET_AT}), 4096, 3, 0x32, -1, 0)
assert place == {SECRET_AT}
ctypes.memmove(place, os.environb[b'SECRET'], {SECRET_LEN})
hits = []
for number in signal.valid_signals() - {{signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}}:
    try:
        signal.signal(number, lambda number, frame: hits.append(number))
    except (OSError, ValueError):
        pass
print('ready', flush=True)
for line in sys.stdin:
    page = ctypes.string_at(place, {SECRET_LEN})
    ctypes.memmove(place, os.environb[b'SECRET'], {SECRET_LEN})
    print(len(hits), int(page != os.environb[b'SECRET']), flush=True)
    hits.clear()
"""


class Process:
    """An ordinary process of the same user, in a session of its own."""

    def __init__(self, secret: bytes) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", PROCESS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={"SECRET": secret.decode()},
            start_new_session=True,
        )
        assert self._line() == b"ready\n"

    def _line(self) -> bytes:
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def damage(self) -> set[str]:
        """Ask it; a signal from before has been seen by then."""
        assert self.process.stdin is not None
        self.process.stdin.write(b"?\n")
        self.process.stdin.flush()
        answer = self._line().split()
        assert len(answer) == 2, "the canary process has died"
        return {name for name, hit in zip(("signal", "memory"), answer, strict=True) if int(hit)}

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


class Terminal:
    """A pseudo terminal of which somebody is given the slave."""

    def __init__(self) -> None:
        self.master, self.slave = pty.openpty()
        os.set_blocking(self.master, False)
        tty.setraw(self.slave)
        self.before = self._settings()

    def _settings(self) -> tuple[object, ...]:
        size = fcntl.ioctl(self.slave, termios.TIOCGWINSZ, bytes(8))
        return termios.tcgetattr(self.slave), size

    def damage(self) -> set[str]:
        """Nobody types at it but an intruder. One that has hung up can tell nothing."""
        found = set()
        with contextlib.suppress(OSError, termios.error):
            unread = fcntl.ioctl(self.slave, termios.FIONREAD, bytes(4))
            if struct.unpack("i", unread) != (0,):
                found.add("typed")
            if self._settings() != self.before:
                found.add("terminal")
        return found

    def drain(self) -> None:
        with contextlib.suppress(OSError):
            while os.read(self.master, 65536):
                pass

    def close(self) -> None:
        os.close(self.master)
        os.close(self.slave)


@dataclass
class Host:
    """One set of canaries, for one run at a time.

    key: names objects of its own.
    """

    folder: Path
    secret: bytes = field(default_factory=lambda: secrets.token_hex(SECRET_LEN // 2).encode())
    key: int = field(default_factory=lambda: random.getrandbits(30) | 1)

    def __post_init__(self) -> None:
        self._stack = ExitStack()
        enter = self._stack.enter_context
        self.tree = Tree(self.folder, self.secret)
        for name in ("outside", "tree"):
            (self.folder / name).mkdir()
        self.tcp = enter(socket.create_server(("127.0.0.1", 0)))
        self.udp = enter(socket.socket(type=socket.SOCK_DGRAM))
        self.udp.bind(("127.0.0.1", 0))
        self.unix = enter(_listener(str(self.folder / "outside/socket")))
        self.abstract = enter(_listener(f"\0{self.key}"))
        enter(_listener(str(self.folder / "tree/socket")))
        self.tree.make()
        self.process = Process(self.secret)
        self._stack.callback(self.process.close)

    def close(self) -> None:
        self._stack.close()

    def words(self, neighbour: int) -> str:
        """The words for a probe, but for its name; see probe.h."""
        tcp, udp = self.tcp.getsockname()[1], self.udp.getsockname()[1]
        return f"{self.folder} {self.process.process.pid} {neighbour} {tcp} {udp} {self.key}"

    def damage(self) -> set[str]:
        """Name what was reached since the last call, and forget it."""
        found = self._mounts() | self.process.damage() | self.tree.changes()
        for name in ("tcp", "unix", "abstract"):
            if _was_reached(getattr(self, name)):
                found.add("network" if name == "tcp" else name)
        if select.select([self.udp], [], [], 0)[0]:
            self.udp.recv(100)
            found.add("udp")
        return found | self._objects()

    def _objects(self) -> set[str]:
        found = set()
        for kind, option in (("shm", "-M"), ("msg", "-Q"), ("sem", "-S")):
            table = Path(f"/proc/sysvipc/{kind}").read_text()
            if any(line.split()[0] == str(self.key) for line in table.splitlines()):
                subprocess.run(["ipcrm", option, str(self.key)], check=True)
                found.add("object")
        return found

    def _mounts(self) -> set[str]:
        found = set()
        for line in Path("/proc/self/mountinfo").read_text().splitlines():
            place = line.split()[4]
            if place.startswith(f"{self.folder}/"):
                subprocess.run(["umount", "-l", place], check=True)
                found.add("mounted")
        return found


def _listener(name: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(name)
    listener.listen()
    return listener


def _was_reached(listener: socket.socket) -> bool:
    found = False
    while select.select([listener], [], [], 0)[0]:
        listener.accept()[0].close()
        found = True
    return found


@contextlib.contextmanager
def hosted(folder: Path) -> Iterator[Host]:
    """Canaries in a new folder, and their end."""
    host = Host(folder)
    try:
        yield host
    finally:
        host.close()
