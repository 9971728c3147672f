# SPDX-License-Identifier: BSD-2-Clause
"""The open resources of a run."""

from __future__ import annotations

import os
import stat

from cloudabi._files import open_file
from cloudabi._paths import find, identity
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi.errors import ManifestError, NotFoundError, NotRunnableError, Problem
from cloudabi.resources import ALL, LINKING, READ, File, Inherited, Resource, Socket

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import TracebackType

    from cloudabi._paths import Identity


class Grant(Record):
    """An open descriptor for the program, with upper bounds of its rights.

    place: where the manifest mentions it first.
    """

    fd: int
    place: str
    rights: int
    inheriting: int


class Opened:
    """Opens things and, as a context manager, closes them and removes the files of sockets.

    grants: what is open for the program, by its identity in the manifest.
    addresses: of the sockets that were bound, by place.
    """

    def __init__(self) -> None:
        self.grants: dict[Resource, Grant] = {}
        self.addresses: dict[str, str] = {}
        self._trails: dict[Resource, set[Identity]] = {}
        self._fds: list[int] = []
        self._socket_files: list[tuple[int, str]] = []

    def __enter__(self) -> Opened:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
        while self._socket_files:
            folder, name = self._socket_files.pop()
            try:
                os.unlink(name, dir_fd=folder)
            except OSError:
                pass  # the program may have been allowed to change the folder
            os.close(folder)

    def close(self) -> None:
        """Close our copies of the descriptors."""
        while self._fds:
            os.close(self._fds.pop())

    def keep(self, fd: int) -> int:
        """Take charge of a descriptor."""
        self._fds.append(fd)
        return fd

    def program(self, path: str) -> int:
        """Open a program.

        Raises NotFoundError, NotRunnableError.
        """
        try:
            fd = self.keep(os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK))
        except (FileNotFoundError, NotADirectoryError):
            raise NotFoundError(Problem(f"there is no program `{path}`")) from None
        except OSError as error:
            message = f"cannot open the program `{path}`: {error.strerror}"
            raise NotRunnableError(Problem(message)) from None
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise NotRunnableError(Problem(f"the program `{path}` is not a file"))
        return fd

    def resources(self, resources: Iterable[Resource], folder: str, program: int) -> None:
        """Open what a manifest asks for.

        folder: what relative paths start from. program: becomes `!executable`.
        Raises ManifestError: with everything that cannot be had.
        """
        problems: list[Problem] = []
        for resource in resources:
            try:
                fd, rights, inheriting = self._open(resource, folder, program)
                self.grants[resource] = Grant(fd, resource.place, rights, inheriting)
            except ManifestError as error:
                problems += error.problems
            except OSError as error:
                message = f"cannot {_action(resource)}: {error.strerror}"
                problems.append(Problem(message, resource.span))
        problems += self._misled()
        if problems:
            raise ManifestError(*problems)

    def _misled(self) -> Iterator[Problem]:
        """Find what the program's former runs could have pointed to something else."""
        granted = {identity(grant.fd) for grant in self.grants.values() if grant.rights & LINKING}
        for resource, trail in self._trails.items():
            if not granted.isdisjoint(trail):
                message = "a symbolic link on the way is in a directory that the program may change"
                yield Problem(message, resource.span, helps=("name what the link leads to",))

    def _open(self, resource: Resource, folder: str, program: int) -> tuple[int, int, int]:
        if isinstance(resource, File):
            trail = self._trails[resource] = set()
            fd, rights, inheriting = open_file(resource, folder, trail)
            return self.keep(fd), rights, inheriting
        if isinstance(resource, Inherited):
            return _inherited(resource)
        if isinstance(resource, Socket):
            return self._socket(resource), ALL, ALL
        return self.keep(os.dup(program)), ALL, ALL

    def _socket(self, wanted: Socket) -> int:
        from cloudabi._sockets import open_socket

        handle = self._find_socket(wanted)
        fd, address = open_socket(wanted, handle)
        self.keep(fd)
        if wanted.binds:
            self.addresses[wanted.place] = address
        if wanted.binds and handle is not None:
            # At the end the path may lead elsewhere.
            self._socket_files.append((os.dup(handle), os.path.basename(wanted.path)))
        return fd

    def _find_socket(self, wanted: Socket) -> int | None:
        """Find the file of a UNIX socket, or the directory where it is to be."""
        if not wanted.path:
            return None
        trail = self._trails[wanted] = set()
        path = os.path.dirname(wanted.path) if wanted.binds else wanted.path
        return self.keep(find(path, trail))


def _inherited(wanted: Inherited) -> tuple[int, int, int]:
    """Check that a descriptor is meant to be passed on: all of our own close on exec."""
    number = wanted.number
    helps: tuple[str, ...] = ()
    try:
        if os.get_inheritable(number):
            is_directory = stat.S_ISDIR(os.fstat(number).st_mode)
            return (number, READ.directory or 0, READ.below) if is_directory else (number, ALL, ALL)
        if number == 0:
            helps = ("use `-f`: standard input held the manifest",)
    except OSError:
        pass
    raise ManifestError(Problem(f"descriptor {number} is not open", wanted.span, helps=helps))


def _action(resource: Resource) -> str:
    if isinstance(resource, File):
        return f"open `{resource.path}`"
    if isinstance(resource, Socket):
        host = f"[{resource.host}]" if ":" in (resource.host or "") else resource.host
        address = resource.path or f"{host}:{resource.port}"
        return f"{'bind' if resource.binds else 'connect'} to `{address}`"
    return f"pass on `{resource.place}`"
