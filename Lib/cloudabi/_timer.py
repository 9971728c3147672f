# SPDX-License-Identifier: BSD-2-Clause
"""Timers that are waited for as files are, also before Python 3.13, which first had them."""

from __future__ import annotations

import os
import sys
import time

if sys.version_info >= (3, 13):

    def create() -> int:
        """Return the descriptor of a new timer; it does not block and is not inherited."""
        flags = os.TFD_NONBLOCK | os.TFD_CLOEXEC
        return os.timerfd_create(time.CLOCK_MONOTONIC, flags=flags)

    def start(timer: int, ns: int) -> None:
        """Make the descriptor unreadable, until this much time has passed."""
        os.timerfd_settime_ns(timer, initial=ns)

else:
    import ctypes

    _libc = ctypes.CDLL(None, use_errno=True)
    _Times = ctypes.c_long * 4  # struct itimerspec: the interval and what comes first

    def create() -> int:
        """Return the descriptor of a new timer; it does not block and is not inherited."""
        flags = os.O_NONBLOCK | os.O_CLOEXEC
        return _checked(_libc.timerfd_create(time.CLOCK_MONOTONIC, flags))

    def start(timer: int, ns: int) -> None:
        """Make the descriptor unreadable, until this much time has passed."""
        times = _Times(0, 0, *divmod(ns, 10**9))
        _checked(_libc.timerfd_settime(timer, 0, times, None))

    def _checked(result: int) -> int:
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result
