# SPDX-License-Identifier: BSD-2-Clause
"""Pipes between a program and where its output goes: to count it, or to keep it."""

from __future__ import annotations

import os
import select

from cloudabi._record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_CHUNK = 2**16
# So much can be written to a pipe that has room without waiting.
_PIECE = select.PIPE_BUF


class Meter:
    """Counts the bytes of several outputs together, up to a limit.

    has_overflown: there was more.
    """

    def __init__(self, limit: int | None) -> None:
        self.limit = limit
        self.has_overflown = False
        self._passed = 0

    def admit(self, data: bytes) -> bytes:
        """Return as much of the data as the limit leaves."""
        if self.limit is not None and len(data) > self.limit - self._passed:
            self.has_overflown = True
            data = data[: self.limit - self._passed]
        self._passed += len(data)
        return data


class Output:
    """A pipe whose end for writing the program gets.

    writer: that end. kept: what was captured.
    """

    def __init__(self, meters: Sequence[Meter], target: int | None) -> None:
        """Make a pipe.

        target: what to pass the bytes on to, of which we keep a duplicate; None to keep them.
        """
        self.kept = bytearray()
        self._meters = meters
        self._target = os.dup(target) if target is not None else None
        self._reader, self.writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        os.set_blocking(self.writer, True)
        self._rest = b""  # was read, and not yet written
        self._epoll: select.epoll | None = None
        self._reader_is_watched = False
        self._target_waits = False

    def watch(self, epoll: select.epoll, handlers: dict[int, Callable[[], None]]) -> None:
        """Work whenever the epoll says so; our copy of the program's end is closed."""
        os.close(self.writer)
        self.writer = -1
        self._epoll = epoll
        handlers[self._reader] = self._read
        self._watch_reader(True)
        if self._target is not None:
            handlers[self._target] = self._write
            try:
                epoll.register(self._target, 0)
                self._target_waits = True
            except PermissionError:
                pass  # a file, which is always ready

    def drain(self) -> bool:
        """Go on after the program's end; tells whether everything has been passed on."""
        while self._reader >= 0 and not self._rest:
            self._read(is_last=True)
        return not self._rest

    def close(self) -> None:
        """Close everything; what has not been passed on is lost, and what was kept is not."""
        self._rest = b""
        self._stop_reading()
        if self.writer >= 0:
            os.close(self.writer)
            self.writer = -1
        if self._target is not None:
            if self._target_waits and self._epoll is not None:
                self._epoll.unregister(self._target)
            os.close(self._target)
            self._target = None

    def _read(self, is_last: bool = False) -> None:
        if self._reader < 0 or self._rest:
            return  # the news is from before
        try:
            data = os.read(self._reader, _CHUNK)
        except BlockingIOError:
            if is_last:
                self._stop_reading()
            return
        for meter in self._meters:
            data = meter.admit(data)
        if not data:
            self._stop_reading()
        elif self._target is None:
            self.kept += data
        else:
            self._rest = data
            self._wait_for_room()

    def _wait_for_room(self) -> None:
        if not self._target_waits:
            while self._rest:
                self._write()
        else:
            self._watch_reader(False)
            self._watch_target(select.EPOLLOUT)

    def _write(self) -> None:
        """Write a piece; called without one, it is because nobody takes any more."""
        if self._target is None or not self._rest:
            self.close()
            return
        try:
            self._rest = self._rest[os.write(self._target, self._rest[:_PIECE]) :]
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        if not self._rest:
            self._watch_target(0)
            self._watch_reader(True)

    def _watch_reader(self, is_watched: bool) -> None:
        """Begin or end to watch it; asked for nothing, it would still tell of its end."""
        if self._epoll is None or self._reader < 0 or is_watched == self._reader_is_watched:
            return
        if is_watched:
            self._epoll.register(self._reader, select.EPOLLIN)
        else:
            self._epoll.unregister(self._reader)
        self._reader_is_watched = is_watched

    def _watch_target(self, events: int) -> None:
        if self._epoll is not None and self._target is not None and self._target_waits:
            self._epoll.modify(self._target, events)

    def _stop_reading(self) -> None:
        if self._reader >= 0:
            self._watch_reader(False)
            os.close(self._reader)
            self._reader = -1
