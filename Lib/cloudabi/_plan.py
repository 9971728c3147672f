# SPDX-License-Identifier: BSD-2-Clause
"""What a run would grant, found out without opening, making, binding or connecting anything."""

from __future__ import annotations

import os
import stat

from cloudabi import _abi
from cloudabi._descriptors import numbered, rights_of
from cloudabi._files import find_file
from cloudabi._opening import Grant, check_inherited, failure, find_socket, misled
from cloudabi._paths import identity
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi.argdata import Fd, step
from cloudabi.errors import ManifestError
from cloudabi.resources import (
    LINKING,
    MODES,
    ActivatedSocket,
    Executable,
    File,
    Inherited,
    Limits,
    Resource,
    Socket,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from cloudabi._paths import Identity
    from cloudabi.errors import Problem
    from cloudabi.manifest import Manifest

_KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
    stat.S_IFIFO: "pipe",
    stat.S_IFSOCK: "socket",
}
_OWN_FDS = 2**20  # numbers that no descriptor of ours has, for those that a run would open
# What the kernel binds to the access mode of an open file; the runtime keeps all else.
_BOUND_TO_WRITING = _abi.RIGHTS_WRITING
_ALWAYS_HARD = _abi.RIGHT_FD_READ | _abi.RIGHT_FD_WRITE | _abi.RIGHT_PROC_EXEC


class Look(Record):
    """What a resource is at the moment.

    kind: in a word. target: the path, address or else where it comes from.
    fd: our own descriptor, if it is open already.
    """

    kind: str
    target: str
    fd: int | None = None


class Planned(Record):
    """A grant as a run would give it.

    number: of the program's descriptor. places: in the manifest, the first one first.
    """

    number: int
    places: tuple[str, ...]
    resource: Resource
    grant: Grant
    look: Look

    @property
    def mode(self) -> str:
        """The mode of a file, or `rights` where they are listed."""
        if not isinstance(self.resource, File):
            return ""
        access = self.resource.access
        return next((mode for mode, known in MODES.items() if known == access), "rights")

    @property
    def hard(self) -> str:
        """What kernel and broker hold the program to, whatever it does."""
        if self.look.kind == "directory":
            return "all rights"
        if not isinstance(self.resource, File):
            return "as it is open"
        words = {"read": _abi.RIGHT_FD_READ, "write": _abi.RIGHT_FD_WRITE}
        words["exec"] = _abi.RIGHT_PROC_EXEC
        return (
            ", ".join(word for word, right in words.items() if self.grant.rights & right)
            or "nothing"
        )

    @property
    def soft(self) -> int:
        """The withheld rights that the runtime inside the sandbox alone withholds."""
        if self.look.kind == "directory" or not isinstance(self.resource, File):
            return 0
        withheld = _abi.MAX_BASE_REGULAR_FILE & ~self.grant.rights & ~_ALWAYS_HARD
        if not self.grant.rights & _abi.RIGHT_FD_WRITE:
            withheld &= ~_BOUND_TO_WRITING
        return withheld & ~_abi.RIGHT_MEM_MAP_EXEC


class Plan(Record):
    """What a run would do.

    program: its path. grants: by the numbers of their descriptors.
    value: what the program gets, one leaf after the other, with their places; descriptors have
        the program's numbers.
    problems: why the run would fail, as far as looking tells.
    emulator: what would run the program, without any barrier; empty where the kernel confines it.
    """

    program: str
    grants: tuple[Planned, ...]
    value: tuple[tuple[str, Any], ...]
    limits: Limits
    problems: tuple[Problem, ...]
    emulator: str = ""


def plan(manifest: Manifest, program: str, folder: str, emulator: str = "") -> Plan:
    """Look at what a manifest names.

    folder: what its relative paths start from. emulator: what would run the program, if anything.
    """
    looker = _Looker(program, folder)
    looks = {resource: looker.look(resource) for resource in manifest.resources}
    grants: dict[Resource, Grant] = {}
    for count, (resource, look) in enumerate(looks.items()):
        fd = _OWN_FDS + count if look.fd is None else look.fd
        rights = rights_of(resource, is_directory=look.kind == "directory")
        grants[resource] = Grant(fd, resource.place, *rights)
    _, order = numbered(manifest.value, grants)
    numbers = {grant.fd: number for number, grant in enumerate(order)}
    places: list[list[str]] = [[] for _ in order]
    value = []
    for place, leaf in _leaves(manifest.value, ""):
        if isinstance(leaf, Resource):
            number = numbers[grants[leaf].fd]
            places[number].append(place)
            value.append((place, Fd(number)))
        else:
            value.append((place, leaf))
    by_place = {resource.place: resource for resource in manifest.resources}
    planned = []
    for number, grant in enumerate(order):
        resource = by_place[grant.place]
        planned.append(Planned(number, tuple(places[number]), resource, grant, looks[resource]))
    problems = looker.problems()
    return Plan(program, tuple(planned), tuple(value), manifest.limits, problems, emulator)


def _leaves(value: Any, place: str) -> Iterator[tuple[str, Any]]:
    """List what is in a value, with its place; manifests do not nest deeper than recursion may."""
    if isinstance(value, dict) and value:
        for key, member in value.items():
            yield from _leaves(member, place + step(key))
    elif isinstance(value, list) and value:
        for index, member in enumerate(value):
            yield from _leaves(member, f"{place}[{index}]")
    else:
        yield place.removeprefix("."), value


class _Looker:
    """Looks at resources as a run does before it opens what it finds."""

    def __init__(self, program: str, folder: str) -> None:
        self._program = program
        self._folder = folder
        self._problems: list[Problem] = []
        self._trails: dict[Resource, set[Identity]] = {}
        self._changeable: set[Identity] = set()

    def problems(self) -> tuple[Problem, ...]:
        """Return what is in the way of a run; everything has been looked at."""
        return (*self._problems, *misled(self._trails, self._changeable))

    def look(self, resource: Resource) -> Look:
        """Look at a resource."""
        self._trails[resource] = set()
        try:
            return self._look(resource)
        except ManifestError as error:
            self._problems += error.problems
        except OSError as error:
            self._problems.append(failure(resource, error))
        return Look("?", self._target(resource))

    def _look(self, resource: Resource) -> Look:
        target = self._target(resource)
        if isinstance(resource, File):
            return self._file(resource, target)
        if isinstance(resource, Inherited):
            check_inherited(resource)
            return Look(_kind(resource.number), target, resource.number)
        if isinstance(resource, ActivatedSocket):
            from cloudabi._sockets import activated_socket

            return Look("socket", target, activated_socket(resource))
        if isinstance(resource, Socket):
            handle = find_socket(resource, self._trails[resource])
            if handle is not None:
                os.close(handle)
            return Look(f"{resource.type} socket", target)
        return Look("file" if isinstance(resource, Executable) else "directory", target)

    def _file(self, file: File, target: str) -> Look:
        handle = find_file(file, self._folder, self._trails[file])
        if handle is None:
            return Look("new file", target)
        try:
            kind = _kind(handle)
            if kind == "directory" and (file.access.directory or 0) & LINKING:
                self._changeable.add(identity(handle))
            real = os.readlink(f"/proc/self/fd/{handle}")
            return Look(kind, target if real == target else f"{target} -> {real}")
        finally:
            os.close(handle)

    def _target(self, resource: Resource) -> str:
        """Say where a resource comes from."""
        if isinstance(resource, File):
            return os.path.abspath(os.path.join(self._folder, resource.path))
        if isinstance(resource, Inherited):
            return f"descriptor {resource.number}"
        if isinstance(resource, ActivatedSocket):
            return f"inherit {resource.name}"
        if isinstance(resource, Socket):
            return f"{'bind' if resource.binds else 'connect'} {resource.address}"
        if isinstance(resource, Executable):
            return os.path.abspath(self._program)
        return "temporary"


def _kind(fd: int) -> str:
    """Say what is open, or found for reference."""
    return "terminal" if os.isatty(fd) else _KINDS[stat.S_IFMT(os.fstat(fd).st_mode)]
