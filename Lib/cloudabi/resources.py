# SPDX-License-Identifier: BSD-2-Clause
"""What a manifest can ask for, and which rights and limits come with it. Nothing is opened here."""

from __future__ import annotations

import os

from cloudabi import _abi
from cloudabi._record import Record
from cloudabi.errors import Span

RIGHTS = _abi.RIGHTS
ALL: int = _abi.RIGHTS_ALL

_READ_FILE = (
    _abi.RIGHT_FD_READ
    | _abi.RIGHT_FD_SEEK
    | _abi.RIGHT_FD_TELL
    | _abi.RIGHT_FD_STAT_PUT_FLAGS
    | _abi.RIGHT_FILE_ADVISE
    | _abi.RIGHT_FILE_STAT_FGET
    | _abi.RIGHT_MEM_MAP
    | _abi.RIGHT_POLL_FD_READWRITE
)
_READ_DIRECTORY = (
    _abi.RIGHT_FILE_OPEN
    | _abi.RIGHT_FILE_READDIR
    | _abi.RIGHT_FILE_READLINK
    | _abi.RIGHT_FILE_STAT_FGET
    | _abi.RIGHT_FILE_STAT_GET
    | _abi.RIGHT_POLL_FD_READWRITE
)
# Whoever holds one of these decides where paths through a directory lead.
LINKING = _abi.RIGHT_FILE_SYMLINK | _abi.RIGHT_FILE_LINK_TARGET | _abi.RIGHT_FILE_RENAME_TARGET
_EXECUTE = _abi.RIGHT_PROC_EXEC | _abi.RIGHT_MEM_MAP_EXEC
_WRITE = ALL & ~_EXECUTE
_APPEND = (
    _abi.RIGHT_FD_WRITE
    | _abi.RIGHT_FD_SYNC
    | _abi.RIGHT_FD_DATASYNC
    | _abi.RIGHT_FILE_STAT_FGET
    | _abi.RIGHT_POLL_FD_READWRITE
)
# How to open a file, by those of its rights that the kernel binds to a descriptor.
_FLAGS = {
    0: os.O_PATH,
    _abi.RIGHT_FD_READ: os.O_RDONLY,
    _abi.RIGHT_FD_WRITE: os.O_WRONLY,
    _abi.RIGHT_FD_READ | _abi.RIGHT_FD_WRITE: os.O_RDWR,
}


class Access(Record):
    """What may be done with a file or directory.

    flags: for opening a file; a directory needs none.
    file: rights to a file, granted by itself.
    directory, below: rights to a directory and, at most, to what is in it; None if a directory
        cannot be granted this way.
    creates: whether to make the file or directory if there is none.
    """

    flags: int
    file: int
    directory: int | None
    below: int
    creates: bool = False


MODES = {
    "read": Access(os.O_RDONLY, _READ_FILE, _READ_DIRECTORY, _READ_FILE | _READ_DIRECTORY),
    "write": Access(os.O_RDWR, _WRITE, _WRITE, _WRITE),
    "append": Access(os.O_WRONLY | os.O_APPEND, _APPEND, None, 0, creates=True),
    "create": Access(os.O_RDWR, _WRITE, None, 0, creates=True),
    "exec": Access(
        os.O_RDONLY,
        _READ_FILE | _EXECUTE,
        _READ_DIRECTORY,
        _READ_FILE | _READ_DIRECTORY | _EXECUTE,
    ),
}
READ = MODES["read"]


def access_by_rights(rights: int) -> Access:
    """Grant exactly these rights, with the access mode that they need."""
    flags = _FLAGS[rights & (_abi.RIGHT_FD_READ | _abi.RIGHT_FD_WRITE)]
    return Access(flags, rights, rights, rights)


class Resource(Record):
    """Something that becomes a descriptor.

    span: where the manifest asks for it; None if no manifest does.
    place: its path in the value that the program gets (`args.output`).
    """

    span: Span | None
    place: str


class File(Resource):
    """A file or directory (`!file`).

    symlinks: those on the way that are accepted. `inside`: of a path relative to the manifest,
        those that stay below the folder that its leading `..` reach, and of an absolute path all;
        `follow`: all; `refuse`: none.
    devices: it may be a device node. kernel: it may be part of procfs or sysfs.
    """

    path: str
    access: Access
    symlinks: str = "inside"
    devices: bool = False
    kernel: bool = False


class StandardLibrary(File):
    """The standard library of the interpreter (`!stdlib`), for reading."""


class Inherited(Resource):
    """A descriptor of the launcher (`!fd`)."""

    number: int


class Descriptor(Resource):
    """An open descriptor that is handed over as it is, whoever closes it; no manifest has it."""

    number: int
    rights: int
    inheriting: int


class Socket(Resource):
    """A socket (`!socket`).

    host, port: an Internet address; None for a UNIX socket at `path`.
    binds: whether this is the socket's own address; else the one it connects to.
    type: stream, dgram or seqpacket. backlog: waiting connections; None if it does not listen.
    reuse: of a bound Internet address: `no`; `address`: while old connections linger; `port`: by
        several sockets of the same user at once. v6only: an IPv6 address does not take IPv4.
    """

    binds: bool
    type: str
    backlog: int | None
    host: str | None = None
    port: int = 0
    path: str = ""
    reuse: str = "no"
    v6only: bool = True

    @property
    def address(self) -> str:
        """The address as a manifest gives it."""
        host = f"[{self.host}]" if ":" in (self.host or "") else self.host
        return self.path or f"{host}:{self.port}"


class ActivatedSocket(Resource):
    """A socket that systemd, or who speaks its protocol, opened for us (`!socket` `inherit`)."""

    name: str


class TemporaryDirectory(Resource):
    """An empty private directory with all rights, removed at the end (`!tmpdir`)."""


class Executable(Resource):
    """The program itself (`!executable`)."""


FILES_MAX = 1024  # as many as the runtime's table of descriptors holds
PROCESSES_MAX = 64  # as many as the broker's table of processes holds


class Limits(Record):
    """What a run may use; None is no limit. What is not given has a safe default.

    memory: bytes of address space. disk: bytes in each temporary directory.
    output: bytes through all that `!fd` passes on, directories and sockets apart.
    cpu, wall: nanoseconds of computing, and since the start. threads, files: at a time, in each
    process. processes: at a time; with 1 the program cannot make others.
    """

    memory: int | None = 2 * 2**30
    cpu: int | None = None
    wall: int | None = None
    threads: int | None = 256
    files: int | None = FILES_MAX
    processes: int | None = 1
    output: int | None = None
    disk: int | None = 256 * 2**20
