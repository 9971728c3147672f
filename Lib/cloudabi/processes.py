# SPDX-License-Identifier: BSD-2-Clause
"""Inside a sandbox: other programs, in processes of their own, with what they are given."""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, Protocol

    class HasFileno(Protocol):
        """A file, a socket, a descriptor in a value."""

        def fileno(self) -> int:
            """Return a descriptor."""
            raise NotImplementedError


SIGKILL = 10  # in CloudABI's numbers
_PATIENCE_MS = 2**31 - 1


def spawn(program: int | HasFileno, args: Any = None) -> Process:
    """Start a program beside this one.

    program: an executable file, from an entry of the manifest with `mode: exec`, or a descriptor.
    args: its arguments, of which argdata can be made. Everything in them that has a descriptor,
        such as files, sockets and directories of `sys.argdata`, goes along, and nothing else.
    Raises OSError: with EAGAIN if there are as many processes as the manifest's `limits` allow (1
        unless it says otherwise); with ENOEXEC if it is no program that can be run here.
    Raises ArgdataError: the arguments have no argdata form.
    Raises RuntimeError: this is no sandbox.

    >>> spawn(3)
    Traceback (most recent call last):
    RuntimeError: programs are started inside a sandbox only; see run()
    """
    from cloudabi.argdata import encode

    native = _native()
    data, fds = encode(_with_descriptors(args))
    return Process(native.spawn(_number(program), data, fds))


class Process:
    """A process that was started here; it is killed when nobody refers to it any more.

    It can be waited for like a socket: when its descriptor is readable, the process has ended.

    >>> Process(-1)
    <Process: descriptor -1>
    """

    def __init__(self, descriptor: int) -> None:
        """Take over a descriptor of a process."""
        self._descriptor = descriptor
        self._returncode: int | None = None

    def __repr__(self) -> str:
        if self._returncode is not None:
            return f"<Process: ended with {self._returncode}>"
        return f"<Process: descriptor {self._descriptor}>"

    @property
    def returncode(self) -> int | None:
        """What it has exited with, a negative signal if one has killed it, or None so far."""
        if self._returncode is None:
            self._look(0)
        return self._returncode

    def fileno(self) -> int:
        """Return the descriptor.

        Raises ValueError: it is closed.

        >>> Process(-1).fileno()
        Traceback (most recent call last):
        ValueError: the process is closed
        """
        if self._descriptor < 0:
            raise ValueError("the process is closed")
        return self._descriptor

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended; returns what `returncode` is then.

        timeout: in seconds; None is no end.
        Raises TimeoutError: it is still there.
        Raises ValueError: it was closed before anybody saw its end.

        >>> Process(-1).wait()
        Traceback (most recent call last):
        ValueError: the process is closed
        """
        if self._returncode is None:
            # A time that is over is no time: to the C library, less than none is no end.
            self._look(-1 if timeout is None else round(max(0, min(timeout * 1000, _PATIENCE_MS))))
        if self._returncode is None:
            raise TimeoutError("the process has not ended")
        return self._returncode

    def kill(self) -> None:
        """End it, if it has not ended itself; it may run a moment longer.

        >>> Process(-1).kill()
        """
        if self._descriptor >= 0 and self.returncode is None:
            self._returncode = -SIGKILL
        self.close()

    def close(self) -> None:
        """Give its descriptor up, with which it ends.

        >>> Process(-1).close()
        """
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            import posix

            posix.close(descriptor)

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.kill()

    def __del__(self) -> None:
        self.close()

    def _look(self, milliseconds: int) -> None:
        descriptor = self.fileno()
        end = _native().wait(descriptor, milliseconds)
        if end is not None:
            signal, status = end
            self._returncode = -signal if signal else status


def _native() -> Any:
    try:
        return __import__("_cloudabi")
    except ImportError:
        raise RuntimeError("programs are started inside a sandbox only; see run()") from None


def _number(program: int | HasFileno) -> int:
    return program if isinstance(program, int) else program.fileno()


def _with_descriptors(value: Any) -> Any:
    """Put descriptors in the places of objects that have one."""
    from cloudabi.argdata import Fd

    if isinstance(value, dict):
        return {_with_descriptors(key): _with_descriptors(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_descriptors(item) for item in value]
    return Fd(int(value.fileno())) if hasattr(value, "fileno") else value
