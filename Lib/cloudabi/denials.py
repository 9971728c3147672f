# SPDX-License-Identifier: BSD-2-Clause
"""Why something was denied, and what in the manifest would grant it."""

from __future__ import annotations

import json
import os

from cloudabi._abi import RIGHT_FD_READ, RIGHT_FD_WRITE, RIGHTS_WRITING
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi.diagnostics import listed, position
from cloudabi.errors import Problem
from cloudabi.resources import (
    MODES,
    RIGHTS,
    Access,
    File,
    Inherited,
    Resource,
    StandardLibrary,
    access_by_rights,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudabi.manifest import Manifest
    from cloudabi.outcome import Denial

# What the host has to say, by error.
_HOST = {
    "EACCES": "give the user who starts cloudabi-run the permission, as `chmod` and `chown` do",
    "EPERM": "look at the file's owner and attributes, as `ls -l` and `lsattr` show them",
    "EROFS": "name a folder on a file system that is not mounted read-only",
}


class Remedy(Record):
    """A change of one entry of the manifest.

    resource: the entry. key, value: of its map, `mode` or `rights`, in YAML.
    access: what they stand for.
    """

    resource: File
    key: str
    value: str
    access: Access


def remedy(denial: Denial, manifest: Manifest) -> Remedy | None:
    """Find the smallest change that grants the rights that lacked; None if none does."""
    resource = _resource(denial, manifest)
    if not isinstance(resource, File) or isinstance(resource, StandardLibrary):
        return None
    if not denial.rights:
        return None
    current, lacking = resource.access, _bits(denial.rights)
    if current.flags == os.O_PATH and not denial.is_directory:
        # What cannot be read or written is only referred to, whatever else is granted.
        lacking |= RIGHT_FD_WRITE if lacking & RIGHTS_WRITING else RIGHT_FD_READ
    if _covers(current, current, lacking):
        return None
    for mode, access in MODES.items() if current in MODES.values() else ():
        if _covers(access, current, lacking):
            return Remedy(resource, "mode", mode, access)
    rights = _granted(current) | lacking
    names = ", ".join(name for name, bit in RIGHTS.items() if rights & bit)
    return Remedy(resource, "rights", f"[{names}]", access_by_rights(rights))


def explain(denial: Denial, manifest: Manifest) -> Problem:
    """Say what was denied and why, and which lines of the manifest would grant it."""
    resource = _resource(denial, manifest)
    notes, helps = _advice(denial, manifest, resource)
    if denial.line > 0:
        notes = (f"line {denial.line} of `{denial.file}`, in `{denial.function}`", *notes)
    return Problem(_message(denial), resource.span if resource else None, notes, helps)


def _message(denial: Denial) -> str:
    what = f"`{denial.call}`" if denial.path is None else f"`{denial.call}` of `{denial.path}`"
    if denial.rights:
        return f"{what}: `{denial.place or 'a descriptor'}` lacks {listed(denial.rights)}"
    return f"{what}{f' in `{denial.place}`' if denial.place is not None else ''}: {denial.error}"


def _advice(
    denial: Denial, manifest: Manifest, resource: Resource | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return notes and helps."""
    if denial.rights:
        return _about_rights(denial, manifest, resource)
    if denial.error in _HOST:
        return ("it is the host that refuses: no line of the manifest helps",), (
            _HOST[denial.error],
        )
    path = denial.path
    if resource is not None:
        return ("the path leads out of the directory", "or into a file system of the kernel"), (
            "grant what it leads to by an entry of its own: `!file {path: …}`",
        )
    if path is None:
        return ("no line of the manifest grants this",), ()
    if path.startswith("/"):
        return ("the program holds no directory with this path",), (
            f"add an entry `!file {{path: {_yaml(path)}}}`, and use its descriptor",
        )
    return ("a relative path starts from the key `cwd`, which is not there",), (
        "add `cwd: !file {path: .}`, or name a path below a descriptor",
    )


def _about_rights(
    denial: Denial, manifest: Manifest, resource: Resource | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    change = remedy(denial, manifest)
    if change is not None:
        help_ = f"in {_where(change.resource)} use `{change.key}: {change.value}`"
        return (), (help_,)
    if isinstance(resource, Inherited):
        number = resource.number
        help_ = f"open descriptor {number} with more access where cloudabi-run is started"
        return (), (f"{help_}; or use `!file` in {_where(resource)}, if it is a file or directory",)
    if isinstance(resource, StandardLibrary):
        return ("`!stdlib` is for reading",), ("grant another place, such as a `!tmpdir`",)
    if resource is None:
        return ("the program made this descriptor itself",), ()
    return ("the manifest grants this: the program gave it up when it opened something",), (
        "have the program ask for these rights",
    )


def _yaml(text: str) -> str:
    """Quote what could mean something else in YAML."""
    is_plain = all(c.isalnum() or c in "/._-" for c in text)
    return text if is_plain and text.isascii() else json.dumps(text)


def _where(resource: Resource) -> str:
    if resource.span is None:
        return f"`{resource.place}`"
    name = os.path.basename(resource.span.source.name)
    return f"`{resource.place}` ({name}:{position(resource.span)[0]})"


def _resource(denial: Denial, manifest: Manifest) -> Resource | None:
    """Find what the manifest granted."""
    found = (resource for resource in manifest.resources if resource.place == denial.place)
    return next(found, None) if denial.place is not None else None


def _bits(names: Sequence[str]) -> int:
    return sum(RIGHTS[name] for name in names)


def _granted(access: Access) -> int:
    """Return the rights that are there, wherever they hold."""
    return (access.directory or 0) | access.below | access.file


def _covers(access: Access, current: Access, lacking: int) -> bool:
    """Tell whether access grants what current does, and the rights that lacked."""
    parts = ((access.file, current.file), (access.below, current.below))
    return (
        (access.directory is None) == (current.directory is None)
        and access.creates >= current.creates
        and not any(old & ~new for new, old in parts)
        and not (current.directory or 0) & ~(access.directory or 0)
        and not lacking & ~_granted(access)
    )
