# SPDX-License-Identifier: BSD-2-Clause
"""Finding what a path names, and which directories could have led it elsewhere."""

from __future__ import annotations

import errno
import os
import stat

from cloudabi._record import TYPE_CHECKING

if TYPE_CHECKING:
    Identity = tuple[int, int]

_REFERENCE = os.O_PATH | os.O_CLOEXEC
_LINKS_MAX = 40  # as many symbolic links as Linux follows


def identity(fd: int) -> Identity:
    """Tell what is open from everything else: device and inode."""
    status = os.fstat(fd)
    return status.st_dev, status.st_ino


def find(path: str, trail: set[Identity]) -> int:
    """Open a path for reference as the kernel does, one name after the other.

    trail: gets the directories that were passed on the way to symbolic links.
    Raises OSError.
    """
    names = _names(path if path.startswith("/") else f"{os.getcwd()}/{path}")
    passed: set[Identity] = set()
    links = 0
    at = os.open("/", _REFERENCE)
    try:
        while names:
            passed.add(identity(at))
            found = os.open(names.pop(), _REFERENCE | os.O_NOFOLLOW, dir_fd=at)
            if not stat.S_ISLNK(os.fstat(found).st_mode):
                at = _replace(at, found)
                continue
            text = _take_link(found)
            trail |= passed
            links += 1
            if links > _LINKS_MAX:
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
            names += _names(text)
            if text.startswith("/"):
                at = _replace(at, os.open("/", _REFERENCE))
    except OSError:
        os.close(at)
        raise
    return at


def _names(path: str) -> list[str]:
    """Split a path; the first name comes last."""
    return [name for name in reversed(path.split("/")) if name not in ("", ".")]


def _replace(old: int, new: int) -> int:
    os.close(old)
    return new


def _take_link(fd: int) -> str:
    try:
        return os.readlink("", dir_fd=fd)
    finally:
        os.close(fd)
