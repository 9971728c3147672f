# SPDX-License-Identifier: BSD-2-Clause
"""The record of a run, as JSON in a file."""

from __future__ import annotations

import json
import os
import time

from cloudabi import __version__
from cloudabi._record import TYPE_CHECKING
from cloudabi.denials import explain
from cloudabi.diagnostics import document, problem_document
from cloudabi.errors import CloudabiError, Problem
from cloudabi.resources import (
    ALL,
    RIGHTS,
    ActivatedSocket,
    File,
    Inherited,
    Resource,
    Socket,
    TemporaryDirectory,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cloudabi._opening import Grant
    from cloudabi.manifest import Manifest
    from cloudabi.outcome import Denial, Ending, Outcome

_FORMAT = 1
_BARRIERS = ("seccomp", "landlock", "no_new_privs")


class Report:
    """Gathers what is known about a run, and writes it whatever becomes of it."""

    def __init__(self, path: str, manifest: str, program: str | None) -> None:
        """Start the clock, and hold the folder: the program may be able to replace it later.

        path: where to write. manifest, program: their names; None for the interpreter.
        Raises CloudabiError: there is no such folder.
        """
        self._path = path
        folder, self._name = os.path.split(path)
        try:
            self._folder = os.open(folder or ".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise self._failure(error) from None
        self._is_written = False
        self._record: dict[str, Any] = {
            "format": _FORMAT,
            "cloudabi-run": __version__,
            "kernel": os.uname().release,
            "machine": os.uname().machine,
            "started": time.time(),
            "manifest": manifest,
            "program": program,
        }

    def fail(self, error: CloudabiError) -> None:
        """Write the record of a run that did not come about, unless there is one already."""
        if self._is_written:
            return
        self._record["ending"] = {"kind": "failed"} | document(error)
        self._write()

    def finish(
        self,
        manifest: Manifest,
        grants: Mapping[Resource, Grant],
        outcome: Outcome,
        *,
        is_emulated: bool,
    ) -> None:
        """Write the record of a run."""
        usage = outcome.usage
        self._record |= {
            "enforced": _barriers(outcome, is_emulated=is_emulated),
            "kernel_features": _features(outcome, is_emulated=is_emulated),
            "grants": [_grant(resource, grant, outcome.used) for resource, grant in grants.items()],
            "denials": _denials(outcome, manifest),
            "lost": outcome.lost,
            "limits": {name: getattr(manifest.limits, name) for name in manifest.limits._fields},
            "reached": sorted({*outcome.reached, *filter(None, [outcome.ending.limit])}),
            "ending": _ending(outcome.ending),
            "usage": {name: getattr(usage, name) for name in usage._fields},
        }
        self._write()

    def _write(self) -> None:
        """Replace the file at once, so that nobody reads half of it.

        Raises CloudabiError: it cannot be written.
        """
        self._is_written = True
        data = json.dumps(self._record, indent=2).encode() + b"\n"
        scratch, folder = f"{self._name}.{os.urandom(8).hex()}", self._folder
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with open(os.open(scratch, flags, 0o600, dir_fd=folder), "wb") as file:
                try:
                    file.write(data)
                    file.flush()
                    os.replace(scratch, self._name, src_dir_fd=folder, dst_dir_fd=folder)
                except OSError:
                    os.unlink(scratch, dir_fd=folder)
                    raise
        except OSError as error:
            raise self._failure(error) from None

    def _failure(self, error: OSError) -> CloudabiError:
        return CloudabiError(
            Problem(f"cannot write the report to `{self._path}`: {error.strerror}")
        )


def _barriers(outcome: Outcome, *, is_emulated: bool) -> dict[str, bool | None]:
    """Say what held the program, by the broker's word; null where there is none.

    A run does not begin without what is required. Under an emulator, nothing that holds is worth
    mentioning.
    """
    if is_emulated:
        return dict.fromkeys(_BARRIERS, False)
    has_run = True if outcome.landlock is not None else None
    landlock = outcome.landlock > 0 if outcome.landlock is not None else None
    return dict.fromkeys(_BARRIERS, has_run) | {"landlock": landlock}


def _features(outcome: Outcome, *, is_emulated: bool) -> dict[str, int | None]:
    """Say what the kernel had of that which is not required."""
    if is_emulated:
        return {"landlock": 0, "listener": False}
    return {"landlock": outcome.landlock, "listener": outcome.listener}


def _grant(resource: Resource, grant: Grant, used: frozenset[str]) -> dict[str, object]:
    return {
        "place": resource.place,
        **_target(resource, grant),
        "rights": _names(grant.rights),
        "below": _names(grant.inheriting),
        "used": grant.place in used,
    }


def _target(resource: Resource, grant: Grant) -> dict[str, object]:
    if isinstance(resource, File):
        return {"kind": "directory" if grant.inheriting else "file", "path": resource.path}
    if isinstance(resource, Inherited):
        return {"kind": "descriptor", "number": resource.number}
    if isinstance(resource, Socket):
        return {"kind": "socket", "binds": resource.binds, "address": resource.address}
    if isinstance(resource, ActivatedSocket):
        return {"kind": "socket", "inherited": resource.name}
    if isinstance(resource, TemporaryDirectory):
        return {"kind": "temporary directory"}
    return {"kind": "executable"}


def _names(rights: int) -> list[str] | str:
    if rights == ALL:
        return "all"
    return [name for name, bit in RIGHTS.items() if rights & bit]


def _denials(outcome: Outcome, manifest: Manifest) -> list[dict[str, object]]:
    """List the denials; those that are the same are counted."""
    counts: dict[Denial, int] = {}
    for denial in outcome.denials:
        counts[denial] = counts.get(denial, 0) + 1
    return [
        {name: getattr(denial, name) for name in denial._fields}
        | {"count": count, "explanation": problem_document(explain(denial, manifest))}
        for denial, count in counts.items()
    ]


def _ending(ending: Ending) -> dict[str, object]:
    known = {name: getattr(ending, name) for name in ending._fields}
    defaults = {name: getattr(type(ending), name, None) for name in ending._fields}
    shown = {name: value for name, value in known.items() if value != defaults[name]}
    return shown | {"message": ending.message()}
