# SPDX-License-Identifier: BSD-2-Clause
"""Runs programs of tests/c in the runtime: under the broker, or alone with descriptors of ours."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from broker_harness import Broker, Grant, abi, argdata
from cloudabi.argdata import Fd
from harness import ROOT, scratch
from machines import X86_64, Machine

PROGRAMS = ROOT / "tests" / "c"
RUNTIME = Path(os.environ.get("CLOUDABI_RUNTIME", X86_64.runtime))
# What is linked to every program.
SUPPORT = ("start", "support", "support_files")
# struct start_block, struct start_fd, struct start_result
MAGIC = 0x636C6F7564303031
BLOCK = struct.Struct("<QIIQIIII")
START_FD = struct.Struct("<QQBxH4x")
RESULT = struct.Struct("<II120s")
ALLOW_SENDMSG, NO_LANDLOCK, NO_MEMORY_FILES, EMULATED = 1, 2, 4, 8
NO_NOTES = 0xFFFFFFFF
BEGUN = b"\0"  # what an emulated runtime says
STAGE_BLOCK, STAGE_CONFINE, STAGE_ELF, STAGE_MEMORY = 1, 2, 3, 4


@cache
def _supports(machine: Machine) -> tuple[str, ...]:
    """The objects of SUPPORT, compiled once per session."""
    objects = []
    for name in SUPPORT:
        objects.append(str(scratch() / f"{name}-{machine.arch}.o"))
        source = str(PROGRAMS / f"{name}.c")
        subprocess.run([*machine.compile, "-c", "-o", objects[-1], source], check=True)
    return tuple(objects)


@cache
def compiled(name: str, *options: str, machine: Machine = X86_64) -> Path:
    """A program of tests/c, compiled once per session."""
    program = scratch() / "-".join(["runtime", machine.arch, name, *options]).replace("/", "_")
    sources = [str(PROGRAMS / f"{name}.c"), *_supports(machine), machine.builtins]
    subprocess.run([*machine.compile, *options, "-o", str(program), *sources], check=True)
    return program


@dataclass(frozen=True)
class Outcome:
    status: int
    output: str
    message: str


@contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    fd = os.open(path, flags | os.O_CLOEXEC)
    try:
        yield fd
    finally:
        os.close(fd)


def run_program(
    name: str,
    folder: Path,
    machine: Machine = X86_64,
    argument: str = "every case",
    seconds: int = 120,
    *,
    processes: int = 1,
    traces: bool = False,
    on_echo: Callable[[Broker], None] = lambda _: None,
) -> Outcome:
    """Run a program with the descriptors of tests/c/test.h, the broker's own among them.

    seconds: after which the broker ends it. processes: how many the program may have. on_echo: is
    called before what the program has sent comes back.
    """
    started: Future[Broker] = Future()
    tree = _make_tree(folder)
    with ExitStack() as stack:
        echo = stack.enter_context(_echo(lambda: on_echo(started.result(20))))
        listener = stack.enter_context(_listener())
        elsewhere = stack.enter_context(TemporaryDirectory(dir="/dev/shm"))
        output_reader, output_writer = os.pipe()
        stack.callback(os.close, output_reader)
        held = [
            output_writer,
            stack.enter_context(opened(tree, os.O_PATH | os.O_DIRECTORY)),
            stack.enter_context(opened(_digits(folder / "a"), os.O_RDWR)),
            stack.enter_context(opened(_digits(folder / "b"), os.O_RDONLY)),
            echo.fileno(),
            listener.fileno(),
            stack.enter_context(opened(Path(elsewhere), os.O_PATH | os.O_DIRECTORY)),
            stack.enter_context(opened(Path("/dev/full"), os.O_RDWR)),
        ]
        path = RUNTIME if machine == X86_64 else machine.runtime
        runtime = stack.enter_context(opened(path, os.O_RDONLY))
        program = stack.enter_context(opened(compiled(name, machine=machine), os.O_RDONLY))
        held.append(stack.enter_context(opened(compiled(name, machine=machine), os.O_RDONLY)))
        spec = {
            "runtime": Fd(runtime),
            "program": Fd(program),
            "argdata": argdata(argument),
            "descriptors": [Grant(fd).described() for fd in held],
            "limits": {"wall": seconds * 10**9, "processes": processes},
            "traces": traces,
        }
        passed = [runtime, program, *held]
        if machine.is_emulated:
            passed.append(stack.enter_context(opened(machine.emulator, os.O_RDONLY)))
            spec["emulator"] = Fd(passed[-1])
        with Broker(spec, tuple(passed)) as broker:
            started.set_result(broker)
            os.close(output_writer)
            echo.close()
            output = b""
            while data := os.read(output_reader, 65536):
                output += data
            status, message = broker.finish(seconds)
            return Outcome(status, output.decode(), message)


def _make_tree(folder: Path) -> Path:
    tree = folder / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "file").write_text("content")
    (tree / "link").symlink_to("file")
    os.mkfifo(tree / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tree / "socket"))
    # An executable file that is no program.
    (tree / "script").write_text("#!/bin/sh\n")
    (tree / "script").chmod(0o755)
    return tree


def _digits(path: Path) -> Path:
    path.write_text("0123456789")
    return path


@contextmanager
def _echo(hook: Callable[[], None]) -> Iterator[socket.socket]:
    """A socket whose other end sends back what it gets."""
    ours, theirs = socket.socketpair()

    def serve() -> None:
        with suppress(ConnectionError):  # what was killed has not read everything
            try:
                while data := ours.recv(4096):
                    hook()
                    ours.sendall(data)
            finally:
                ours.shutdown(socket.SHUT_RDWR)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield theirs
    finally:
        theirs.close()
        ours.shutdown(socket.SHUT_RDWR)
        thread.join()
        ours.close()


@contextmanager
def _listener() -> Iterator[socket.socket]:
    """A listening socket for which a client with a greeting is waiting."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        client.sendall(b"hi")
        yield server


# the runtime without the broker


@dataclass(frozen=True)
class Refusal:
    stage: int
    host_errno: int
    message: str


@dataclass(frozen=True)
class Held:
    """A descriptor for a program, and how the start block describes it."""

    fd: int
    filetype: int
    base: int = abi.RIGHTS_ALL
    inheriting: int = abi.RIGHTS_ALL


def start_block(
    held: Sequence[Held],
    data: bytes = b"",
    flags: int = 0,
    *,
    traced: bool = False,
    threads_max: int = 0,
) -> bytes:
    notes_fd = len(held) + 3 if traced else NO_NOTES
    header = BLOCK.pack(MAGIC, flags, len(held), len(data), 2, notes_fd, threads_max, 0)
    fds = [
        START_FD.pack(item.base, item.inheriting, item.filetype, 1 + number)
        for number, item in enumerate(held)
    ]
    return header + b"".join(fds) + data


@contextmanager
def memory_file(content: bytes) -> Iterator[int]:
    fd = os.memfd_create("test")
    try:
        os.write(fd, content)
        yield fd
    finally:
        os.close(fd)


@dataclass
class Alone:
    """A runtime that was started by the test itself."""

    pid: int
    results: socket.socket
    status: int | None = None
    listener: list[int] = field(default_factory=list)  # of its filter, until the end

    def refusal(self) -> Refusal | None:
        """What the runtime says when it gives up; None once the program runs."""
        data, listener, *_ = socket.recv_fds(self.results, 4096, 1)
        self.listener += listener
        if listener or data == BEGUN:
            return self.refusal()
        if not data:
            return None
        stage, host_errno, message = RESULT.unpack(data)
        return Refusal(stage, host_errno, message.split(b"\0")[0].decode("ascii"))

    def wait(self) -> int:
        """The exit status, or the negative number of a signal."""
        if self.status is None:
            self.status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.status


@contextmanager
def started_alone(
    program: int,
    held: Sequence[Held] = (),
    block: bytes | None = None,
    arguments: Sequence[str] | None = None,
    wrapper: Sequence[str] = (),
    notes: socket.socket | None = None,
    machine: Machine = X86_64,
) -> Iterator[Alone]:
    """Start the runtime on a program's descriptor, with this start block or the fitting one.

    notes: what takes the program's notes, if the start block says that it is traced.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.settimeout(60)
    with ours, theirs, memory_file(start_block(held) if block is None else block) as block_fd:
        fds = [*(item.fd for item in held), block_fd, program, theirs.fileno()]
        fds += [] if notes is None else [notes.fileno()]
        # First out of the way: the numbers wanted are in use.
        high = [os.dup2(fd, 200 + i, inheritable=False) for i, fd in enumerate(fds)]
        actions = [(os.POSIX_SPAWN_DUP2, fd, i) for i, fd in enumerate(high)]
        runtime = [*machine.target.runner, str(RUNTIME if machine == X86_64 else machine.runtime)]
        words = [*runtime, *([str(len(held))] if arguments is None else arguments)]
        command = [*wrapper, *words]
        pid = os.posix_spawnp(
            command[0], command, {}, file_actions=actions, setsigdef=(signal.SIGINT,)
        )
        for fd in high:
            os.close(fd)
        theirs.close()
        alone = Alone(pid, ours)
        try:
            yield alone
        finally:
            if alone.status is None:
                os.kill(pid, signal.SIGKILL)
                alone.wait()
            for fd in alone.listener:
                os.close(fd)
