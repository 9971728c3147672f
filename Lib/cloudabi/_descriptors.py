# SPDX-License-Identifier: BSD-2-Clause
"""The descriptors of a program: their rights and their numbers, for a run and for a plan of one."""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING
from cloudabi.argdata import Fd, encode
from cloudabi.resources import ALL, READ, Descriptor, File, Inherited, Resource

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cloudabi._opening import Grant


def rights_of(resource: Resource, *, is_directory: bool) -> tuple[int, int]:
    """Return the rights to a resource, and those to what is below a directory."""
    if isinstance(resource, File):
        access = resource.access
        return (access.directory or 0, access.below) if is_directory else (access.file, 0)
    if isinstance(resource, Descriptor):
        return resource.rights, resource.inheriting
    if isinstance(resource, Inherited) and is_directory:
        return READ.directory or 0, READ.below
    return ALL, ALL


def numbered(value: Any, grants: Mapping[Resource, Grant]) -> tuple[bytes, list[Grant]]:
    """Encode a manifest's value; returns it, and the grants in the order of their numbers."""
    argdata, fds = encode(_with_fds(value, grants))
    by_fd = {grant.fd: grant for grant in reversed(list(grants.values()))}
    return argdata, [by_fd[fd] for fd in fds]


def _with_fds(value: Any, grants: Mapping[Resource, Grant]) -> Any:
    """Replace resources by descriptors; manifests do not nest deeper than recursion may."""
    if isinstance(value, Resource):
        return Fd(grants[value].fd)
    if isinstance(value, list):
        return [_with_fds(member, grants) for member in value]
    if isinstance(value, dict):
        return {key: _with_fds(member, grants) for key, member in value.items()}
    return value
