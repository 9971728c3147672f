# SPDX-License-Identifier: BSD-2-Clause
"""Runs a program with what a manifest names, and with nothing else.

This module and what it imports alone open files and sockets; the rest of a run is the broker's.
"""

from __future__ import annotations

import os

from cloudabi._opening import Opened
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi._signals import Interrupted, Signals
from cloudabi.argdata import Fd, encode
from cloudabi.errors import CloudabiError, Exit, Problem
from cloudabi.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cloudabi._opening import Grant
    from cloudabi.argdata import Value
    from cloudabi.manifest import Manifest

# By what `uname -m` says: the architecture of the runtime, and the triple of its programs.
_MACHINES = {
    "x86_64": ("x86_64", "x86_64-unknown-cloudabi"),
    "i686": ("i686", "i686-unknown-cloudabi"),
    "armv6l": ("armv6", "armv6-unknown-cloudabi-eabihf"),
    "armv7l": ("armv6", "armv6-unknown-cloudabi-eabihf"),
    "aarch64": ("aarch64", "aarch64-unknown-cloudabi"),
}

_HELP = (
    "run `./build_python.py build` in the project's folder, then, if this is an installed "
    "package, `pip install .` there"
)


class Installation(Record):
    """Where the parts of a run are; all paths are absolute.

    interpreter: our Python for this machine. library: the folder of its standard library.
    broker, runtime: the programs around a guest. janitor: the one that cleans up after it.
    """

    interpreter: str
    library: str
    broker: str
    janitor: str
    runtime: str


def installation() -> Installation:
    """Find the parts, which are in the folder `parts` of this package, wherever that is.

    Raises CloudabiError: there is nothing for this type of machine.
    """
    machine = os.uname().machine
    if machine not in _MACHINES:
        raise CloudabiError(Problem(f"there is no runtime for machines of type {machine}"))
    arch, triple = _MACHINES[machine]
    folder = f"{os.path.dirname(os.path.abspath(__file__))}/parts"
    return Installation(
        interpreter=f"{folder}/{triple}/bin/python3",
        library=f"{folder}/{triple}/lib/python3.14",
        broker=f"{folder}/cloudabi-broker",
        janitor=f"{folder}/cloudabi-janitor",
        runtime=f"{folder}/cloudabi-runtime-{arch}",
    )


def run(
    manifest: Manifest,
    program: str,
    parts: Installation,
    *,
    folder: str,
    no_landlock: bool = False,
    tell: Callable[[str, str], None] | None = None,
) -> int:
    """Run a program and wait for its end.

    folder: what relative paths of the manifest start from.
    no_landlock: go on where the kernel has no Landlock.
    tell: called with place and address of each socket that was bound.
    Returns the program's exit status, or 128 plus the signal that ended it.
    Raises CloudabiError: it could not be started; a subclass says why.
    """
    try:
        with Signals() as signals, Opened() as opened:
            program_fd = opened.program(program)
            opened.resources(manifest.resources, folder, program_fd)
            if tell is not None:
                for place, address in opened.addresses.items():
                    tell(place, address)
            runtime_fd = opened.keep(_open_part(parts.runtime))
            spec = _spec(manifest.value, opened, program_fd, runtime_fd)
            if no_landlock:
                spec["no_landlock"] = True
            signals.hold_back()
            pid = _start(parts.broker, *encode(spec, literal=True), opened, signals)
            opened.close()
            code = os.waitstatus_to_exitcode(signals.wait(pid))
            return code if code >= 0 else Exit.SIGNAL - code
    except Interrupted as interrupted:
        return Exit.SIGNAL + interrupted.number


def _spec(value: Any, opened: Opened, program: int, runtime: int) -> dict[Value, Value]:
    """Say what the broker needs to know."""
    argdata, fds = encode(_with_fds(value, opened.grants))
    grants = {grant.fd: grant for grant in reversed(opened.grants.values())}
    return {
        "runtime": Fd(runtime),
        "program": Fd(program),
        "argdata": argdata,
        "descriptors": [_descriptor(grants[fd]) for fd in fds],
    }


def _open_part(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise _incomplete(path, error) from None


def _incomplete(path: str, error: OSError) -> CloudabiError:
    message = f"the installation lacks `{path}`: {error.strerror}"
    return CloudabiError(Problem(message, helps=(_HELP,)))


def _with_fds(value: Any, grants: dict[Resource, Grant]) -> Any:
    """Replace resources by descriptors; manifests do not nest deeper than recursion may."""
    if isinstance(value, Resource):
        return Fd(grants[value].fd)
    if isinstance(value, list):
        return [_with_fds(member, grants) for member in value]
    if isinstance(value, dict):
        return {key: _with_fds(member, grants) for key, member in value.items()}
    return value


def _descriptor(grant: Grant) -> dict[Value, Value]:
    return {
        "fd": Fd(grant.fd),
        "name": grant.place,
        "rights": grant.rights,
        "inheriting": grant.inheriting,
    }


def _start(broker: str, spec: bytes, needed: list[int], opened: Opened, signals: Signals) -> int:
    """Start the broker, without environment. It closes what the spec does not mention."""
    spec_fd = opened.keep(os.memfd_create("cloudabi-spec", os.MFD_CLOEXEC))
    os.write(spec_fd, spec)
    # A duplicate over itself is how posix_spawn() says: stays open.
    actions = [(os.POSIX_SPAWN_DUP2, fd, fd) for fd in (*needed, spec_fd)]
    try:
        return os.posix_spawn(
            broker,
            [broker, str(spec_fd)],
            {},
            file_actions=actions,
            setsigmask=signals.former_mask,
        )
    except OSError as error:
        raise _incomplete(broker, error) from None
