# SPDX-License-Identifier: BSD-2-Clause
"""Files that must not outlive a run."""

from __future__ import annotations

import os


class Leftover:
    """A file of a socket that is removed at the end."""

    def __init__(self, janitor: str, folder: int, name: str) -> None:
        """Say what is going to be made, and where; folder is a descriptor."""
        self._folder = os.dup(folder)
        self._name = name
        self._is_there = False
        self._is_gone = False
        self.pidfd = os.pidfd_open(os.getpid())

    def announce(self) -> None:
        """Say that it is there now."""
        self._is_there = True

    def end(self) -> None:
        """Have it removed, if it is there; `pidfd` is readable when that is done."""
        try:
            if self._is_there:
                os.unlink(self._name, dir_fd=self._folder)
        except OSError:
            pass
        os.close(self._folder)

    def is_gone(self, *, waits: bool = False) -> bool:
        """Tell whether it is removed. Preconditions: end()."""
        if not self._is_gone:
            os.close(self.pidfd)
        self._is_gone = True
        return True
