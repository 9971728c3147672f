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


class LinkError(Exception):
    """A symbolic link on the way is not accepted."""


def identity(fd: int) -> Identity:
    """Tell what is open from everything else: device and inode."""
    status = os.fstat(fd)
    return status.st_dev, status.st_ino


def find(path: str, trail: set[Identity], *, folder: str = "", symlinks: str = "follow") -> int:
    """Open a path for reference as the kernel does, one name after the other.

    folder: what a relative path starts from. symlinks: which to accept on the way from there, as
    in resources.File.
    trail: gets the directories that were passed on the way to symbolic links.
    Raises OSError, LinkError.
    """
    with _Walk(trail) as walk:
        if not path.startswith("/"):
            walk.go(os.path.join(os.getcwd(), folder))
            if symlinks == "inside":
                walk.fence(_ups(path))
        walk.go(path, accepts_links=symlinks != "refuse")
        return walk.take()


class _Walk:
    """Where a path has led so far.

    The directories from the root to here stay open, so that `..` leads to where the way came from
    whatever is renamed meanwhile, and never out of a fence.
    """

    def __init__(self, trail: set[Identity]) -> None:
        self._trail = trail
        self._passed: set[Identity] = set()
        self._links = 0
        self._link = ""  # the last one
        self._fence = 0  # the level that cannot be left
        self._levels = [os.open("/", _REFERENCE)]

    def __enter__(self) -> _Walk:
        return self

    def __exit__(self, *_: object) -> None:
        self._return_to(-1)

    def go(self, path: str, *, accepts_links: bool = True) -> None:
        """Follow a path from here, or from the root if it is absolute."""
        names = self._names(path)
        while names:
            name = names.pop()
            if name == "..":
                self._go_up()
                continue
            here = self._levels[-1]
            self._passed.add(identity(here))
            found = os.open(name, _REFERENCE | os.O_NOFOLLOW, dir_fd=here)
            self._levels.append(found)
            if stat.S_ISLNK(os.fstat(found).st_mode):
                if not accepts_links:
                    raise LinkError(f"`{name}` is a symbolic link")
                names += self._follow(name)

    def fence(self, ups: int) -> None:
        """From now on, stay below the directory that is so many levels above."""
        self._fence = max(0, len(self._levels) - 1 - ups)

    def take(self) -> int:
        """Return what was found; the caller closes it."""
        return self._levels.pop()

    def _names(self, path: str) -> list[str]:
        """Split a path, the first name last, after going to where it starts."""
        if path.startswith("/"):
            path = self._below_fence(path)
            self._return_to(self._fence)
        return [name for name in reversed(path.split("/")) if name not in ("", ".")]

    def _below_fence(self, path: str) -> str:
        """Make an absolute path relative to the fence."""
        fence = self._fence_path() if self._fence > 0 else ""
        if path != fence and not path.startswith(f"{fence}/"):
            raise self._leads_out()
        return path[len(fence) :]

    def _fence_path(self) -> str:
        return os.readlink(f"/proc/self/fd/{self._levels[self._fence]}")

    def _follow(self, name: str) -> list[str]:
        """Leave a symbolic link for what it says."""
        self._link = name
        link = self._levels.pop()
        try:
            text = os.readlink("", dir_fd=link)
        finally:
            os.close(link)
        self._trail |= self._passed
        self._links += 1
        if self._links > _LINKS_MAX:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
        return self._names(text)

    def _go_up(self) -> None:
        level = len(self._levels) - 1
        if level > self._fence:
            self._return_to(level - 1)
        elif self._fence > 0:
            raise self._leads_out()

    def _return_to(self, level: int) -> None:
        while len(self._levels) - 1 > level:
            os.close(self._levels.pop())

    def _leads_out(self) -> LinkError:
        message = f"the symbolic link `{self._link}` leads out of `{self._fence_path()}`"
        return LinkError(message)


def _ups(path: str) -> int:
    """Count the levels that a path rises above where it starts, links apart."""
    level = lowest = 0
    for name in path.split("/"):
        if name == "..":
            level -= 1
        elif name not in ("", "."):
            level += 1
        lowest = min(lowest, level)
    return -lowest
