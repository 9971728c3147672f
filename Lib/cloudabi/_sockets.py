# SPDX-License-Identifier: BSD-2-Clause
"""Binding and connecting sockets. Imported only where a manifest asks for one."""

from __future__ import annotations

import socket

from cloudabi._record import TYPE_CHECKING
from cloudabi.errors import ManifestError, Problem

if TYPE_CHECKING:
    from typing import Any

    from cloudabi.resources import Socket

_TYPES = {
    "stream": socket.SOCK_STREAM,
    "dgram": socket.SOCK_DGRAM,
    "seqpacket": socket.SOCK_SEQPACKET,
}


def open_socket(wanted: Socket, handle: int | None) -> tuple[int, str]:
    """Make a socket that is bound, or connected, to the one address that is meant.

    handle: of the file of the UNIX socket to connect to.
    Returns the descriptor and the socket's own address as text.
    Raises OSError; ManifestError: the host has no address or several.
    """
    family, address = _resolve(wanted)
    with socket.socket(family, _TYPES[wanted.type]) as made:
        is_tcp = family != socket.AF_UNIX and wanted.type == "stream"
        if is_tcp:
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if wanted.binds:
            if is_tcp:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind(address)
            if wanted.backlog is not None:
                made.listen(wanted.backlog)
        else:
            made.connect(address if handle is None else f"/proc/self/fd/{handle}")
        name = _text(made.getsockname())
        return made.detach(), name


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


def _refusal(wanted: Socket, message: str, *helps: str) -> ManifestError:
    return ManifestError(Problem(message, wanted.span, helps=helps))


def _text(name: Any) -> str:
    if not isinstance(name, tuple):
        return str(name)
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
