# SPDX-License-Identifier: BSD-2-Clause
"""Temporary directories: how they are made, and how much is in them.

Imported only where a manifest asks for one.
"""

from __future__ import annotations

import errno
import os
import stat
import time

from cloudabi import _timer
from cloudabi._leftovers import Leftover
from cloudabi._record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    _Level = tuple[int, Any]  # a directory, and what os.scandir() makes of it

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK = 512  # bytes; what st_blocks counts
# What a name counts at least: also files without blocks take room, in memory even.
_NAME = 4096
# A descriptor is held for each level; what is deeper counts as too much.
_DEPTH_MAX = 100
_TOO_MUCH = 2**63
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP)  # or something else by now
_NS_PER_S = 10**9
_INTERVAL_MIN = _NS_PER_S // 50
_INTERVAL_MAX = _NS_PER_S // 2
# How long to look without a pause, and how many times longer not to look, within bounds.
_SLICE = _NS_PER_S // 200
_PAUSES = 20
_PAUSE_MAX = 2 * _NS_PER_S


def make(janitor: str) -> tuple[int, Leftover]:
    """Make a directory of our own, below $TMPDIR.

    Returns a descriptor and what will remove it. Raises OSError, CloudabiError.
    """
    folder = os.open(os.environ.get("TMPDIR") or "/tmp", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        name = f"cloudabi-{os.urandom(16).hex()}"
        leftover = Leftover(janitor, folder, f"{name}/")
        leftover.announce()
        try:
            os.mkdir(name, 0o700, dir_fd=folder)
            return os.open(name, _DIRECTORY, dir_fd=folder), leftover
        except OSError:
            leftover.end()
            leftover.is_gone(waits=True)
            raise
    finally:
        os.close(folder)


class DiskWatch:
    """Looks from time to time how much is in directories.

    A program that works against it may hide files from a look by moving them meanwhile, and files
    without a name are never seen. The largest size of a file bounds these too.

    timer: a descriptor that is readable when it is time for look().
    is_over: whether one of them was found to have more than the limit.
    """

    def __init__(self, directories: Sequence[int], limit: int) -> None:
        """Start; the limit is of each directory, in bytes."""
        self.timer = _timer.create()
        self.is_over = False
        self._directories = directories
        self._limit = limit
        self._interval = _INTERVAL_MIN
        self._found: list[int] = []
        self._last: list[int] = []
        self._cost = 0
        self._steps = self._walk()
        self._sleep(_INTERVAL_MIN)

    def look(self) -> None:
        """Look for a moment."""
        start = time.monotonic_ns()
        is_through = True
        for _ in self._steps:
            if time.monotonic_ns() - start > _SLICE:
                is_through = False
                break
        self._cost += time.monotonic_ns() - start
        self._sleep(self._next_interval() if is_through else _SLICE)

    def finish(self) -> None:
        """Look once more, and then no more."""
        for _ in self._walk():
            pass

    def _next_interval(self) -> int:
        """Choose when to look again: the later, the longer nothing changed and looking takes."""
        changes = self._found != self._last
        self._interval = _INTERVAL_MIN if changes else min(2 * self._interval, _INTERVAL_MAX)
        pause = max(self._interval, min(_PAUSES * self._cost, _PAUSE_MAX))
        self._last, self._found, self._cost = self._found, [], 0
        self._steps = self._walk()
        return pause

    def _sleep(self, ns: int) -> None:
        """Set the timer, which also makes it unreadable."""
        _timer.start(self.timer, ns)

    def _walk(self) -> Iterator[None]:
        for directory in self._directories:
            total = 0
            for total in measure(directory):
                self.is_over |= total > self._limit
                yield
            self._found.append(total)


def measure(top: int) -> Iterator[int]:
    """Count the bytes that names and files in a directory take on the disk, hard links once.

    top: a descriptor. Yields what was found so far; too much if directories nest too deeply.
    """
    total = 0
    linked: set[tuple[int, int]] = set()
    levels = [_enter(top, ".")]
    try:
        while levels:
            folder, entries = levels[-1]
            entry = next(entries, None)
            if entry is None:
                _leave(levels.pop())
                continue
            status = _status(entry)
            if status is None:
                continue
            blocks = 0 if _is_known(status, linked) else status.st_blocks
            total += max(blocks * _BLOCK, _NAME)
            yield total if len(levels) <= _DEPTH_MAX else _TOO_MUCH
            if stat.S_ISDIR(status.st_mode) and len(levels) <= _DEPTH_MAX:
                try:
                    levels.append(_enter(folder, entry.name))
                except OSError as error:
                    if error.errno not in _GONE:
                        yield _TOO_MUCH  # what cannot be looked at may hide anything
    finally:
        for level in levels:
            _leave(level)


def _enter(folder: int, name: str) -> _Level:
    fd = os.open(name, _DIRECTORY, dir_fd=folder)
    try:
        return fd, os.scandir(fd)
    except OSError:
        os.close(fd)
        raise


def _leave(level: _Level) -> None:
    fd, entries = level
    entries.close()
    os.close(fd)


def _status(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except OSError:
        return None


def _is_known(status: os.stat_result, linked: set[tuple[int, int]]) -> bool:
    """Tell whether a file was counted under another name."""
    if status.st_nlink == 1 or stat.S_ISDIR(status.st_mode):
        return False
    inode = status.st_dev, status.st_ino
    if inode in linked:
        return True
    linked.add(inode)
    return False
