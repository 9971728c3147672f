# SPDX-License-Identifier: BSD-2-Clause
"""What happens to a run when somebody ends the launcher."""

from __future__ import annotations

import os

from cloudabi._record import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    from types import FrameType, TracebackType
    from typing import Any
else:
    import _signal as signal  # without the enumerations, which would delay every start

_ENDING = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)


class Interrupted(BaseException):
    """A signal arrived before the program ran."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Signals:
    """Takes the signals that end a process: first they undo the preparations, then they are held
    back until wait() passes them on, as one that came before a blocking call would be forgotten.

    former_mask: what was blocked before, for children.
    """

    def __init__(self) -> None:
        self._handlers: dict[int, Any] = {}
        self._taken = {n for n in _ENDING if signal.getsignal(n) is not signal.SIG_IGN}
        self.former_mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())

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
        signal.pthread_sigmask(signal.SIG_SETMASK, self.former_mask)

    def hold_back(self) -> None:
        """Keep signals for wait(), which has to follow."""
        signal.pthread_sigmask(signal.SIG_BLOCK, {*self._taken, signal.SIGCHLD})

    def wait(self, child: int) -> int:
        """Pass signals on to a child until it ends; returns its status as os.wait() does."""
        while True:
            number = signal.sigwaitinfo({*self._taken, signal.SIGCHLD}).si_signo
            if number != signal.SIGCHLD:
                os.kill(child, number)
                continue
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return status


def _interrupt(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(number)
