# SPDX-License-Identifier: BSD-2-Clause
"""Files that must not outlive a run, and the janitor that sees to it even if we are killed.

Imported only where a manifest asks for a temporary directory or the file of a socket.
"""

from __future__ import annotations

import os

from cloudabi._installation import incomplete
from cloudabi._record import TYPE_CHECKING

if TYPE_CHECKING:
    import signal
    import socket
else:
    import _signal as signal
    import _socket as socket  # without the enumerations, which would delay every start


class Leftover:
    """A file or directory that a janitor removes once we say so, or are gone."""

    def __init__(self, janitor: str, folder: int, name: str) -> None:
        """Start a janitor for what is going to be made.

        folder: where; a descriptor. name: with a slash at its end for a directory, else of a
        socket. Raises CloudabiError: the janitor is missing.
        """
        self._folder, self._name = folder, name.removesuffix("/")
        # Unlike a pipe it can be ended, even while a fork of this process holds a copy.
        self._life, other = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC
        )
        actions = [(os.POSIX_SPAWN_DUP2, fd, fd) for fd in (other.fileno(), folder)]
        arguments = [janitor, str(os.getpid()), str(other.fileno()), str(folder), name]
        try:
            # What a terminal sends to all its processes is not meant for this one.
            pid = os.posix_spawn(janitor, arguments, {}, file_actions=actions, setsid=True)
        except OSError as error:
            self._life.close()
            raise incomplete(janitor, error) from None
        finally:
            other.close()
        self.pidfd = os.pidfd_open(pid)
        self._is_gone = False

    def exists(self) -> bool:
        """Tell whether there is something of that name already."""
        try:
            os.stat(self._name, dir_fd=self._folder, follow_symlinks=False)
        except OSError:
            return False
        return True

    def cancel(self) -> None:
        """Take back that it is there: what is there is somebody else's."""
        signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)

    def announce(self) -> None:
        """Say that it is there now, or is about to be."""
        self._life.send(b"\0")

    def end(self) -> None:
        """Have it removed, if it is there; `pidfd` is readable when that is done."""
        self._life.shutdown(socket.SHUT_RDWR)
        self._life.close()

    def is_gone(self, *, waits: bool = False) -> bool:
        """Tell whether the janitor is through, or wait for that. Preconditions: end()."""
        if not self._is_gone:
            flags = os.WEXITED if waits else os.WEXITED | os.WNOHANG
            try:
                self._is_gone = os.waitid(os.P_PIDFD, self.pidfd, flags) is not None
            except ChildProcessError:
                self._is_gone = True  # somebody else took note of it
            if self._is_gone:
                os.close(self.pidfd)
        return self._is_gone
