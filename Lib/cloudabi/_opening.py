# SPDX-License-Identifier: BSD-2-Clause
"""The open resources of a run."""

from __future__ import annotations

import os
import stat

from cloudabi._files import open_file
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi.errors import ManifestError, NotFoundError, NotRunnableError, Problem
from cloudabi.resources import ALL, READ, File, Inherited, Resource, Socket

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType


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
        if problems:
            raise ManifestError(*problems)

    def _open(self, resource: Resource, folder: str, program: int) -> tuple[int, int, int]:
        if isinstance(resource, File):
            fd, rights, inheriting = open_file(resource, folder)
            return self.keep(fd), rights, inheriting
        if isinstance(resource, Inherited):
            return _inherited(resource)
        if isinstance(resource, Socket):
            return self._socket(resource), ALL, ALL
        return self.keep(os.dup(program)), ALL, ALL

    def _socket(self, wanted: Socket) -> int:
        from cloudabi._sockets import open_socket

        fd, address = open_socket(wanted)
        self.keep(fd)
        if wanted.binds:
            self.addresses[wanted.place] = address
            if wanted.path:
                self._remove_later(wanted.path)
        return fd

    def _remove_later(self, path: str) -> None:
        """Remove a file at the end from where it is now, wherever its path leads by then."""
        folder, name = os.path.split(path)
        handle = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        self._socket_files.append((handle, name))


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
