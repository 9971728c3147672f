# SPDX-License-Identifier: BSD-2-Clause
"""Opening files and directories with exactly the granted access."""

from __future__ import annotations

import os
import stat

from cloudabi._paths import find
from cloudabi._record import TYPE_CHECKING
from cloudabi.errors import ManifestError, Problem

if TYPE_CHECKING:
    from cloudabi._paths import Identity
    from cloudabi.resources import File

_KERNEL_FOLDERS = ("/proc", "/sys")
_KINDS = {
    stat.S_IFCHR: ("a device", "use `!fd` with a descriptor that you opened"),
    stat.S_IFBLK: ("a device", "use `!fd` with a descriptor that you opened"),
    stat.S_IFIFO: ("a pipe", "use `!fd` with a descriptor that you opened"),
    stat.S_IFSOCK: ("a socket", "use `!socket` with `connect`"),
}


def open_file(file: File, folder: str, trail: set[Identity]) -> tuple[int, int, int]:
    """Open what `!file` names, relative to a folder.

    trail: as for find().
    Returns the descriptor, its rights, and those to what is below a directory.
    Raises OSError; ManifestError: it is nothing that can be granted by its name.
    """
    path = os.path.join(folder, file.path)
    try:
        handle = find(path, trail)
    except FileNotFoundError:
        if not file.access.creates:
            raise
        return _create(path, file, trail)
    # Everything below concerns what the handle holds, whatever becomes of the name.
    status = os.fstat(handle)
    if stat.S_ISDIR(status.st_mode) and file.access.directory is not None:
        _check(file, status)
        return handle, file.access.directory, file.access.below
    try:
        _check(file, status)
        flags = file.access.flags | os.O_CLOEXEC
        return os.open(f"/proc/self/fd/{handle}", flags), file.access.file, 0
    finally:
        os.close(handle)


def _create(path: str, file: File, trail: set[Identity]) -> tuple[int, int, int]:
    flags = file.access.flags | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    parent, name = os.path.split(path)
    handle = find(parent, trail)
    try:
        return os.open(name, flags, 0o666, dir_fd=handle), file.access.file, 0
    finally:
        os.close(handle)


def _check(file: File, status: os.stat_result) -> None:
    kind = stat.S_IFMT(status.st_mode)
    if status.st_dev in _kernel_devices():
        _refuse(file, "a control of the kernel")
    if kind == stat.S_IFDIR and file.access.directory is None:
        _refuse(file, "a directory", "use `mode: read` or `mode: write`")
    if kind in _KINDS:
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
