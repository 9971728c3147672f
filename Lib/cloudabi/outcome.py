# SPDX-License-Identifier: BSD-2-Clause
"""How a run ended, what it used, and what it was denied."""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING, Record
from cloudabi.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Callable

_NS_PER_S = 10**9


class Ending(Record):
    """How a run ended.

    kind: `exited`, when the program itself did; `signal`, of a crash; `limit`; `policy`, for a
        system call that the sandbox refuses; `interrupted`, by somebody; `failed`, to start.
    status: what cloudabi-run ends with.
    signal: of a crash, or what interrupted the run.
    limit, bound: which one, and its value in its smallest unit.
    call, number: of the refused system call; empty and -1 where they are unknown.
    reason: why it failed; empty if the broker has told it already.
    """

    kind: str
    status: int
    signal: int = 0
    limit: str = ""
    bound: int = 0
    call: str = ""
    number: int = -1
    reason: str = ""

    def message(self) -> str | None:
        """Tell a person; None if there is nothing to tell.

        >>> limit_reached("wall", 2 * 10**9).message()
        'the program reached its limit of 2 s wall time'
        """
        return _MESSAGES[self.kind](self)


class Usage(Record):
    """What a run took: nanoseconds, and the most bytes that were in memory at a time."""

    wall_ns: int = 0
    user_ns: int = 0
    system_ns: int = 0
    memory_bytes: int = 0


class Denial(Record):
    """An operation that was refused.

    call: its name in the ABI. error: what the program got, such as `ENOTCAPABLE`.
    place: of the capability in the manifest; None if it is none that was there at the start.
    is_directory: what it is.
    path: below it; None if the call has none.
    rights: those that lack; empty if that is not the reason.
    source: who refused: `broker`, or `program` for its own word, which nothing proves.
    file, line, function: what the program was executing; empty and 0 if unknown.
    """

    call: str
    error: str
    place: str | None = None
    path: str | None = None
    rights: tuple[str, ...] = ()
    source: str = "broker"
    file: str = ""
    line: int = 0
    function: str = ""
    is_directory: bool = False


class Outcome(Record):
    """Everything about a run that has ended.

    denials: in the order of time. lost: how many records about the run are missing.
    used: places of the grants that the program made use of. reached: names of the limits at which
    a call failed. output: by place, what was captured. landlock: the version that confined the
    program, 0 for none. listener: whether its filter told which calls are refused. Both are None
    where nobody has told, as the program may not have run.
    """

    ending: Ending
    usage: Usage
    denials: tuple[Denial, ...]
    lost: int
    used: frozenset[str]
    reached: tuple[str, ...]
    output: dict[str, bytes]
    landlock: int | None = None
    listener: bool | None = None


def interrupted(number: int) -> Ending:
    """Make the ending of a run that a signal interrupted."""
    return Ending("interrupted", Exit.SIGNAL + number, signal=number)


def limit_reached(limit: str, bound: int) -> Ending:
    """Make the ending at a limit."""
    return Ending("limit", Exit.LIMIT, limit=limit, bound=bound)


def failed(reason: str, status: int = Exit.LAUNCHER) -> Ending:
    """Make the ending of a run that did not start."""
    return Ending("failed", status, reason=reason)


def _crash(ending: Ending) -> str:
    return f"the program crashed: signal {_signal(ending.signal)}"


def _limit(ending: Ending) -> str:
    write, what = _LIMITS[ending.limit]
    return f"the program reached its limit of {write(ending.bound)} {what}"


def _policy(ending: Ending) -> str:
    message = "the program made a system call that the sandbox refuses"
    if ending.number < 0:
        return message
    return f"{message}: {ending.call or 'number'} ({ending.number})"


def _signal(number: int) -> str:
    import signal

    return f"{number} ({signal.strsignal(number) or 'unknown'})"


_MESSAGES: dict[str, Callable[[Ending], str | None]] = {
    "exited": lambda _: None,
    "signal": _crash,
    "limit": _limit,
    "policy": _policy,
    "interrupted": lambda ending: f"the run was interrupted: signal {_signal(ending.signal)}",
    "failed": lambda ending: ending.reason or None,
}


def bytes_text(count: int) -> str:
    """Write a number of bytes with the largest unit that divides it."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10), ("MB", 10**6)):
        if count % size == 0 and count > 0:
            return f"{count // size} {unit}"
    return f"{count} byte{'s' if count != 1 else ''}"


def time_text(ns: int) -> str:
    """Write a duration in seconds or milliseconds.

    >>> time_text(1500 * 10**6), time_text(20 * 10**6), time_text(10**9)
    ('1.5 s', '20 ms', '1 s')
    """
    if ns >= _NS_PER_S:
        return f"{ns / _NS_PER_S:g} s"
    return f"{ns / 10**6:g} ms"


# By limit, how to write its amount, and what it bounds.
_LIMITS: dict[str, tuple[Callable[[int], str], str]] = {
    "memory": (bytes_text, "of memory"),
    "cpu": (time_text, "processor time"),
    "wall": (time_text, "wall time"),
    "threads": (str, "threads"),
    "files": (str, "open files"),
    "processes": (str, "processes"),
    "file_size": (bytes_text, "in a temporary directory"),
    "output": (bytes_text, "of output"),
    "disk": (bytes_text, "in a temporary directory"),
}
