# SPDX-License-Identifier: BSD-2-Clause
"""Streams of argdata messages, with descriptors beside them; cloudabi.argdata offers them.

A message is the length of its payload in 8 bytes, big-endian, and the payload. Its descriptors
come with its first byte.
"""

from __future__ import annotations

import errno
import posix  # a program in a sandbox may have needed neither os nor collections so far

from cloudabi._argdata import lib
from cloudabi._record import TYPE_CHECKING
from cloudabi.argdata import decode, encode
from cloudabi.errors import ArgdataError

if TYPE_CHECKING:
    import socket

    from cloudabi.argdata import Value

HEADER_SIZE = 8
FDS_MAX = 253  # the kernel's limit, SCM_MAX_FD
_CHUNK = 1 << 18
_FD_SIZE = 4
SIZE_MAX: int = lib.ARGDATA_SIZE_MAX


class Writer:
    """Sends values over a stream socket or, if they have no descriptors, into a pipe or a file.

    sock: stays the caller's, who closes it.
    max_bytes, max_fds: what the other end takes; longer values are refused here already.

    >>> import os
    >>> reading, writing = os.pipe()
    >>> Writer(writing).send("hello")
    >>> os.read(reading, 100).hex(" ", -8)
    '0000000000000007 0868656c6c6f00'
    >>> os.close(reading), os.close(writing)
    (None, None)
    """

    def __init__(
        self, sock: socket.socket | int, *, max_bytes: int = SIZE_MAX, max_fds: int = FDS_MAX
    ) -> None:
        self._stream = _stream(sock)
        self._max_bytes = max_bytes
        self._max_fds = max_fds
        self._queue: list[_Outgoing] = []

    def send(self, value: Value) -> None:
        """Send a value after those that are still waiting.

        Descriptors in it have to stay open until it is sent, and are the caller's afterwards too.
        Raises ArgdataError: as encode(), or it is longer or has more descriptors than allowed.
        Raises BlockingIOError, TimeoutError: not all is sent yet; flush() goes on.
        Raises OSError: the stream failed; the value is not sent.
        Source: docs/argdata.md, "Framing".

        >>> import os
        >>> reader, writer = os.pipe()
        >>> Writer(writer).send([1, "two"])
        >>> os.read(reader, 100).hex(" ")
        '00 00 00 00 00 00 00 0a 07 82 05 01 85 08 74 77 6f 00'
        """
        payload, fds = encode(value)
        if len(payload) > self._max_bytes:
            raise ArgdataError(f"the value has {len(payload)} bytes, {self._max_bytes} are allowed")
        if len(fds) > self._max_fds:
            raise ArgdataError(f"the value has {len(fds)} descriptors, {self._max_fds} are allowed")
        self._queue.append(_Outgoing(payload, fds))
        self.flush()

    def flush(self) -> None:
        """Go on with what is waiting, until nothing is.

        Raises what send() does.

        >>> import socket
        >>> here, there = socket.socketpair()
        >>> here.setblocking(False)
        >>> writer = Writer(here)
        >>> try:
        ...     writer.send(bytes(1 << 20))
        ... except BlockingIOError:
        ...     while writer.is_waiting and there.recv(1 << 20):
        ...         try:
        ...             writer.flush()
        ...         except BlockingIOError:
        ...             pass
        >>> writer.is_waiting
        False
        """
        while self._queue:
            message = self._queue[0]
            try:
                message.send(self._stream)
            except (BlockingIOError, TimeoutError):
                raise
            except OSError:
                self._queue.pop(0)
                raise
            self._queue.pop(0)

    @property
    def is_waiting(self) -> bool:
        """Whether something is not sent yet."""
        return bool(self._queue)


class _Outgoing:
    """What is still to be sent of a message."""

    def __init__(self, payload: bytes, fds: list[int]) -> None:
        self._rest = memoryview(len(payload).to_bytes(HEADER_SIZE, "big") + payload)
        self._fds = fds

    def send(self, stream: _SocketStream | _FileStream) -> None:
        while self._rest:
            if self._fds:
                sent = stream.write_with_fds(self._rest, self._fds)
                self._fds = []
            else:
                sent = stream.write(self._rest)
            self._rest = self._rest[sent:]


class Reader:
    """Receives values that a Writer sent.

    sock: stays the caller's, who closes it; nothing beyond the current message is taken from it.
    max_bytes: longer messages are refused, before anything is stored.
    max_fds: messages with more descriptors are refused.

    >>> import os, socket
    >>> from cloudabi.argdata import Fd
    >>> here, there = socket.socketpair()
    >>> with here, there:
    ...     Writer(here).send({"terminal": Fd(0)})
    ...     value = Reader(there, max_fds=1).receive()
    >>> os.close(value["terminal"].fileno())
    """

    def __init__(
        self, sock: socket.socket | int, *, max_bytes: int = SIZE_MAX, max_fds: int = 0
    ) -> None:
        self._stream = _stream(sock)
        self._max_bytes = max_bytes
        self._max_fds = min(max_fds, FDS_MAX)
        self._fds: list[int] = []  # of the current message
        self._broken: ArgdataError | None = None
        self._start()

    def receive(self) -> Value:
        """Return the next value.

        Its descriptors belong to the caller, who closes them; if there is an error, they are
        closed already.
        Raises EOFError: there is no further message.
        Raises ArgdataError: the message is malformed, and the next call goes on with the one
            after it; or it is too long, cut off, or has too many descriptors, and every
            further call says the same.
        Raises BlockingIOError, TimeoutError: there is no whole message yet; the next call goes on.
        Raises OSError: the stream failed.
        Source: docs/argdata.md, "Framing".

        >>> import os
        >>> reader, writer = os.pipe()
        >>> Writer(writer).send({"n": 1})
        >>> Reader(reader).receive()
        {'n': 1}
        """
        if self._broken is not None:
            raise self._broken
        try:
            self._fill()
        except ArgdataError as error:
            self._broken = error
            self.close()
            raise
        return self._take()

    def close(self) -> None:
        """Close the descriptors of a message that is not complete, and will not be received.

        >>> import socket
        >>> here, there = socket.socketpair()
        >>> Reader(here, max_fds=4).close()
        """
        while self._fds:
            posix.close(self._fds.pop())

    def __del__(self) -> None:
        """Close descriptors that nobody else knows of."""
        self.close()

    def _start(self) -> None:
        self._data = bytearray()
        self._size = HEADER_SIZE

    def _fill(self) -> None:
        """Read what the current message lacks, and nothing beyond."""
        while missing := self._size - len(self._data):
            data = self._read(min(missing, _CHUNK))
            if not data and not self._data:
                raise EOFError("there is no further message")
            if not data:
                raise ArgdataError(f"the stream ends {missing} bytes too early inside a message")
            self._data += data
            if len(self._data) == HEADER_SIZE:
                self._size += self._payload_size()

    def _read(self, count: int) -> bytes:
        if self._data or self._max_fds == 0:
            return self._stream.read(count)
        data, self._fds, is_truncated = self._stream.read_with_fds(count, self._max_fds)
        if is_truncated:
            raise ArgdataError(
                f"descriptors were lost: {self._max_fds} are allowed, "
                "and no more than this process can have open"
            )
        return data

    def _payload_size(self) -> int:
        size = int.from_bytes(self._data, "big")
        if size > self._max_bytes:
            raise ArgdataError(f"a message has {size} bytes, {self._max_bytes} are allowed")
        return size

    def _take(self) -> Value:
        """Decode the complete message; descriptors that it does not mention are closed."""
        payload = bytes(memoryview(self._data)[HEADER_SIZE:])
        self._start()
        received = _Received(self._fds)
        try:
            value = decode(payload, received)
            self._fds = received.unmentioned()
        finally:
            self.close()
        return value


class _Received:
    """The descriptors of a message, for decode(); knows which of them the value mentions."""

    def __init__(self, fds: list[int]) -> None:
        self._fds = fds
        self._mentioned: set[int] = set()

    def __len__(self) -> int:
        return len(self._fds)

    def __getitem__(self, index: int) -> int:
        self._mentioned.add(index)
        return self._fds[index]

    def unmentioned(self) -> list[int]:
        return [fd for index, fd in enumerate(self._fds) if index not in self._mentioned]


class _SocketStream:
    """A socket object, with its timeout."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def read(self, count: int) -> bytes:
        return self._sock.recv(count)

    def read_with_fds(self, count: int, max_fds: int) -> tuple[bytes, list[int], bool]:
        """Read; also returns descriptors, and whether there were more of them."""
        import socket

        room = socket.CMSG_LEN(max_fds * _FD_SIZE)  # CMSG_SPACE() may have room for one more
        data, controls, flags, _ = self._sock.recvmsg(count, room, socket.MSG_CMSG_CLOEXEC)
        fds: list[int] = []
        for level, kind, content in controls:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                whole = len(content) // _FD_SIZE * _FD_SIZE
                fds += memoryview(content[:whole]).cast("i")
        return data, fds, bool(flags & socket.MSG_CTRUNC)

    def write(self, data: memoryview) -> int:
        return self._sock.send(data)

    def write_with_fds(self, data: memoryview, fds: list[int]) -> int:
        import socket
        from array import array

        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", fds))
        return self._sock.sendmsg([data], [rights])


class _FileStream:
    """A descriptor, of a socket or of anything else that has bytes."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def read(self, count: int) -> bytes:
        return posix.read(self._fd, count)

    def read_with_fds(self, count: int, max_fds: int) -> tuple[bytes, list[int], bool]:
        try:
            sock = self._borrow()
        except OSError as error:
            if error.errno != errno.ENOTSOCK:
                raise
            return self.read(count), [], False
        try:
            return _SocketStream(sock).read_with_fds(count, max_fds)
        finally:
            sock.detach()

    def write(self, data: memoryview) -> int:
        return posix.write(self._fd, data)

    def write_with_fds(self, data: memoryview, fds: list[int]) -> int:
        sock = self._borrow()
        try:
            return _SocketStream(sock).write_with_fds(data, fds)
        finally:
            sock.detach()

    def _borrow(self) -> socket.socket:
        """Make a socket object, for a moment."""
        import socket

        return socket.socket(fileno=self._fd)


def _stream(sock: socket.socket | int) -> _SocketStream | _FileStream:
    return _FileStream(sock) if isinstance(sock, int) else _SocketStream(sock)
