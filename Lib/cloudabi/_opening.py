# SPDX-License-Identifier: BSD-2-Clause
"""The open resources of a run."""

from __future__ import annotations

import os
import stat

from cloudabi._descriptors import rights_of
from cloudabi._files import open_file
from cloudabi._paths import find, identity
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi.errors import ManifestError, NotFoundError, NotRunnableError, Problem
from cloudabi.resources import (
    ALL,
    LINKING,
    ActivatedSocket,
    Descriptor,
    Executable,
    File,
    Inherited,
    Resource,
    Socket,
    TemporaryDirectory,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import TracebackType

    from cloudabi._leftovers import Leftover
    from cloudabi._output import Meter, Output
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
    """Opens things and, as a context manager, closes them and removes what must not stay.

    grants: what is open for the program, by its identity in the manifest.
    addresses: of the sockets that were bound, by place.
    outputs: pipes that the program writes to, by place.
    leftovers: what is to be removed at the end.
    temporaries: descriptors of the temporary directories.
    meters: what counts the bytes of outputs.
    """

    def __init__(
        self, janitor: str, output_max: int | None = None, captures: Mapping[str, int | None] = {}
    ) -> None:
        """Open nothing yet.

        janitor: the program that removes things. output_max: bytes that the program may write.
        captures: places of outputs that are kept, with the most bytes of each.
        """
        self.grants: dict[Resource, Grant] = {}
        self.addresses: dict[str, str] = {}
        self.outputs: dict[str, Output] = {}
        self.leftovers: list[Leftover] = []
        self.temporaries: list[int] = []
        self.meters: list[Meter] = []
        self._janitor = janitor
        self._output_max = output_max
        self._captures = captures
        self._trails: dict[Resource, set[Identity]] = {}
        self._counted: dict[int, int] = {}  # what stands for a descriptor that takes output
        self._fds: list[int] = []

    def __enter__(self) -> Opened:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.undo()

    def undo(self) -> None:
        """Close everything, and remove what must not stay."""
        self.close()
        for output in self.outputs.values():
            output.close()
        for fd in self.temporaries:
            os.close(fd)
        for leftover in self.leftovers:
            leftover.end()
        for leftover in self.leftovers:
            leftover.is_gone(waits=True)

    def close(self) -> None:
        """Close our copies of the descriptors."""
        while self._fds:
            os.close(self._fds.pop())

    def captured(self) -> dict[str, bytes]:
        """Return the outputs that were kept, by place."""
        return {place: bytes(self.outputs[place].kept) for place in self._captures}

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
                fd = self._open(resource, folder, program)
                is_directory = stat.S_ISDIR(os.fstat(fd).st_mode)
                rights = rights_of(resource, is_directory=is_directory)
                if resource.place in self._captures:
                    rights = ALL, ALL
                self.grants[resource] = Grant(fd, resource.place, *rights)
            except ManifestError as error:
                problems += error.problems
            except OSError as error:
                problems.append(failure(resource, error))
        granted = {identity(grant.fd) for grant in self.grants.values() if grant.rights & LINKING}
        problems += misled(self._trails, granted)
        if problems:
            raise ManifestError(*problems)

    def _open(self, resource: Resource, folder: str, program: int) -> int:
        if resource.place in self._captures:
            return self._output(resource.place, None)
        if isinstance(resource, File):
            trail = self._trails[resource] = set()
            return self.keep(open_file(resource, folder, trail))
        if isinstance(resource, Inherited):
            return self._inherited(resource)
        if isinstance(resource, Descriptor):
            return resource.number
        if isinstance(resource, Socket):
            return self._socket(resource)
        if isinstance(resource, ActivatedSocket):
            from cloudabi._sockets import activated_socket

            return activated_socket(resource)
        if isinstance(resource, TemporaryDirectory):
            return self._temporary_directory()
        assert isinstance(resource, Executable)
        return self.keep(os.dup(program))

    def _inherited(self, wanted: Inherited) -> int:
        """Pass a descriptor on, or a pipe where what goes through it is to be counted."""
        check_inherited(wanted)
        fd = wanted.number
        if self._output_max is None or not _takes_output(fd):
            return fd
        if fd not in self._counted:
            self._counted[fd] = self._count(wanted)
        return self._counted[fd]

    def _count(self, wanted: Inherited) -> int:
        """Put something that nothing escapes in the place of a descriptor that takes output."""
        if wanted.number == 0:  # as a rule a terminal, opened for both
            flags = os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC
            return self.keep(os.open("/proc/self/fd/0", flags))
        return self._output(wanted.place, wanted.number)

    def _output(self, place: str, target: int | None) -> int:
        from cloudabi._output import Meter, Output

        if not self.meters:
            self.meters.append(Meter(self._output_max))
        meters = [self.meters[0]]
        if self._captures.get(place) is not None:
            meters.append(Meter(self._captures[place]))
            self.meters.append(meters[-1])
        output = self.outputs[place] = Output(meters, target)
        return output.writer

    def _temporary_directory(self) -> int:
        from cloudabi._temporary import make

        fd, leftover = make(self._janitor)
        self.temporaries.append(fd)
        self.leftovers.append(leftover)
        return fd

    def _socket(self, wanted: Socket) -> int:
        from cloudabi._sockets import open_socket

        handle = self._find_socket(wanted)
        leftover = None
        if wanted.binds and handle is not None:
            # At the end the path may lead elsewhere.
            leftover = self._leftover(handle, os.path.basename(wanted.path))
        fd, address = open_socket(wanted, handle, leftover)
        self.keep(fd)
        if wanted.binds:
            self.addresses[wanted.place] = address
        return fd

    def _leftover(self, folder: int, name: str) -> Leftover:
        from cloudabi._leftovers import Leftover

        leftover = Leftover(self._janitor, folder, name)
        self.leftovers.append(leftover)
        return leftover

    def _find_socket(self, wanted: Socket) -> int | None:
        """Find the file of a UNIX socket, or the directory where it is to be."""
        trail = self._trails[wanted] = set()
        handle = find_socket(wanted, trail)
        return handle if handle is None else self.keep(handle)


def find_socket(wanted: Socket, trail: set[Identity]) -> int | None:
    """Find the file of a UNIX socket, or the directory where it is to be, for reference only.

    trail: as for find().
    Raises OSError.
    """
    if not wanted.path:
        return None
    return find(os.path.dirname(wanted.path) if wanted.binds else wanted.path, trail)


def misled(trails: Mapping[Resource, set[Identity]], granted: set[Identity]) -> Iterator[Problem]:
    """Find what the program's former runs could have pointed to something else.

    trails: the directories that led over symbolic links. granted: those that the program changes.
    """
    for resource, trail in trails.items():
        if not granted.isdisjoint(trail):
            message = "a symbolic link on the way is in a directory that the program may change"
            yield Problem(message, resource.span, helps=("name what the link leads to",))


def check_inherited(wanted: Inherited) -> None:
    """Check that a descriptor is meant to be passed on: all of our own close on exec.

    Raises ManifestError.
    """
    number = wanted.number
    try:
        if os.get_inheritable(number):
            return
    except OSError:
        pass
    help_ = f"start cloudabi-run with descriptor {number} open and inheritable"
    if number == 0:
        help_ = "use `-f`: standard input held the manifest"
    raise ManifestError(Problem(f"descriptor {number} is not open", wanted.span, helps=(help_,)))


def failure(resource: Resource, error: OSError) -> Problem:
    """Tell that something cannot be opened."""
    notes: tuple[str, ...] = ()
    if isinstance(resource, File) and not resource.path.startswith("/"):
        notes = ("relative paths start from the manifest's folder",)
    return Problem(f"cannot {_action(resource)}: {error.strerror}", resource.span, notes)


def _takes_output(fd: int) -> bool:
    """Tell whether something other than a directory or socket can be written to."""
    from fcntl import F_GETFL, fcntl

    mode = os.fstat(fd).st_mode
    can_write = fcntl(fd, F_GETFL) & os.O_ACCMODE != os.O_RDONLY
    return can_write and not stat.S_ISDIR(mode) and not stat.S_ISSOCK(mode)


def _action(resource: Resource) -> str:
    if isinstance(resource, File):
        return f"open `{resource.path}`"
    if isinstance(resource, Socket):
        return f"{'bind' if resource.binds else 'connect'} to `{resource.address}`"
    if isinstance(resource, TemporaryDirectory):
        return f"make a temporary directory in `{os.environ.get('TMPDIR') or '/tmp'}`"
    return f"pass on `{resource.place}`"
