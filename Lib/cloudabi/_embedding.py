# SPDX-License-Identifier: BSD-2-Clause
"""Manifests that are made from objects, for programs that Python code starts."""

from __future__ import annotations

import os
from contextlib import contextmanager
from fcntl import F_ADD_SEALS, F_SEAL_GROW, F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_WRITE, fcntl

from cloudabi import sandbox
from cloudabi._guest import START
from cloudabi._installation import installation, installation_named
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi.argdata import DEPTH_MAX, step
from cloudabi.errors import ArgdataError, ManifestError, Source
from cloudabi.grants import Grant, GrantError
from cloudabi.manifest import Manifest
from cloudabi.resources import READ, Resource, StandardLibrary

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any, TypeAlias

    from cloudabi.argdata import Scalar
    from cloudabi.resources import Limits
    from cloudabi.sandbox import Sandbox

    Args: TypeAlias = "Scalar | Grant | Sequence[Args] | Mapping[Any, Args]"

STREAMS = ("stdin", "stdout", "stderr")


class Given(Record):
    """What the caller gives to a program.

    args: becomes sys.argdata; grants may be anywhere in it. files, sockets: added to it by name.
    path: where modules are found, after the standard library.
    target: the triple or short name of what the Python is for; None for this machine's own.
    emulate: go on where that needs an emulator.
    """

    args: Args
    files: Mapping[str, Grant] | None
    sockets: Mapping[str, Grant] | None
    path: Sequence[Grant]
    target: str | None = None
    emulate: bool = False


def start(
    given: Given,
    own: Mapping[str, Any],
    limits: Limits,
    *,
    traces: bool = False,
    captures: Mapping[str, int | None] | None = None,
) -> Sandbox:
    """Run our Python with _guest as its program.

    own: what _guest needs, and the standard streams.
    traces, captures: as for sandbox.start().
    Raises GrantError: something that is given does not exist, or cannot be had.
    Raises ValueError, TypeError, ArgdataError: args cannot be given.
    Raises UsageError, NotRunnableError: the target is none that is there, or can be run like this.
    """
    parts = installation() if given.target is None else installation_named(given.target)
    manifest = _manifest(parts.library, given, own, limits)
    try:
        return sandbox.start(
            manifest,
            parts.interpreter,
            parts,
            traces=traces,
            emulate=given.emulate,
            captures=captures,
        )
    except ManifestError as error:
        raise GrantError(*error.problems) from None


def _manifest(library: str, given: Given, own: Mapping[str, Any], limits: Limits) -> Manifest:
    path = [_entry(grant, f"path[{index}]") for index, grant in enumerate(given.path, 1)]
    streams = {name: own[name] for name in STREAMS if name in own}
    rest = {name: member for name, member in own.items() if name not in STREAMS}
    value = {
        "path": [StandardLibrary(None, "path[0]", library, READ), *path],
        "command": START,
        "args": {**rest, "args": _with_resources(_merged(given), "args", 0)},
        **streams,
    }
    return Manifest(Source("", ""), value, tuple(_resources(value)), limits)


def _entry(grant: Grant, place: str) -> Resource:
    """Open nothing that is but named: a text is none of our paths, and none of the sandbox's."""
    if not isinstance(grant, Grant):
        raise TypeError(f"`{place}` is a {type(grant).__name__}, not a `Directory` or a `File`")
    return grant._resource(place)


def _merged(given: Given) -> Any:
    """Add what is given by name to the arguments."""
    named: dict[str, Grant] = {}
    args = given.args
    for more in (given.files or {}, given.sockets or {}):
        twice = more.keys() & (named.keys() | (args if isinstance(args, dict) else {}))
        if twice:
            raise ValueError(f"`{min(twice)}` is given twice")
        named |= more
    if not named or args is None:
        return named or args
    if not isinstance(args, dict):
        raise TypeError("`args` has to be a dict where `files` or `sockets` are added to it")
    return {**args, **named}


def _with_resources(value: Any, place: str, depth: int) -> Any:
    """Replace grants by resources."""
    if isinstance(value, Grant):
        return value._resource(place)
    if depth > DEPTH_MAX:
        raise ArgdataError(f"values nest deeper than {DEPTH_MAX} levels", place)
    if isinstance(value, list | tuple):
        steps = [(f"{place}[{index}]", member) for index, member in enumerate(value)]
        return [_with_resources(member, below, depth + 1) for below, member in steps]
    if isinstance(value, dict):
        return {
            key: _with_resources(member, place + step(key), depth + 1)
            for key, member in value.items()
        }
    return value


def _resources(value: Any) -> Iterator[Resource]:
    if isinstance(value, Resource):
        yield value
    elif isinstance(value, list | dict):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _resources(member)


@contextmanager
def _memory(seals: int) -> Iterator[int]:
    """Make a file in memory that is sealed in the end, or closed if something fails."""
    memory = os.memfd_create("cloudabi", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    try:
        os.fchmod(memory, 0o600)  # nobody gets a file in memory that could be executed
        yield memory
        fcntl(memory, F_ADD_SEALS, seals | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL)
    except BaseException:
        os.close(memory)
        raise


def reading_file(data: bytes) -> int:
    """Return a descriptor from which the data can be read, and nothing be written."""
    with _memory(F_SEAL_WRITE) as memory:
        view = memoryview(data)
        while view:
            view = view[os.write(memory, view) :]
    try:
        return os.open(f"/proc/self/fd/{memory}", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(memory)


def fixed_file(size: int) -> int:
    """Return a descriptor of so many zero bytes, which can be changed but not in number."""
    with _memory(0) as memory:
        os.ftruncate(memory, size)
    return memory
