# SPDX-License-Identifier: BSD-2-Clause
"""The ways in which a program that ran can fail its caller, as exceptions."""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING
from cloudabi.diagnostics import printable
from cloudabi.errors import Problem, RunError

if TYPE_CHECKING:
    from cloudabi.outcome import Ending

_TEXT_MAX = 1000  # characters of a program's own words
_LINES_MAX = 100  # of its traceback


class ProgramError(RunError):
    """An exception that the program did not catch.

    type, message: of the exception, such as `ZeroDivisionError` and `division by zero`.
    traceback: what Python would print, in the program's own words. A note of this exception shows
        it, without what could command a terminal.
    """

    def __init__(self, type: str, message: str, traceback: str) -> None:  # noqa: A002
        super().__init__(Problem(_quoted(f"{type}: {message}" if message else type)), 1)
        self.type = type
        self.message = message
        self.traceback = traceback
        lines = [f"  {_quoted(line)}" for line in traceback.splitlines()[-_LINES_MAX:]]
        self.add_note("\n".join(["in the sandbox:", *lines]))


class ExitError(RunError):
    """The program ended by itself, with another status than 0."""

    def __init__(self, status: int) -> None:
        super().__init__(Problem(f"the program ended with status {status}"), status)


class ResultError(RunError):
    """What the program has for its caller cannot be handed over.

    path: the part that is in the way, such as `value.x[1]`; empty where it is all of it.
    reason: what is wrong with it.
    """

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(Problem(_quoted(f"at {path}: {reason}" if path else reason)), 0)
        self.path = path
        self.reason = reason


class EndingError(RunError):
    """The program was ended, or broke down."""

    def __init__(self, ending: Ending) -> None:
        message = ending.message() or f"the sandbox ended with status {ending.status}"
        super().__init__(Problem(message), ending.status)
        self.ending = ending


class LimitError(EndingError):
    """The program was ended because it reached a limit."""

    @property
    def limit(self) -> str:
        """The limit's name, such as `wall`."""
        return self.ending.limit


class PolicyError(EndingError):
    """The program was ended because it made a system call that the sandbox refuses."""

    @property
    def call(self) -> str:
        """The host's name of the call; empty if the kernel could not tell."""
        return self.ending.call


class CrashError(EndingError):
    """The program was ended by a signal: it crashed, or somebody ended it."""

    @property
    def signal(self) -> int:
        """The signal's number."""
        return self.ending.signal


class SandboxError(EndingError):
    """The sandbox could not be set up, or broke down."""


def failure(ending: Ending) -> RunError | None:
    """Turn an ending into an exception; None if it is that of a program without fault."""
    if ending.kind == "exited":
        return ExitError(ending.status) if ending.status != 0 else None
    return _KINDS.get(ending.kind, SandboxError)(ending)


_KINDS = {
    "limit": LimitError,
    "policy": PolicyError,
    "signal": CrashError,
    "interrupted": CrashError,
}


def _quoted(text: str) -> str:
    """Make the words of a program fit to be printed."""
    return printable(text if len(text) <= _TEXT_MAX else text[:_TEXT_MAX] + "…")
