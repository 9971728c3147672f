# SPDX-License-Identifier: BSD-2-Clause
"""What happens to a run when somebody ends the launcher."""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING
from cloudabi.outcome import interrupted

if TYPE_CHECKING:
    import signal
    from types import FrameType, TracebackType
    from typing import Any

    from cloudabi.sandbox import Sandbox
else:
    import _signal as signal  # without the enumerations, which would delay every start

_ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


class Interrupted(BaseException):
    """A signal arrived before the program ran."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Signals:
    """Takes the signals that end a process.

    First they undo the preparations. From hold_back() to pass_on() they wait, then they end the
    sandbox: the second one without letting it tell about itself.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, Any] = {}
        self._taken = {n for n in _ENDING if signal.getsignal(n) is not signal.SIG_IGN}
        self._former_mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())

    def __enter__(self) -> Signals:
        for number in self._taken:
            self._handlers[number] = signal.signal(number, _interrupt)
        # Where children are ignored, their exit status is lost.
        self._handlers[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._former_mask)

    def hold_back(self) -> None:
        """Let signals wait for pass_on(), which has to follow."""
        signal.pthread_sigmask(signal.SIG_BLOCK, self._taken)

    def pass_on(self, sandbox: Sandbox) -> None:
        """End a sandbox at a signal."""
        seen: list[int] = []

        def end(number: int, _frame: FrameType | None) -> None:
            sandbox.kill(interrupted(number), at_once=bool(seen))
            seen.append(number)

        for number in self._taken:
            signal.signal(number, end)
        signal.pthread_sigmask(signal.SIG_SETMASK, self._former_mask)


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)
