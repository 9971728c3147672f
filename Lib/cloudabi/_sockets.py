# SPDX-License-Identifier: BSD-2-Clause
"""Binding and connecting sockets. Imported only where a manifest asks for one."""

from __future__ import annotations

import errno
import os
import socket
import stat

from cloudabi._record import TYPE_CHECKING
from cloudabi.errors import ManifestError, Problem

if TYPE_CHECKING:
    from typing import Any

    from cloudabi._leftovers import Leftover
    from cloudabi.resources import ActivatedSocket, Resource, Socket

_TYPES = {
    "stream": socket.SOCK_STREAM,
    "dgram": socket.SOCK_DGRAM,
    "seqpacket": socket.SOCK_SEQPACKET,
}
_SHARING = {"address": socket.SO_REUSEADDR, "port": socket.SO_REUSEPORT}


def open_socket(
    wanted: Socket, handle: int | None, leftover: Leftover | None = None
) -> tuple[int, str]:
    """Make a socket that is bound, or connected, to the one address that is meant.

    handle: of the file of the UNIX socket to connect to.
    leftover: the file that is going to be made, if any.
    Returns the descriptor and the socket's own address as text.
    Raises OSError; ManifestError: the host has no address or several.
    """
    family, address = _resolve(wanted)
    with socket.socket(family, _TYPES[wanted.type]) as made:
        if family != socket.AF_UNIX and wanted.type == "stream":
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if wanted.binds:
            _set_sharing(made, wanted)
            _bind(made, address, leftover)
            if wanted.backlog is not None:
                made.listen(wanted.backlog)
        else:
            made.connect(address if handle is None else f"/proc/self/fd/{handle}")
        name = _text(made.getsockname())
        return made.detach(), name


def _bind(made: socket.socket, address: Any, leftover: Leftover | None) -> None:
    """Bind; a file is announced before, so that there is no moment at which it could be left.

    If there is one already it is somebody else's, and must not be announced.
    """
    if leftover is not None:
        if leftover.exists():
            raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))
        leftover.announce()
    try:
        made.bind(address)
    except OSError:
        if leftover is not None:
            leftover.cancel()
        raise


def activated_socket(wanted: ActivatedSocket) -> int:
    """Find the socket that who started us opened under a name.

    Returns its descriptor, which stays theirs. Raises OSError; ManifestError: there is none.
    Source: sd_listen_fds(3).
    """
    count, names = _activation()
    numbers = [3 + i for i in range(count) if names[i : i + 1] == [wanted.name]]
    if not numbers:
        known = ", ".join(f"`{name}`" for name in names) or "none"
        message = f"there is no socket `{wanted.name}` from socket activation"
        note = f"the names that were passed to us: {known}"
        help_ = "start cloudabi-run from a unit with such a socket, or use `bind`"
        raise ManifestError(Problem(message, wanted.span, (note,), (help_,)))
    if len(numbers) > 1:
        raise _refusal(wanted, f"several sockets from socket activation are named `{wanted.name}`")
    if not stat.S_ISSOCK(os.fstat(numbers[0]).st_mode):
        raise _refusal(wanted, f"`{wanted.name}` from socket activation is not a socket")
    return numbers[0]


def _activation() -> tuple[int, list[str]]:
    """Read how many descriptors there are from 3 on, and their names."""
    environment = os.environ
    if environment.get("LISTEN_PID") != str(os.getpid()):
        return 0, []
    count = environment.get("LISTEN_FDS", "")
    names = environment.get("LISTEN_FDNAMES", "")
    is_number = count.isascii() and count.isdigit() and len(count) < 5
    return int(count) if is_number else 0, names.split(":") if names else []


def _set_sharing(made: socket.socket, wanted: Socket) -> None:
    """Say who else may have the address. Preconditions: made is not bound."""
    if made.family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, wanted.v6only)
    if wanted.reuse in _SHARING:
        made.setsockopt(socket.SOL_SOCKET, _SHARING[wanted.reuse], 1)


def _resolve(wanted: Socket) -> tuple[int, Any]:
    if wanted.host is None:
        return socket.AF_UNIX, wanted.path
    try:
        found = socket.getaddrinfo(wanted.host, wanted.port, type=_TYPES[wanted.type])
    except socket.gaierror as error:
        raise _refusal(wanted, f"cannot resolve `{wanted.host}`: {error.strerror}") from None
    except UnicodeError:
        raise _refusal(wanted, f"`{wanted.host}` is not a host name") from None
    addresses = sorted({entry[4][0] for entry in found}, key=str)
    if len(addresses) > 1:
        names = ", ".join(map(str, addresses))
        message = f"`{wanted.host}` stands for several addresses"
        raise _refusal(wanted, message, f"choose one of {names}")
    return found[0][0], found[0][4]


def _refusal(wanted: Resource, message: str, *helps: str) -> ManifestError:
    return ManifestError(Problem(message, wanted.span, helps=helps))


def _text(name: Any) -> str:
    if not isinstance(name, tuple):
        return str(name)
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
