# SPDX-License-Identifier: BSD-2-Clause
"""What a run would grant, found out without opening, making, binding or connecting anything."""

from __future__ import annotations

import os
import stat

from cloudabi import _abi
from cloudabi._descriptors import numbered, rights_of
from cloudabi._opening import Grant
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi.argdata import Fd, step
from cloudabi.errors import Problem
from cloudabi.resources import (
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
    problem: why it cannot be had.
    """

    kind: str
    target: str
    problem: Problem | None = None


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
    """

    program: str
    grants: tuple[Planned, ...]
    value: tuple[tuple[str, Any], ...]
    limits: Limits

    @property
    def problems(self) -> list[Problem]:
        """Why the run would fail, as far as looking tells."""
        return [grant.look.problem for grant in self.grants if grant.look.problem]


def plan(manifest: Manifest, program: str, folder: str) -> Plan:
    """Look at what a manifest names.

    folder: what its relative paths start from.
    """
    looks = {resource: _look(resource, program, folder) for resource in manifest.resources}
    grants: dict[Resource, Grant] = {}
    for count, resource in enumerate(manifest.resources):
        fd = resource.number if isinstance(resource, Inherited) else _OWN_FDS + count
        rights = rights_of(resource, is_directory=looks[resource].kind == "directory")
        grants[resource] = Grant(fd, resource.place, *rights)
    _, order = numbered(manifest.value, grants)
    numbers = {grant.fd: number for number, grant in enumerate(order)}
    value = []
    places: list[list[str]] = [[] for _ in order]
    for place, leaf in _leaves(manifest.value, ""):
        if isinstance(leaf, Resource):
            leaf = Fd(numbers[grants[leaf].fd])
            places[leaf.number].append(place)
        value.append((place, leaf))
    resources = {resource.place: resource for resource in manifest.resources}
    planned = tuple(
        Planned(
            number,
            tuple(places[number]),
            resources[grant.place],
            grant,
            looks[resources[grant.place]],
        )
        for number, grant in enumerate(order)
    )
    return Plan(program, planned, tuple(value), manifest.limits)


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


def _look(resource: Resource, program: str, folder: str) -> Look:
    if isinstance(resource, File):
        return _look_at_file(resource, os.path.abspath(os.path.join(folder, resource.path)))
    if isinstance(resource, Inherited):
        return _look_at_descriptor(resource)
    if isinstance(resource, Socket):
        verb = "bind" if resource.binds else "connect"
        return Look(f"{resource.type} socket", f"{verb} {resource.address}")
    if isinstance(resource, ActivatedSocket):
        return Look("socket", f"inherit {resource.name}")
    if isinstance(resource, Executable):
        return Look("file", os.path.abspath(program))
    return Look("directory", "temporary")


def _look_at_file(file: File, path: str) -> Look:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError as error:
        if file.access.creates and os.path.isdir(os.path.dirname(path)):
            return Look("new file", path)
        return Look("missing", path, _problem(file, error))
    except OSError as error:
        return Look("missing", path, _problem(file, error))
    real = os.path.realpath(path)
    target = path if real == path else f"{path} -> {real}"
    return Look(_KINDS[stat.S_IFMT(mode)], target)


def _problem(file: File, error: OSError) -> Problem:
    return Problem(f"cannot open `{file.path}`: {error.strerror}", file.span)


def _look_at_descriptor(resource: Inherited) -> Look:
    number = resource.number
    target = f"descriptor {number}"
    try:
        mode = os.fstat(number).st_mode
        is_open = os.get_inheritable(number)
    except OSError:
        is_open = False
    if not is_open:
        return Look("missing", target, Problem(f"descriptor {number} is not open", resource.span))
    kind = "terminal" if os.isatty(number) else _KINDS[stat.S_IFMT(mode)]
    return Look(kind, target)
