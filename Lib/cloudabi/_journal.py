# SPDX-License-Identifier: BSD-2-Clause
"""What a broker tells about a run, packet by packet."""

from __future__ import annotations

from cloudabi import _abi
from cloudabi._record import TYPE_CHECKING
from cloudabi.argdata import decode
from cloudabi.errors import Exit
from cloudabi.outcome import Denial, Ending, Usage, failed, interrupted, limit_reached

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from cloudabi._opening import Grant
    from cloudabi.resources import Limits

# Characters of all denials together; the program chooses how long its paths are.
_TEXT_MAX = 2**23


class Journal:
    """Collects what is told.

    denials, used, reached, lost, landlock, listener: as in Outcome. ending, usage: None until
    the end.
    """

    def __init__(self, grants: Sequence[Grant], limits: Limits) -> None:
        """Start empty; grants: the program's descriptors, by number."""
        self.denials: list[Denial] = []
        self.used: set[str] = set()
        self.reached: list[str] = []
        self.lost = 0
        self.ending: Ending | None = None
        self.usage = Usage()
        self.landlock: int | None = None
        self.listener: bool | None = None
        self._grants = grants
        self._limits = limits
        self._latest: dict[int, int] = {}  # of each thread: which denial
        self._text_len = 0

    def take(self, packet: bytes) -> None:
        """Take a packet."""
        told: Any = decode(packet)
        ((kind, value),) = told.items()
        getattr(self, f"_take_{kind}")(value)

    def settled(self) -> int:
        """Count the denials of which it is known where they came from, or will not be."""
        waits = self.denials and self.denials[-1].line == 0
        return len(self.denials) - (1 if waits else 0)

    def _take_denied(self, told: dict[str, Any]) -> None:
        path = _text(told["path"]) if told["path"] is not None else None
        self._text_len += len(path or "")
        if self._text_len > _TEXT_MAX:
            self.lost += 1
            return
        self._latest[told["thread"]] = len(self.denials)
        number = told["descriptor"]
        grant = self._grants[number] if number is not None else None
        self.denials.append(
            Denial(
                call=told["call"],
                error=told["error"],
                place=grant.place if grant else None,
                path=path,
                rights=tuple(name for name, bit in _abi.RIGHTS.items() if told["rights"] & bit),
                source=told["source"],
                is_directory=grant is not None and grant.inheriting > 0,
            )
        )

    def _take_line(self, told: dict[str, Any]) -> None:
        """Add to the latest denial of a thread where it came from."""
        file, function = _text(told["file"]), _text(told["function"])
        self._text_len += len(file) + len(function)
        index = self._latest.get(told["thread"])
        if index is not None and self._text_len <= _TEXT_MAX:
            where = {"file": file, "line": told["line"], "function": function}
            self.denials[index] = Denial(**self.denials[index].__dict__ | where)

    def _take_used(self, number: int) -> None:
        self.used.add(self._grants[number].place)

    def _take_reached(self, limit: str) -> None:
        if limit not in self.reached:
            self.reached.append(limit)

    def _take_lost(self, count: int) -> None:
        self.lost += count

    def _take_ended(self, told: dict[str, Any]) -> None:
        self.ending = _ENDINGS[told["kind"]](told, self._limits)
        if told["kind"] != "failed":
            self.usage = Usage(told["wall"], told["user"], told["system"], told["memory"])
            self.landlock, self.listener = told["landlock"], told["listener"]


def _limit(told: dict[str, Any], limits: Limits) -> Ending:
    return limit_reached(told["limit"], getattr(limits, told["limit"]) or 0)


def _policy(told: dict[str, Any], _: Limits) -> Ending:
    return Ending("policy", Exit.POLICY, call=told["call"], number=told["number"])


def _signal(told: dict[str, Any], _: Limits) -> Ending:
    return Ending("signal", Exit.SIGNAL + told["signal"], signal=told["signal"])


_ENDINGS: dict[str, Callable[[dict[str, Any], Limits], Ending]] = {
    "exited": lambda told, _: Ending("exited", told["status"]),
    "signal": _signal,
    "limit": _limit,
    "policy": _policy,
    "interrupted": lambda told, _: interrupted(told["signal"]),
    "failed": lambda told, _: failed(told["message"], told["status"]),
}


def _text(value: str | bytes) -> str:
    """Show bytes that are not UTF-8 somehow."""
    return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")
