# SPDX-License-Identifier: BSD-2-Clause
"""What a broker that somebody has taken over can still do.

tests/broker/planted.c puts a mistake into the broker's own files: a guest tells it which system
calls to make. Each attempt works in such a broker without barriers, which shows what it is worth;
the host's canaries judge. The table says which barrier holds it, each of them alone.
"""

from __future__ import annotations

import errno
import os
import platform
import resource
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from broker_harness import STAT_GET, Grant, Guest, abi, fds_of, guest, opened
from escape.host import SECRET_AT, Host, hosted
from harness import ROOT, scratch
from kernels import numbers
from pybuild.runtime import write_host_calls

PLANTED_OP = 0x5EED
PLANTED = struct.Struct("<q6q")
WRAPPED = ("dir_serve", "landlock_enter", "seccomp_enter")
# Without any barrier, with one of the two, and as it is.
BARE, LANDLOCK, SECCOMP, BOTH = "bare", "landlock", "seccomp", "both"
AT_FDCWD = -100
READING = (abi.RIGHT_FD_READ | abi.RIGHT_FILE_OPEN | abi.RIGHT_FILE_READDIR,) * 2

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the numbers of the calls are those of x86_64"
)


@cache
def brokers() -> dict[str, Path]:
    """The broker with the mistake, under the names that say what it leaves out."""
    write_host_calls(scratch())
    program = scratch() / f"planted-{BOTH}"
    sources = [*(ROOT / "broker").glob("*.c"), ROOT / "argdata/argdata.c"]
    command = ["clang-16", "-std=c11", "-O1", "-static", "-Wall", "-Wextra", "-Werror"]
    command += ["-D_GNU_SOURCE", f"-I{ROOT}/abi/include", f"-I{ROOT}/argdata", f"-I{scratch()}"]
    command += [f"-Wl,--wrap={name}" for name in WRAPPED]
    sources.append(ROOT / "tests/broker/planted.c")
    subprocess.run([*command, "-o", program, *map(str, sources)], check=True)
    found = {BOTH: program}
    for name in (BARE, LANDLOCK, SECCOMP):
        found[name] = Path(shutil.copy(program, scratch() / f"planted-{name}"))
    return found


class KilledError(Exception):
    """The broker is no more: the kernel has ended it, or it is another program."""


class Taken:
    """A broker that does what it is told.

    pid: its own, as the host sees it. told: what came out of it.
    """

    def __init__(self, held: Guest, host: Host) -> None:
        self.pid, self.host, self.told = held.broker.pid, host, b""
        self._held = held
        self._arena = self._ask(-1, (), b"")[1]

    def call(self, number: int, *arguments: int | bytes) -> int:
        """Make a system call in the broker; bytes are put into its memory. Negative: an errno."""
        memory, words = b"", []
        for argument in arguments:
            words.append(self._arena + len(memory) if isinstance(argument, bytes) else argument)
            # Each at a place that is a multiple of 16.
            memory += argument + bytes(-len(argument) % 16) if isinstance(argument, bytes) else b""
        return self._ask(number, words, memory)[0]

    def address(self, offset: int) -> int:
        return self._arena + offset

    def _ask(self, number: int, words: tuple[int, ...] | list[int], memory: bytes) -> list[int]:
        signed = [word - (1 << 64) if word >= 1 << 63 else word for word in words]
        payload = PLANTED.pack(number, *signed, *[0] * (6 - len(words))) + memory
        try:
            reply = self._held.request(1, PLANTED_OP, payload)
        except (AssertionError, EOFError, ConnectionError):
            self._held.broker.wait(20)
            raise KilledError from None
        self.told += reply.data
        return [reply.base - (1 << 64) if reply.base >= 1 << 63 else reply.base, reply.inheriting]


@contextmanager
def taken(host: Host, which: str, processes: int = 1) -> Iterator[Taken]:
    """Start a broker that holds a tree for reading, and a room below it with all rights."""
    with ExitStack() as stack:
        tree, room = (stack.enter_context(opened(host.folder / p)) for p in ("tree", "tree/room"))
        held = stack.enter_context(
            guest(
                *(Grant(tree, *READING), Grant(room)),
                broker=brokers()[which],
                changes={"limits": {"processes": processes}},
                wrapper=("setpriv", "--no-new-privs"),
            )
        )
        assert held.error(1, STAT_GET, "file") == ("ENOTCAPABLE")
        yield Taken(held, host)


# What is tried.


def path(place: str, host: Host) -> bytes:
    return bytes(host.folder / place) + b"\0"


def how(flags: int, resolve: int = 0) -> bytes:
    """Struct open_how."""
    return struct.pack("<QQQ", flags, 0o600 if flags & os.O_CREAT else 0, resolve)


Attempt = Callable[[Callable[..., int], Taken, Host], object]


def open_at(place: str, flags: int) -> Attempt:
    """By the call that the broker itself uses, which its filter cannot judge."""

    def attempt(call: Callable[..., int], _taken: Taken, host: Host) -> object:
        return call("openat2", AT_FDCWD, path(place, host), how(flags), 24)

    return attempt


def read_at(place: str, first: str = "openat2") -> Attempt:
    def attempt(call: Callable[..., int], taken: Taken, host: Host) -> object:
        words = (path(place, host), how(os.O_RDONLY), 24)
        fd = call(first, AT_FDCWD, *(words if first == "openat2" else (words[0], os.O_RDONLY)))
        return call("read", fd, taken.address(0), 64)

    return attempt


def on_path(name: str, *arguments: int | bytes | str) -> Attempt:
    """A call; text is a path on the host."""

    def attempt(call: Callable[..., int], _taken: Taken, host: Host) -> object:
        words = (path(word, host) if isinstance(word, str) else word for word in arguments)
        return call(name, *words)

    return attempt


def execute(call: Callable[..., int], taken: Taken, host: Host) -> object:
    program, text, option = b"/bin/mkdir\0", path("outside/made", host), b"mkdir\0"
    at = taken.address(0)
    # Where bytes are put is known, as they come in order and aligned.
    after_vector = at + len(program) + 5 + 32
    vector = struct.pack("<QQQQ", after_vector, after_vector + 16, 0, 0)
    return call("execve", program, vector, at + 16 + 16, option, text)


def connect(family: int, kind: int, address: Callable[[Host], bytes]) -> Attempt:
    def attempt(call: Callable[..., int], _taken: Taken, host: Host) -> object:
        where = struct.pack("<H", family) + address(host)
        fd = call("socket", family, kind, 0)
        call("sendto", fd, b"x", 1, 0, where, len(where))
        return call("connect", fd, where, len(where))

    return attempt


def loopback(listener: socket.socket) -> bytes:
    return struct.pack(">H4s8x", listener.getsockname()[1], socket.inet_aton("127.0.0.1"))


def bind(call: Callable[..., int], taken: Taken, host: Host) -> object:
    """Of a pair, as for the names of directories, but in the file system."""
    call("socketpair", socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC, 0, bytes(8))
    fd = struct.unpack_from("<i", taken.told, len(taken.told) - 4096)[0]
    where = struct.pack("<H", socket.AF_UNIX) + path("outside/bound", host)
    return call("bind", fd, where, len(where))


def on_process(name: str, *arguments: int | bytes) -> Attempt:
    """A call that names an unconfined process by its number, which is its first argument."""

    def attempt(call: Callable[..., int], _taken: Taken, host: Host) -> object:
        return call(name, host.process.process.pid, *arguments)

    return attempt


def signal_by_descriptor(call: Callable[..., int], _taken: Taken, host: Host) -> object:
    fd = call("pidfd_open", host.process.process.pid, 0)
    return call("pidfd_send_signal", fd, 10, 0, 0)


def trace(call: Callable[..., int], _taken: Taken, host: Host) -> object:
    """PTRACE_SEIZE; the kernel shows who traces."""
    return call("ptrace", 0x4206, host.process.process.pid, 0, 0)


def write_memory(call: Callable[..., int], taken: Taken, host: Host) -> object:
    vectors = struct.pack("<QQQQ", taken.address(32), 4, SECRET_AT, 4) + b"harm"
    pid = host.process.process.pid
    return call("process_vm_writev", pid, vectors, 1, taken.address(16), 1, 0)


def read_memory(call: Callable[..., int], taken: Taken, host: Host) -> object:
    vectors = struct.pack("<QQQQ", taken.address(64), 32, SECRET_AT, 32)
    return call("process_vm_readv", host.process.process.pid, vectors, 1, taken.address(16), 1, 0)


def steal_descriptor(call: Callable[..., int], _taken: Taken, host: Host) -> object:
    return call("pidfd_getfd", call("pidfd_open", host.process.process.pid, 0), 0, 0)


def mount(call: Callable[..., int], _taken: Taken, host: Host) -> object:
    return call("mount", b"none\0", path("outside/folder", host), b"tmpfs\0", 0, 0)


def object_of_system_v(call: Callable[..., int], _taken: Taken, host: Host) -> object:
    return call("shmget", host.key, 4096, 0o1600)


@dataclass(frozen=True)
class Case:
    """One attempt.

    held_by: which barriers hold it, each alone. takes_root: an ordinary user is refused anyway.
    """

    attempt: Attempt
    held_by: frozenset[str]
    takes_root: bool = False


def case(attempt: Attempt, *held_by: str, takes_root: bool = False) -> Case:
    return Case(attempt, frozenset(held_by), takes_root)


WRITE = os.O_WRONLY
CASES = {
    # Paths outside what was granted, by calls that the broker needs.
    "read a file": case(read_at("outside/secret"), LANDLOCK),
    "truncate a file": case(open_at("outside/target", WRITE | os.O_TRUNC), LANDLOCK),
    "create a file": case(open_at("outside/new", WRITE | os.O_CREAT), LANDLOCK),
    "create a file where one may read": case(open_at("tree/new", WRITE | os.O_CREAT), LANDLOCK),
    "make a directory": case(on_path("mkdirat", AT_FDCWD, "outside/new", 0o700), LANDLOCK),
    "remove a file": case(on_path("unlinkat", AT_FDCWD, "outside/target", 0), LANDLOCK),
    "remove a directory": case(on_path("unlinkat", AT_FDCWD, "outside/folder", 0x200), LANDLOCK),
    "rename": case(
        on_path("renameat2", AT_FDCWD, "outside/target", AT_FDCWD, "outside/new", 0), LANDLOCK
    ),
    "move in": case(
        on_path("renameat2", AT_FDCWD, "outside/target", AT_FDCWD, "tree/room/new", 0), LANDLOCK
    ),
    "link in": case(
        on_path("linkat", AT_FDCWD, "outside/secret", AT_FDCWD, "tree/room/new", 0), LANDLOCK
    ),
    "link out": case(
        on_path("linkat", AT_FDCWD, "tree/room/file", AT_FDCWD, "outside/new", 0), LANDLOCK
    ),
    "symbolic link": case(on_path("symlinkat", b"x\0", AT_FDCWD, "outside/new"), LANDLOCK),
    "a socket's file": case(bind, LANDLOCK),
    # By others.
    "another call to open": case(read_at("outside/secret", "openat"), LANDLOCK, SECCOMP),
    "truncate by name": case(on_path("truncate", "outside/target", 0), LANDLOCK, SECCOMP),
    "make a FIFO": case(
        on_path("mknodat", AT_FDCWD, "outside/new", 0o010600, 0), LANDLOCK, SECCOMP
    ),
    "change a mode": case(on_path("fchmodat", AT_FDCWD, "outside/target", 0), SECCOMP),
    "change an owner": case(
        on_path("fchownat", AT_FDCWD, "outside/target", 7, 7, 0), SECCOMP, takes_root=True
    ),
    "extended attributes": case(
        on_path("setxattr", "outside/target", b"user.x\0", b"x", 1, 0), SECCOMP
    ),
    "another root": case(on_path("chroot", "outside"), SECCOMP, takes_root=True),
    "another directory": case(on_path("chdir", "outside"), SECCOMP),
    # Programs and processes.
    "execute": case(execute, LANDLOCK, SECCOMP),
    "fork": case(on_path("fork"), SECCOMP),
    "clone with a namespace": case(on_path("clone", 0x10000000, 0, 0, 0, 0), SECCOMP),
    "executable memory": case(on_path("mmap", 0, 4096, 7, 0x22, -1, 0), SECCOMP),
    "a file in memory": case(on_path("memfd_create", b"x\0", 0), SECCOMP),
    "a group of its own": case(on_path("setpgid", 0, 0), SECCOMP),
    # Sockets.
    "TCP": case(
        connect(socket.AF_INET, socket.SOCK_STREAM, lambda host: loopback(host.tcp)),
        *(LANDLOCK, SECCOMP),
    ),
    "UDP": case(
        connect(socket.AF_INET, socket.SOCK_DGRAM, lambda host: loopback(host.udp)), SECCOMP
    ),
    "a UNIX socket": case(
        connect(socket.AF_UNIX, socket.SOCK_STREAM, lambda host: path("outside/socket", host)),
        SECCOMP,
    ),
    "an abstract socket": case(
        connect(socket.AF_UNIX, socket.SOCK_STREAM, lambda host: b"\0%d" % host.key),
        *(LANDLOCK, SECCOMP),
    ),
    # Other processes.
    "trace": case(trace, LANDLOCK, SECCOMP),
    "write into memory": case(write_memory, LANDLOCK, SECCOMP),
    "read memory": case(read_memory, LANDLOCK, SECCOMP),
    "memory by its file": case(
        lambda call, _, host: call(
            "openat2",
            *(AT_FDCWD, b"/proc/%d/mem\0" % host.process.process.pid, how(os.O_RDWR), 24),
        ),
        LANDLOCK,
    ),
    "take a descriptor": case(steal_descriptor, LANDLOCK, SECCOMP),
    "a signal": case(on_process("kill", 10), SECCOMP),
    "a signal to a thread": case(
        lambda call, _, host: call("tgkill", *[host.process.process.pid] * 2, 10), SECCOMP
    ),
    "a signal with a value": case(
        on_process("rt_sigqueueinfo", 10, struct.pack("<iii", 10, 0, -1) + bytes(116)), SECCOMP
    ),
    "a signal by a descriptor": case(signal_by_descriptor, SECCOMP),
    "limits of another": case(
        on_process("prlimit64", resource.RLIMIT_NOFILE, struct.pack("<QQ", 99, 99), 0), SECCOMP
    ),
    "priority of another": case(
        lambda call, _, host: call("setpriority", 0, host.process.process.pid, 19), SECCOMP
    ),
    "processors of another": case(on_process("sched_setaffinity", 8, b"\1" + bytes(7)), SECCOMP),
    # The kernel at large.
    "a user namespace": case(on_path("unshare", 0x10000000), SECCOMP),
    "another namespace": case(on_path("unshare", 0x04000000), SECCOMP, takes_root=True),
    "a mount": case(mount, LANDLOCK, SECCOMP, takes_root=True),
    "System V memory": case(object_of_system_v, SECCOMP),
    "io_uring": case(on_path("io_uring_setup", 8, bytes(120)), SECCOMP),
}

# What neither barrier holds: Landlock does not know these, and the broker needs the calls.
KNOWN_GAPS = {
    "attributes of a file": on_path("statx", AT_FDCWD, "outside/secret", 0, 0x7FF, bytes(256)),
    "text of a link": on_path("readlinkat", AT_FDCWD, "outside/link", bytes(64), 64),
    "a reference to a file": open_at("outside/secret", os.O_PATH),
    "times of a file": on_path("utimensat", AT_FDCWD, "outside/target", bytes(32), 0),
}


# Sockets without peers and numbers of processes are good for nothing by themselves.
HARMLESS = ("socket:", "anon_inode:[pidfd]")


def condition(taken: Taken, host: Host) -> dict[str, object]:
    """What the kernel tells about the broker and the canary process."""
    own, other = Path(f"/proc/{taken.pid}"), host.process.process.pid
    limits = resource.prlimit(other, resource.RLIMIT_NOFILE)
    status = Path(f"/proc/{other}/status").read_text()
    return {
        "namespaces": [os.readlink(own / "ns" / name) for name in ("user", "uts", "mnt")],
        "root": (os.readlink(own / "root"), os.readlink(own / "cwd")),
        "children": (own / f"task/{taken.pid}/children").read_text(),
        "group": os.getpgid(taken.pid),
        "executable": [line for line in (own / "maps").read_text().splitlines() if " rwx" in line],
        "descriptors": sorted(
            kind for kind in fds_of(taken.pid).values() if not kind.startswith(HARMLESS)
        ),
        "other": (limits, os.getpriority(0, other), os.sched_getaffinity(other)),
        "tracer": next(line for line in status.splitlines() if line.startswith("TracerPid")),
    }


def restore(host: Host) -> None:
    other, hard = host.process.process.pid, resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(PermissionError):
        resource.prlimit(other, resource.RLIMIT_NOFILE, hard)
        os.setpriority(0, other, 0)
    os.sched_setaffinity(other, os.sched_getaffinity(0))


def outcome(attempt: Attempt, host: Host, which: str, processes: int = 1) -> set[str]:
    """Make an attempt and name what was reached, as seen from outside."""
    restore(host)
    assert host.damage() <= {"room"}
    with taken(host, which, processes) as broker:
        before = condition(broker, host)

        def call(name: str, *arguments: int | bytes) -> int:
            result = broker.call(numbers()[name], *arguments)
            if result < 0 and name == "openat2":
                raise PermissionError(-result, name)
            return result

        with suppress(KilledError, PermissionError):
            attempt(call, broker, host)
        found = host.damage()
        with suppress(FileNotFoundError, ProcessLookupError):
            after = condition(broker, host)
            found |= {key for key in before if before[key] != after[key]}
        if host.secret in broker.told:
            found.add("secret")
    return found


@pytest.fixture(name="host", scope="module")
def _host() -> Iterator[Host]:
    folder = scratch() / "takeover"
    folder.mkdir()
    with hosted(folder) as host:
        yield host


@pytest.mark.parametrize("name", CASES)
def test_what_is_held(name: str, host: Host) -> None:
    tried = CASES[name]
    if os.geteuid() == 0 or not tried.takes_root:
        assert outcome(tried.attempt, host, BARE), "proves nothing"
    for which in (LANDLOCK, SECCOMP):
        reached = outcome(tried.attempt, host, which)
        if which in tried.held_by:
            assert reached == set(), which
    assert outcome(tried.attempt, host, BOTH) == set()


# Where there may be several processes the broker also makes start blocks.
OF_SEVERAL = {"a file in memory": {"descriptors"}}


@pytest.mark.parametrize("name", CASES)
def test_where_there_may_be_several(name: str, host: Host) -> None:
    reached = outcome(CASES[name].attempt, host, BOTH, processes=2)
    assert reached == OF_SEVERAL.get(name, set())


def process_descriptors(pid: int) -> dict[int, int]:
    """Those that a process holds, and of which processes they are."""
    found = {}
    for number, kind in fds_of(pid).items():
        if kind == "anon_inode:[pidfd]":
            info = Path(f"/proc/{pid}/fdinfo/{number}").read_text()
            found[number] = int(info.split("\nPid:")[1].split()[0])
    return found


def spawner_socket(broker: Taken) -> int:
    """The broker's end, the first socket after what tells of signals; it hears no more from it."""
    kinds = {kind: number for number, kind in fds_of(broker.pid).items()}
    epoll, signals = kinds["anon_inode:[eventpoll]"], kinds["anon_inode:[signalfd]"]
    sockets = (number for kind, number in kinds.items() if kind.startswith("socket:"))
    found = min(number for number in sockets if number > signals)
    assert broker.call(numbers()["epoll_ctl"], epoll, 2, found, 0) == 0
    return found


def ask_spawner(broker: Taken, sock: int, pid: int) -> int:
    """Ask for somebody's process descriptor, which stays in the broker if it comes.

    Returns of whom the spawner has spoken.
    """
    request = struct.pack("<IIi4x", 0, 0, pid)
    vectors = [struct.pack("<QQ", broker.address(80), length) for length in (12, 8)]
    header = struct.pack("<QIIQQQQQ8x", 0, 0, 0, broker.address(64), 1, 0, 0, 0)
    assert broker.call(numbers()["sendmsg"], sock, header + vectors[0] + request, 0x4000) == 12
    room = (broker.address(64), 1, broker.address(96), 24, 0)
    header = struct.pack("<QIIQQQQQ8x", 0, 0, 0, *room)
    told = len(broker.told)
    assert broker.call(numbers()["recvmsg"], sock, header + vectors[1] + bytes(64), 0) == 8
    return int.from_bytes(broker.told[told + 84 : told + 88], "little", signed=True)


def test_the_spawner_opens_only_what_is_of_the_run(host: Host) -> None:
    """So that the broker, which may signal what it has a descriptor of, can signal no others."""
    with taken(host, BOTH, processes=2) as broker:
        (own,) = process_descriptors(broker.pid).values()
        sock = spawner_socket(broker)
        for other in (host.process.process.pid, os.getpid(), 1, broker.pid, 0, -1):
            assert ask_spawner(broker, sock, other) == other
            assert list(process_descriptors(broker.pid).values()) == [own]
        assert ask_spawner(broker, sock, own) == own
        assert list(process_descriptors(broker.pid).values()) == [own, own]


@pytest.mark.parametrize("which", [SECCOMP, BOTH])
def test_the_launcher_is_not_signalled_in_the_place_of_the_guest(which: str, host: Host) -> None:
    """The filter knows the guest by a number of the broker's, which nothing else can get."""
    close, fcntl, f_dupfd_cloexec = numbers()["close"], numbers()["fcntl"], 1030
    with taken(host, which) as broker:
        held = process_descriptors(broker.pid)
        launcher = next(number for number, pid in held.items() if pid == os.getpid())
        (guests,) = held.keys() - {launcher}
        assert broker.call(close, guests) == 0
        assert broker.call(fcntl, launcher, f_dupfd_cloexec, guests) == -errno.EINVAL
        while (copy := broker.call(fcntl, launcher, f_dupfd_cloexec, guests - 9)) >= 0:
            assert copy < guests
        assert copy == -errno.EMFILE
        assert guests not in process_descriptors(broker.pid)
        assert broker.call(numbers()["pidfd_send_signal"], guests, 9, 0, 0) == -errno.EBADF


@pytest.mark.parametrize("name", KNOWN_GAPS)
def test_what_is_not_held(name: str, host: Host) -> None:
    """docs/security.md says so; who closes a gap moves it up."""
    results = []
    with taken(host, BOTH) as broker:

        def call(name: str, *arguments: int | bytes) -> int:
            results.append(broker.call(numbers()[name], *arguments))
            return results[-1]

        KNOWN_GAPS[name](call, broker, host)
    assert results[-1] >= 0
    assert host.damage() <= {"outside"}
