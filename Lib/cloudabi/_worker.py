# SPDX-License-Identifier: BSD-2-Clause
"""A sandbox that performs one task after the other, as its host sees it."""

from __future__ import annotations

import math
import select
import socket
import time

from cloudabi._embedding import start
from cloudabi._guest import VALUE_MAX
from cloudabi._record import TYPE_CHECKING
from cloudabi._replies import value_of
from cloudabi.argdata import Reader, Writer
from cloudabi.errors import ArgdataError
from cloudabi.failures import ExitError, ResultError, failure
from cloudabi.outcome import limit_reached
from cloudabi.resources import ALL, Descriptor

if TYPE_CHECKING:
    from typing import Any

    from cloudabi._embedding import Given
    from cloudabi.argdata import Value
    from cloudabi.errors import RunError
    from cloudabi.outcome import Outcome
    from cloudabi.resources import Limits

_ENDING_S = 5.0  # until a worker that has hung up must have ended
_FAREWELL_S = 1.0  # for a worker that is no longer needed, to end by itself
_WAIT_S = 1000.0  # at a time; poll() does not take everything


class Worker:
    """Belongs to one thread at a time, but for kill().

    tasks: how many it was given.
    """

    def __init__(self, given: Given, limits: Limits) -> None:
        """Start the sandbox; the errors are those of start()."""
        self.tasks = 0
        self._is_spoilt = False
        self._socket, theirs = socket.socketpair()
        try:
            with theirs:
                tasks = Descriptor(None, "tasks", theirs.fileno(), ALL, 0)
                self._sandbox = start(given, {"tasks": tasks}, limits)
        except BaseException:
            self._socket.close()
            raise
        self._socket.setblocking(False)
        self._reader = Reader(self._socket, max_bytes=VALUE_MAX)
        self._writer = Writer(self._socket, max_bytes=VALUE_MAX, max_fds=0)
        self._poll = select.poll()
        self._poll.register(self._sandbox.fileno(), select.POLLIN)

    def is_fit(self) -> bool:
        """Tell whether it can perform another task: it lives, and has said nothing unasked."""
        if self._is_spoilt or self._sandbox.step() is not None:
            return False
        connection = select.poll()
        connection.register(self._socket, select.POLLIN)
        return not connection.poll(0)

    def perform(self, task: dict[Any, Any], timeout: float | None) -> Value:
        """Have a task performed, and return its value.

        timeout: seconds.
        Raises ArgdataError: the task cannot be sent. RunError: there is no value.
        """
        self.tasks += 1
        try:
            self._writer.send(task)
        except (BlockingIOError, ConnectionError):
            pass  # later, or never
        self._is_spoilt = True
        reply = self._receive(timeout)
        if not isinstance(reply, dict) or reply.get("task") != task["task"]:
            raise ResultError("", "the worker's reply belongs to no task")
        self._is_spoilt = False
        return value_of(reply)

    def kill(self) -> None:
        """End it at once, from any thread."""
        self._sandbox.kill()

    def dismiss(self) -> None:
        """Let it end by itself."""
        self._socket.close()

    def close(self) -> None:
        """End it, after giving it a moment to do that by itself."""
        with self._sandbox:
            self._socket.close()
            if not self._is_spoilt:
                self._outcome(time.monotonic() + _FAREWELL_S)

    def _receive(self, timeout: float | None) -> Value:
        """Wait for a reply. Raises RunError: there is none in time, or it makes no sense."""
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        problem = None
        while problem is None:
            outcome = self._sandbox.step()
            try:
                self._writer.flush()
                return self._reader.receive()
            except BlockingIOError:
                if outcome is not None:
                    raise _failure(outcome) from None
                self._wait(deadline)
            except (EOFError, ConnectionError):
                problem = "the worker has hung up"
            except ArgdataError as error:
                problem = f"the worker's reply is malformed: {error.message}"
            if time.monotonic() >= deadline:
                self._sandbox.kill(limit_reached("wall", round((timeout or 0) * 10**9)))
                raise _failure(self._sandbox.wait())
        outcome = self._outcome(min(deadline, time.monotonic() + _ENDING_S))
        raise ResultError("", problem) if outcome is None else _failure(outcome)

    def _wait(self, deadline: float) -> None:
        """Wait until there is something to read, room to write, or news from the sandbox."""
        writes = select.POLLOUT if self._writer.is_waiting else 0
        self._poll.register(self._socket, select.POLLIN | writes)
        self._poll.poll(_milliseconds(deadline))

    def _outcome(self, deadline: float) -> Outcome | None:
        """Wait for the sandbox alone."""
        ended = select.poll()
        ended.register(self._sandbox.fileno(), select.POLLIN)
        while (outcome := self._sandbox.step()) is None:
            if time.monotonic() >= deadline:
                break
            ended.poll(_milliseconds(deadline))
        return outcome


def _milliseconds(deadline: float) -> int:
    return math.ceil(min(max(0, deadline - time.monotonic()), _WAIT_S) * 1000)


def _failure(outcome: Outcome) -> RunError:
    return failure(outcome.ending) or ExitError(0)
