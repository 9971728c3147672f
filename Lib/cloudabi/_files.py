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


def open_file(file: File, folder: str, trail: set[Identity]) -> tuple[int, int, int]:
    """Open what `!file` names, relative to a folder.

    trail: as for find().
    Returns the descriptor, its rights, and those to what is below a directory.
    Raises OSError; ManifestError: it is nothing that can be granted by its name.
    """
    try:
        handle = _find(file, file.path, folder, trail)
    except FileNotFoundError:
        if not file.access.creates:
            raise
        return _create(file, folder, trail)
    # Everything below concerns what the handle holds, whatever becomes of the name.
    try:
        status = os.fstat(handle)
        _check(file, status)
        if stat.S_ISDIR(status.st_mode) and file.access.directory is not None:
            return os.dup(handle), file.access.directory, file.access.below
        flags = file.access.flags | os.O_NOCTTY | os.O_CLOEXEC
        return os.open(f"/proc/self/fd/{handle}", flags), file.access.file, 0
    finally:
        os.close(handle)


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


def _create(file: File, folder: str, trail: set[Identity]) -> tuple[int, int, int]:
    flags = file.access.flags | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    parent, name = os.path.split(file.path)
    handle = _find(file, parent, folder, trail)
    try:
        return os.open(name, flags, 0o666, dir_fd=handle), file.access.file, 0
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
