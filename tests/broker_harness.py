# SPDX-License-Identifier: BSD-2-Clause
"""Runs the real broker with a guest that makes any system call a test asks for.

The guest is tests/broker/guest.c in place of the runtime: no filter, no Landlock, so it can do
whatever a hostile program could, and more. Its descriptor 0 is a socket to the test.
"""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import socket
import struct
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from cloudabi.argdata import Fd, decode, encode
from harness import ROOT, scratch

BROKER = Path(
    os.environ.get("CLOUDABI_BROKER", ROOT / "dist/host/libexec/cloudabi/cloudabi-broker")
)


def _load_abi() -> ModuleType:
    """The constants, without the package around them, which wants a newer Python."""
    spec = importlib.util.spec_from_file_location("_abi", ROOT / "Lib/cloudabi/_abi.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


abi: Any = _load_abi()
ERRORS = {value: name for name, value in vars(abi).items() if re.match("E(?!VENT)", name) and value}
ALL = (1 << 64) - 1

# What tests ask for all the time.
DIRECTORY = abi.MAX_BASE_DIRECTORY
INHERITING = abi.MAX_INHERITING_DIRECTORY
FILE = abi.MAX_BASE_REGULAR_FILE
READ = abi.RIGHT_FD_READ
WRITE = abi.RIGHT_FD_WRITE
FOLLOW = abi.LOOKUP_SYMLINK_FOLLOW

# Root lends its place to somebody without any privileges.
USER = os.geteuid() or 65534
AS_USER = (
    () if os.geteuid() else ("setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups")
)

OPEN, CREATE_DIRECTORY, LINK, RENAME, READDIR, READLINK, STAT_FGET, STAT_FPUT = range(1, 9)
STAT_GET, STAT_PUT, SYMLINK, UNLINK, SYNC, CLONE, TICKET = range(9, 16)

REQUEST = struct.Struct("<IIHHHBBQQQQQ16sIIII")
REPLY = struct.Struct("<IIQQII")
FILESTAT = struct.Struct("<QQB3xIQQQQ")
DIRENT = struct.Struct("<QQIB3x")
COMMAND = struct.Struct("<q6qQqQq")
HELLO = struct.Struct("<QqQQ")
NAME = struct.Struct("<24sQQ16s")
START_BLOCK = struct.Struct("<QIIQIIII")
START_FD = struct.Struct("<QQBxH4x")


def argdata(value: Any) -> bytes:
    """A message in which descriptors are their own numbers, as in a spec."""
    return encode(value, literal=True)[0]


# the broker


@dataclass(frozen=True)
class Grant:
    """A descriptor for the guest, as the launcher would describe it."""

    fd: int
    base: int = abi.RIGHTS_ALL
    inheriting: int = abi.RIGHTS_ALL
    name: str = "args.x"

    def described(self) -> dict[str, object]:
        return {
            "fd": Fd(self.fd),
            "name": self.name,
            "rights": self.base,
            "inheriting": self.inheriting,
        }


@cache
def compiled(name: str) -> Path:
    """A program from tests/broker."""
    program = scratch() / name
    command = ["clang-16", "-static", "-O1", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE"]
    source = ROOT / "tests" / "broker" / f"{name}.c"
    subprocess.run([*command, "-o", str(program), str(source)], check=True)
    program.chmod(0o755)
    return program


def guest_program() -> Path:
    """What stands in for the runtime, and for the program as well."""
    return compiled("guest")


def memory_file(content: bytes) -> int:
    fd = os.memfd_create("spec")
    os.write(fd, content)
    return fd


class Broker(subprocess.Popen[str]):
    """A broker, and the launcher's end of the socket to which it reports."""

    def __init__(self, spec: Mapping[Any, object] | bytes, fds: Sequence[int], **options: Any):
        """Start it on a spec, to which its launcher is added, or on bytes that may be no spec.

        fds: what it inherits, under their own numbers. options: `broker` is another one than the
            real one, `wrapper` what goes in front of it, and the rest is for the process.
        """
        self.reports, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        launched = {"launcher": os.getpid(), "report": Fd(theirs.fileno())}
        if not isinstance(spec, bytes):
            spec = argdata(_without_ellipses(launched | dict(spec)))
        fd = memory_file(spec)
        super().__init__(
            [*options.pop("wrapper", ()), options.pop("broker", BROKER), str(fd)],
            pass_fds=(fd, theirs.fileno(), *fds),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env={},
            **options,
        )
        os.close(fd)
        theirs.close()

    def __exit__(self, *exception: Any) -> None:
        super().__exit__(*exception)
        self.reports.close()

    def record(self) -> dict[str, Any] | None:
        """The next record; None after the last one."""
        packet = self.reports.recv(1 << 16)
        if not packet:
            return None
        record: Any = decode(packet)
        assert isinstance(record, dict) and len(record) == 1
        return record

    def records(self, timeout: float = 20) -> list[dict[str, Any]]:
        """All records up to the end."""
        self.reports.settimeout(timeout)
        return list(iter(self.record, None))

    def finish(self, timeout: float = 20) -> tuple[int, str]:
        """Wait for the end; returns the status, and what there is to say about it."""
        records = self.records(timeout)
        _, message = self.communicate(timeout=20)
        ended = records[-1]["ended"] if records else {"kind": "exited"}
        return self.returncode, message + describe(ended)


def _without_ellipses(spec: dict[Any, object]) -> dict[Any, object]:
    return {key: value for key, value in spec.items() if value is not ...}


def describe(ended: Mapping[str, Any]) -> str:
    """The end of a program in words; "" if it just returned."""
    match ended["kind"]:
        case "signal":
            name = signal.strsignal(ended["signal"])
            return f"killed by signal {ended['signal']} ({name})"
        case "policy":
            return f"the sandbox refuses {ended['call'] or 'a call'} ({ended['number']})"
        case "limit":
            return f"reached its limit of {ended['limit']}"
        case "failed":
            assert isinstance(ended["message"], str)
            return ended["message"]
    return ""


def run_broker(
    spec: Mapping[Any, object] | bytes, fds: Sequence[int] = (), **options: Any
) -> tuple[int, str]:
    """Run the broker to its end; returns its status and what it said."""
    with Broker(spec, fds, **options) as broker:
        return broker.finish()


@contextmanager
def opened(path: Path | str, flags: int = os.O_RDONLY) -> Iterator[int]:
    fd = os.open(path, flags | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def spec_of(runtime: int, grants: Sequence[Grant]) -> dict[str, object]:
    """A spec in which the program does not matter."""
    return {
        "runtime": Fd(runtime),
        "program": Fd(runtime),
        "argdata": b"",
        "descriptors": [grant.described() for grant in grants],
    }


def run_spec(
    grants: Sequence[Grant],
    changes: Mapping[Any, object] = MappingProxyType({}),
    inherited: Sequence[int] | None = None,
    **options: Any,
) -> tuple[int, str]:
    """Run a spec with a guest that is not spoken to.

    changes: further keys of the spec, or other values; ... takes a key away.
    inherited: which descriptors the broker gets; by default those of the grants.
    """
    if inherited is None:
        inherited = [grant.fd for grant in grants]
    with opened(guest_program()) as runtime:
        spec = spec_of(runtime, grants) | dict(changes)
        return run_broker(spec, (runtime, *inherited), **options)


# the guest


@dataclass(frozen=True)
class Reply:
    """An answer of the broker, with the guest's number of the descriptor that came with it."""

    error: str
    filetype: int
    base: int
    inheriting: int
    data: bytes
    fd: int


class Syscall:
    """Numbers on x86_64."""

    READ, WRITE, CLOSE, PREAD = 0, 1, 3, 17
    SENDMSG, RECVMSG, FCNTL, FTRUNCATE, MMAP = 46, 47, 72, 77, 9
    GETPEERNAME, SOCKETPAIR = 52, 53
    GETPID, GETSID, EXIT_GROUP, PERSONALITY = 39, 124, 231, 135
    DUP = 32
    # Of the guest's own: processes and threads.
    LEAVE_CHILD, BURN, SLEEP, FLOOD, MAKE_CHILD = -2, -3, -4, -5, -6
    # One of i686.
    OTHER = -7


class Guest:
    """The guest process, seen from the test."""

    def __init__(self, control: socket.socket, broker: Broker) -> None:
        self.control = control
        self.broker = broker
        control.settimeout(20)
        hello = control.recv(1 << 16)
        if not hello:
            raise EOFError(broker.finish()[1])
        self.arena, self.argc, self.argv, self.environment = HELLO.unpack(hello)
        self.pid = self.call(Syscall.GETPID)

    def peek(self, address: int, length: int) -> bytes:
        return self._command(-1, (), 0, b"", address, length)[1]

    def peek_text(self, vector: int, index: int) -> str:
        """One of the strings that a vector of pointers refers to."""
        address = int.from_bytes(self.peek(vector + 8 * index, 8), "little")
        return self.peek(address, 17).split(b"\0")[0].decode()

    def call(self, number: int, *arguments: int | bytes) -> int:
        """Make a system call; bytes are put into the guest's memory. Negative: an errno."""
        memory, words = b"", []
        for argument in arguments:
            words.append(self.arena + len(memory) if isinstance(argument, bytes) else argument)
            memory += argument if isinstance(argument, bytes) else b""
        return self._command(number, words, self.arena, memory, 0, 0)[0]

    def read(self, fd: int, length: int = 4096) -> bytes | int:
        words = (fd, self.arena, length)
        count, data = self._command(Syscall.READ, words, 0, b"", self.arena, length)
        return data[:count] if count >= 0 else count

    def pread(self, fd: int, length: int) -> bytes:
        words = (fd, self.arena, length, 0)
        count, data = self._command(Syscall.PREAD, words, 0, b"", self.arena, length)
        return data[:count]

    def peer_name(self, fd: int) -> bytes:
        """What getpeername() says after the address family."""
        at, length = self.arena, 128
        memory = bytes(length) + length.to_bytes(4, "little")
        words = (fd, at, at + length)
        _, found = self._command(Syscall.GETPEERNAME, words, at, memory, at, len(memory))
        return found[2 : int.from_bytes(found[length:], "little")]

    def _command(
        self, number: int, words: Sequence[int], to: int, memory: bytes, source: int, length: int
    ) -> tuple[int, bytes]:
        words = [*words, *[0] * (6 - len(words))]
        header = COMMAND.pack(number, *words, to, len(memory), source, length)
        try:
            self.control.send(header + memory)
            answer = self.control.recv(1 << 17)
        except (BrokenPipeError, ConnectionResetError):  # the end, with our command unread
            answer = b""
        if not answer:
            raise EOFError("the guest has ended")
        return int.from_bytes(answer[:8], "little", signed=True), answer[8:]

    # requests

    def send(self, fd: int, frame: bytes) -> int:
        return self.call(Syscall.WRITE, fd, frame, len(frame))

    def send_with_fd(self, fd: int, frame: bytes, attached: int) -> int:
        """Send a frame with a descriptor, which no honest runtime does."""
        at = self.arena
        control = struct.pack("<QiiiI", 20, socket.SOL_SOCKET, socket.SCM_RIGHTS, attached, 0)
        header = struct.pack("<QIIQQQQQ", 0, 0, 0, at + 56, 1, at + 72, len(control), 0)
        vector = struct.pack("<QQ", at + 72 + len(control), len(frame))
        return self.call(Syscall.SENDMSG, fd, header + vector + control + frame, 0)

    def receive(self, fd: int) -> Reply | int:
        """Receive a reply and the descriptor that may come with it; negative: an errno."""
        at, size = self.arena, 40000
        header = struct.pack("<QIIQQQQQ", 0, 0, 0, at + 56, 1, at + 72, 24, 0)
        vector = struct.pack("<QQ", at + 96, size)
        count, memory = self._command(
            Syscall.RECVMSG, (fd, at, 0), at, header + vector + bytes(24), at, 96 + size
        )
        if count <= 0:
            return count
        has_fd = struct.unpack_from("<Q", memory, 40)[0] != 0
        received = struct.unpack_from("<i", memory, 88)[0] if has_fd else -1
        return parse_reply(memory[96 : 96 + count], received)

    def request(self, fd: int, op: int, *paths: str | bytes, **fields: Any) -> Reply:
        """Make a request as the runtime would."""
        assert self.send(fd, frame(op, *paths, **fields)) > 0
        reply = self.receive(fd)
        assert isinstance(reply, Reply), reply
        return reply

    def error(self, fd: int, op: int, *paths: str | bytes, **fields: Any) -> str:
        """The error of a request, "" if there is none; a descriptor is closed again."""
        reply = self.request(fd, op, *paths, **fields)
        if reply.fd != -1:
            self.call(Syscall.CLOSE, reply.fd)
        return reply.error

    def open(
        self, fd: int, path: str | bytes, base: int, inheriting: int = 0, **fields: Any
    ) -> Reply:
        """Open with these very rights."""
        rights = {"rights_base": base, "rights_inheriting": inheriting}
        return self.request(fd, OPEN, path, **rights, **fields)

    def stat(self, fd: int, path: str | bytes, **fields: Any) -> tuple[int, ...]:
        reply = self.request(fd, STAT_GET, path, **fields)
        assert reply.error == "", reply.error
        return FILESTAT.unpack(reply.data)

    def ticket(self, fd: int) -> bytes:
        return self.request(fd, TICKET).data

    def names(self, fd: int, data_len: int = 32768) -> list[str]:
        """All names in a directory, asked for in pieces."""
        found: list[str] = []
        cookie = 0
        while True:
            data = self.request(fd, READDIR, cookie=cookie, data_len=data_len).data
            for record in dirents(data):
                found.append(record.name)
                cookie = record.next
            if len(data) < data_len:
                return found

    # the end

    def fds(self) -> dict[int, str]:
        """The guest's descriptors, seen from outside."""
        return fds_of(self.pid)

    def exit(self, status: int) -> tuple[int, str]:
        """Let the guest end; returns the broker's status and message."""
        with suppress(EOFError, ConnectionError):
            self.call(Syscall.EXIT_GROUP, status)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        return self.broker.finish()


@dataclass(frozen=True)
class Dirent:
    next: int
    inode: int
    type: int
    name: str


def dirents(data: bytes) -> Iterator[Dirent]:
    """The complete records in a buffer."""
    at = 0
    while at + DIRENT.size <= len(data):
        following, inode, length, kind = DIRENT.unpack_from(data, at)
        at += DIRENT.size
        if at + length > len(data):
            return
        yield Dirent(following, inode, kind, os.fsdecode(data[at : at + length]))
        at += length


def frame(op: int, path1: str | bytes = b"", path2: str | bytes = b"", **fields: Any) -> bytes:
    """A request; fields are those of struct broker_request."""
    path1, path2 = os.fsencode(path1), os.fsencode(path2)
    head = {
        "op": op,
        "lookup_flags": 0,
        "oflags": 0,
        "fdflags": 0,
        "fsflags": 0,
        "ulflags": 0,
        "padding": 0,
        "rights_base": 0,
        "rights_inheriting": 0,
        "cookie": 0,
        "atim": 0,
        "mtim": 0,
        "ticket": bytes(16),
        "data_len": 0,
        "path1_len": len(path1),
        "path2_len": len(path2),
        "thread": 0,
    }
    assert not fields.keys() - head.keys()
    return REQUEST.pack(*(head | fields).values()) + path1 + path2


def parse_reply(data: bytes, fd: int) -> Reply:
    error, filetype, base, inheriting, data_len, padding = REPLY.unpack_from(data)
    assert padding == 0
    assert len(data) == REPLY.size + data_len
    return Reply(ERRORS[error] if error else "", filetype, base, inheriting, data[REPLY.size :], fd)


def fds_of(pid: int) -> dict[int, str]:
    """The descriptors of a process and what they are."""
    found = {}
    for entry in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            found[int(entry.name)] = os.readlink(entry)
    return found


@contextmanager
def guest(
    *grants: Grant,
    changes: Mapping[str, object] = MappingProxyType({}),
    inherited: Sequence[int] = (),
    **options: Any,
) -> Iterator[Guest]:
    """Start the broker and a guest with these descriptors, from number 1 on.

    changes: further keys of the spec, or other values.
    inherited: what the broker gets beyond the descriptors of the grants.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, opened(guest_program()) as runtime:
        grants = (Grant(theirs.fileno(), name="control"), *grants)
        spec = spec_of(runtime, grants) | dict(changes)
        fds = {runtime, *(grant.fd for grant in grants), *inherited}
        broker = Broker(spec, tuple(fds), **options)
        theirs.close()
        with broker:
            try:
                yield Guest(ours, broker)
            finally:
                broker.kill()


@contextmanager
def guest_in(
    *directories: Path, base: int = abi.RIGHTS_ALL, inheriting: int = abi.RIGHTS_ALL
) -> Iterator[Guest]:
    """A guest that holds these directories, from descriptor 1 on, with the same rights."""
    fds = [os.open(directory, os.O_PATH | os.O_DIRECTORY) for directory in directories]
    try:
        with guest(*(Grant(fd, base, inheriting) for fd in fds)) as started:
            yield started
    finally:
        for fd in fds:
            os.close(fd)


def start_block(held: Guest) -> tuple[tuple[int, ...], list[tuple[int, ...]], bytes]:
    """The guest's start block: head, one record for each descriptor, argdata."""
    at = int(held.peek_text(held.argv, 1))
    whole = held.pread(at, 1 << 16)
    head = START_BLOCK.unpack_from(whole)
    fds = [START_FD.unpack_from(whole, START_BLOCK.size + 24 * i) for i in range(head[2])]
    return head, fds, whole[START_BLOCK.size + 24 * head[2] :]


def make_tree(root: Path) -> Path:
    """A directory to hold: a file, and another one below a directory."""
    (root / "sub").mkdir(parents=True)
    (root / "file").write_text("content")
    (root / "sub" / "inner").write_text("inside")
    return root
