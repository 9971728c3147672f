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
    """Handles ending signals: they undo the preparations, or go to the broker once it runs.

    A broker that was started but not announced yet ends with this process.
    """

    def __init__(self) -> None:
        self._pidfd = -1
        self._former: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        # Where children are ignored, their exit status is lost.
        self._replace(signal.SIGCHLD, signal.SIG_DFL)
        for number in _ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._replace(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._former.items():
            signal.signal(number, handler)
        if self._pidfd >= 0:
            os.close(self._pidfd)

    def forward_to(self, pid: int) -> None:
        """Send signals to this child from now on."""
        self._pidfd = os.pidfd_open(pid)

    def _replace(self, number: int, handler: Any) -> None:
        self._former[number] = signal.signal(number, handler)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._pidfd < 0:
            raise Interrupted(number)
        signal.pidfd_send_signal(self._pidfd, number)
