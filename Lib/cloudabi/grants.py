# SPDX-License-Identifier: BSD-2-Clause
"""What a program can be given, as objects: the counterparts of a manifest's tags and limits."""

from __future__ import annotations

import os
import stat

from cloudabi import resources
from cloudabi._quantities import BYTES, COUNT, TIME, amount
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi.errors import CloudabiError, Problem
from cloudabi.resources import ALL, MODES, READ

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Literal, Protocol, TypeAlias, TypedDict, Unpack

    class HasFileno(Protocol):
        """A file, a socket, or anything else with a descriptor."""

        def fileno(self) -> int:
            """Return the descriptor."""

    FileMode: TypeAlias = Literal["read", "write", "append", "create", "exec"]
    DirectoryMode: TypeAlias = Literal["read", "write", "exec"]
    SocketType: TypeAlias = Literal["stream", "dgram", "seqpacket"]
    Path: TypeAlias = "str | os.PathLike[str]"
    Size: TypeAlias = "int | str | None"
    Time: TypeAlias = "int | float | str | None"

    class Amounts(TypedDict, total=False):
        """What limits can be given as; see Limits."""

        memory: Size
        cpu: Time
        wall: Time
        threads: int | None
        files: int | None
        processes: int | None
        output: Size
        disk: Size


_DIRECTORY_MODES = [name for name, access in MODES.items() if access.directory is not None]
_SOCKET_TYPES = ("stream", "dgram", "seqpacket")
_BACKLOG = 128
_PORT_MAX = 65535
_UNIX_PATH_MAX = 107  # bytes in sun_path, but for the terminator


class GrantError(CloudabiError):
    """What is to be granted does not exist, or cannot be had."""


class Grant(Record):
    """Base of what a program can be given."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._check()

    def _resource(self, place: str) -> resources.Resource:
        """Say what to open.

        place: where the program finds it, such as `args.log`.
        Raises GrantError: it is certain that it cannot be had.
        """
        raise NotImplementedError

    def _check(self) -> None:
        """Raise ValueError if this makes no sense."""


class Directory(Grant):
    """A directory and what is below it.

    mode: `read`, `write` (create, rename and remove too) or `exec` (read, and start programs).
    Raises ValueError: there is no such mode.

    >>> Directory("/usr/share").mode
    'read'
    >>> Directory("build", "append")
    Traceback (most recent call last):
    ValueError: a directory's mode is `read`, `write` or `exec`, not `append`
    """

    path: Path
    mode: DirectoryMode = "read"

    def _check(self) -> None:
        _check_word("a directory's mode", self.mode, _DIRECTORY_MODES)

    def _resource(self, place: str) -> resources.Resource:
        path = os.fspath(self.path)
        if os.path.exists(path) and not os.path.isdir(path):
            raise GrantError(Problem(f"`{path}` is not a directory", helps=("grant a `File`",)))
        return resources.File(None, place, path, MODES[self.mode])


class File(Grant):
    """A file.

    mode: `read`, `write`, `append` (made if there is none), `create` (as `write`, and made if
        there is none) or `exec` (read, and start as a program).
    Raises ValueError: there is no such mode.

    >>> File("notes.txt", "create")
    File(path='notes.txt', mode='create')
    """

    path: Path
    mode: FileMode = "read"

    def _check(self) -> None:
        _check_word("a file's mode", self.mode, MODES)

    def _resource(self, place: str) -> resources.Resource:
        path = os.fspath(self.path)
        if os.path.isdir(path):
            raise GrantError(Problem(f"`{path}` is a directory", helps=("grant a `Directory`",)))
        return resources.File(None, place, path, MODES[self.mode])


class TemporaryDirectory(Grant):
    """An empty directory of the program's own, removed at the end.

    >>> TemporaryDirectory()
    TemporaryDirectory()
    """

    def _resource(self, place: str) -> resources.Resource:
        return resources.TemporaryDirectory(None, place)


class _Address(Grant):
    address: tuple[str, int] | Path
    type: SocketType = "stream"

    def _check(self) -> None:
        _check_word("a socket's type", self.type, _SOCKET_TYPES)
        if isinstance(self.address, tuple):
            _, port = self.address
            if not 0 <= port <= _PORT_MAX:
                raise ValueError(f"{port} is not a port")
            if self.type == "seqpacket":
                raise ValueError("only a UNIX socket can be `seqpacket`")
        elif isinstance(self.address, str) and not self.address.startswith("/"):
            raise ValueError(f"`{self.address}` is neither `(host, port)` nor an absolute path")
        elif len(os.fsencode(self._path())) > _UNIX_PATH_MAX:
            raise ValueError(f"the path of a UNIX socket has more than {_UNIX_PATH_MAX} bytes")

    def _path(self) -> str:
        return "" if isinstance(self.address, tuple) else os.path.abspath(self.address)

    def _socket(self, place: str, binds: bool, backlog: int | None) -> resources.Resource:
        host, port = self.address if isinstance(self.address, tuple) else (None, 0)
        return resources.Socket(None, place, binds, self.type, backlog, host, port, self._path())


class Listen(_Address):
    """A socket that is bound to an address, and listens unless it is a `dgram` socket.

    address: host and port, or the absolute path of a UNIX socket, whose file is removed at the end.
    type: `stream`, `dgram` or, for a UNIX socket, `seqpacket`.
    backlog: how many connections may wait to be accepted.
    Raises ValueError: there is no such address or type.

    The port that 0 stands for stays unknown here. Who needs it opens the socket and grants it with
    Inherit.

    >>> Listen(("127.0.0.1", 8080)).type
    'stream'
    >>> Listen("127.0.0.1:8080")
    Traceback (most recent call last):
    ValueError: `127.0.0.1:8080` is neither `(host, port)` nor an absolute path
    """

    backlog: int = _BACKLOG

    def _resource(self, place: str) -> resources.Resource:
        return self._socket(place, True, None if self.type == "dgram" else self.backlog)


class Connect(_Address):
    """A socket that is connected to an address.

    address, type: as for Listen.
    Raises ValueError: there is no such address or type.

    >>> Connect("/run/database.sock", "seqpacket").address
    '/run/database.sock'
    >>> Connect(("localhost", 99999))
    Traceback (most recent call last):
    ValueError: 99999 is not a port
    """

    def _resource(self, place: str) -> resources.Resource:
        return self._socket(place, False, None)


class Inherit(Grant):
    """An open descriptor of this process, which stays open here.

    fd: its number, or an object with fileno(). The program can do what its access mode allows,
        and shares position and flags with this process. A directory is granted for reading.

    >>> Inherit(1)
    Inherit(fd=1)
    """

    fd: int | HasFileno

    def _resource(self, place: str) -> resources.Resource:
        number = self.fd if isinstance(self.fd, int) else self.fd.fileno()
        try:
            is_directory = stat.S_ISDIR(os.fstat(number).st_mode)
        except OSError as error:
            message = f"cannot pass descriptor {number} on: {error.strerror}"
            raise GrantError(Problem(message)) from None
        rights = (READ.directory or 0, READ.below) if is_directory else (ALL, ALL)
        return resources.Descriptor(None, place, number, *rights)


_UNITS = {
    "memory": BYTES,
    "cpu": TIME,
    "wall": TIME,
    "threads": COUNT,
    "files": COUNT,
    "processes": COUNT,
    "output": BYTES,
    "disk": BYTES,
}


class Limits(resources.Limits):
    """What a run may use. What is not given has a safe default; None is no limit.

    memory, output, disk: bytes, or text such as `64 MiB`. cpu, wall: seconds, or text such as
    `500 ms`. threads, files, processes: counts. The attributes hold bytes and nanoseconds.
    Raises ValueError: an amount makes no sense.

    >>> Limits(memory="64 MiB", wall=2.5).wall
    2500000000
    >>> Limits(threads=0)
    Traceback (most recent call last):
    ValueError: `threads` is not an amount: 0
    """

    def __init__(self, **amounts: Unpack[Amounts]) -> None:
        super().__init__(**{name: _limit(name, value) for name, value in amounts.items()})


def within(limits: resources.Limits | None, timeout: float | None) -> resources.Limits:
    """Make the timeout, in seconds, part of the limits."""
    limits = limits or Limits()
    if timeout is None:
        return limits
    wall = _limit("timeout", timeout) or 0
    amounts = {name: getattr(limits, name) for name in _UNITS}
    return resources.Limits(**amounts | {"wall": min(wall, limits.wall or wall)})


def _limit(name: str, value: object) -> int | None:
    if value is None:
        return None
    try:
        wanted = amount(value, _UNITS.get(name, TIME))
    except ValueError:
        wanted = 0
    if not 0 < wanted < 2**63:
        raise ValueError(f"`{name}` is not an amount: {value}")
    return wanted


def _check_word(what: str, word: str, known: Iterable[str]) -> None:
    if word not in known:
        *others, last = [f"`{name}`" for name in known]
        raise ValueError(f"{what} is {', '.join(others)} or {last}, not `{word}`")
