# SPDX-License-Identifier: BSD-2-Clause
"""Opening files and directories with exactly the granted access."""

from __future__ import annotations

import os
import stat

from cloudabi._paths import LinkError, find
from cloudabi._record import TYPE_CHECKING
from cloudabi.errors import ManifestError, Problem

if TYPE_CHECKING:
    from cloudabi._paths import Identity
    from cloudabi.resources import File

_KERNEL_FOLDERS = ("/proc", "/sys")
_KINDS = {
    stat.S_IFCHR: ("a device", "use `devices: true` if that is meant"),
    stat.S_IFBLK: ("a device",),
    stat.S_IFIFO: ("a pipe", "use `!fd` with a descriptor that you opened"),
    stat.S_IFSOCK: ("a socket", "use `!socket` with `connect`"),
}


def open_file(file: File, folder: str, trail: set[Identity]) -> int:
    """Open what `!file` names, relative to a folder, and make it if it is missing and may be.

    trail: as for find().
    Raises OSError; ManifestError: it is nothing that can be granted by its name.
    """
    handle = find_file(file, folder, trail)
    if handle is None:
        return _create(file, folder, trail)
    try:
        # All this concerns what the handle holds, whatever becomes of the name.
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            return os.dup(handle)
        flags = file.access.flags | os.O_NOCTTY | os.O_CLOEXEC
        return os.open(f"/proc/self/fd/{handle}", flags)
    finally:
        os.close(handle)


def find_file(file: File, folder: str, trail: set[Identity]) -> int | None:
    """Find what `!file` names, for reference only; None if it is to be made.

    Arguments and errors are those of open_file().
    """
    try:
        handle = _find(file, file.path, folder, trail)
    except FileNotFoundError:
        if not file.access.creates:
            raise
        os.close(_find(file, os.path.dirname(file.path), folder, trail))
        return None
    try:
        _check(file, os.fstat(handle))
    except ManifestError:
        os.close(handle)
        raise
    return handle


def _find(file: File, path: str, folder: str, trail: set[Identity]) -> int:
    try:
        return find(path, trail, folder=folder, symlinks=file.symlinks)
    except LinkError as error:
        message = f"cannot open `{file.path}`: {error}"
        helps = (
            "name what the link leads to",
            "`symlinks: follow` accepts it; only do so if nobody else can change it",
        )
        raise ManifestError(Problem(message, file.span, helps=helps)) from None


def _create(file: File, folder: str, trail: set[Identity]) -> int:
    flags = file.access.flags | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    parent, name = os.path.split(file.path)
    handle = _find(file, parent, folder, trail)
    try:
        return os.open(name, flags, 0o666, dir_fd=handle)
    finally:
        os.close(handle)


def _check(file: File, status: os.stat_result) -> None:
    kind = stat.S_IFMT(status.st_mode)
    if status.st_dev in _kernel_devices() and not file.kernel:
        _refuse(file, "a control of the kernel", "use `kernel: true` if that is meant")
    if kind == stat.S_IFDIR and file.access.directory is None:
        _refuse(file, "a directory", "use `mode: read` or `mode: write`")
    if kind in _KINDS and not (file.devices and kind == stat.S_IFCHR):
        _refuse(file, *_KINDS[kind])


def _refuse(file: File, what: str, *helps: str) -> None:
    message = f"`{file.path}` is {what}"
    raise ManifestError(Problem(message, file.span, helps=helps))


def _kernel_devices() -> set[int]:
    """Return the device numbers of the kernel's own file systems, where they are mounted."""
    devices = set()
    for folder in _KERNEL_FOLDERS:
        try:
            devices.add(os.stat(folder).st_dev)
        except OSError:
            pass
    return devices - {os.stat("/").st_dev}
