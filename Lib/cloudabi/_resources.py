# SPDX-License-Identifier: BSD-2-Clause
"""From what a manifest says, once it fits the grammar, to resources and limits."""

from __future__ import annotations

from cloudabi._grammar import LIMITS, STREAMS
from cloudabi._installation import installation
from cloudabi._quantities import COUNT, amount
from cloudabi._record import TYPE_CHECKING
from cloudabi.errors import ManifestError, Problem
from cloudabi.resources import (
    MODES,
    READ,
    RIGHTS,
    Access,
    ActivatedSocket,
    Executable,
    File,
    Inherited,
    Limits,
    Resource,
    Socket,
    StandardLibrary,
    TemporaryDirectory,
    access_by_rights,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from cloudabi._yaml import Node

_BACKLOG = 128
_PORT_MAX = 65535
_UNIX_PATH_MAX = 107  # bytes in sun_path, but for the terminator


def refusal(message: str, node: Node, *helps: str) -> ManifestError:
    """Make an error about a node's value."""
    return ManifestError(Problem(message, node.span, helps=helps))


def limits(value: Mapping[str, Any]) -> Limits:
    """Turn the map of limits, which fits the grammar, into amounts."""
    return Limits(**{name: _limit(name, given) for name, given in value.items()})


def _limit(name: str, given: Any) -> int | None:
    key = LIMITS.key(name)
    return None if given == "none" else amount(given, (key and key.kind.units) or COUNT)


def _file(node: Node, place: str, value: Mapping[str, Any]) -> File:
    return File(
        _value_node(node, "path").span,
        place,
        value["path"],
        _access(value),
        value.get("symlinks", "inside"),
        value.get("devices", False),
        value.get("kernel", False),
    )


def _access(value: Mapping[str, Any]) -> Access:
    if "mode" in value:
        return MODES[value["mode"]]
    if "rights" in value:
        return access_by_rights(sum(RIGHTS[word] for word in set(value["rights"])))
    return READ


def _fd(node: Node, place: str, _value: Mapping[str, Any]) -> Inherited:
    text = node.text
    return Inherited(node.span, place, STREAMS[text] if text in STREAMS else int(text))


def _socket(node: Node, place: str, value: Mapping[str, Any]) -> Resource:
    if "inherit" in value:
        return ActivatedSocket(_value_node(node, "inherit").span, place, value["inherit"])
    if not value:
        return Socket(node.tag_span, place, True, "stream", _BACKLOG, "127.0.0.1", reuse="address")
    binds = "bind" in value
    key = "bind" if binds else "connect"
    address = _value_node(node, key)
    host, port, path = _address(key, value[key], address)
    type_ = value.get("type", "stream")
    _check_type(node, type_, value, host)
    listens = binds and type_ != "dgram"
    return Socket(
        address.span,
        place,
        binds,
        type_,
        value.get("listen", _BACKLOG) if listens else None,
        host,
        port,
        path,
        value.get("reuse", "address" if listens and host is not None else "no"),
        value.get("v6only", True),
    )


def _check_type(node: Node, type_: str, value: Mapping[str, Any], host: str | None) -> None:
    """Refuse what the other keys of a socket make meaningless.

    Raises ManifestError.
    """
    if type_ == "seqpacket" and host is not None:
        message = "only a UNIX socket can be `seqpacket`"
        help_ = "use `stream`, or give the absolute path of a UNIX socket as the address"
        raise refusal(message, _value_node(node, "type"), help_)
    if type_ == "dgram" and "listen" in value:
        message = "a `dgram` socket has no connections that could wait"
        raise refusal(message, _value_node(node, "listen"), "remove `listen`")
    is_ipv6 = host is not None and not host.replace(".", "").isdigit()
    for key, fits, what in (
        ("reuse", host is not None, "an Internet address"),
        ("v6only", is_ipv6, "an IPv6 address"),
    ):
        if key in value and not fits:
            message = f"`{key}` is for a socket with {what}"
            raise refusal(message, _value_node(node, key), f"remove `{key}`")


def _executable(node: Node, place: str, _value: Mapping[str, Any]) -> Executable:
    return Executable(node.tag_span, place)


def _tmpdir(node: Node, place: str, _value: Mapping[str, Any]) -> TemporaryDirectory:
    return TemporaryDirectory(node.tag_span, place)


def _stdlib(node: Node, place: str, value: Mapping[str, Any]) -> StandardLibrary:
    return StandardLibrary(node.tag_span, place, value["path"] or installation().library, READ)


# By tag: from a node that fits its form, its place and the value of its map to a resource.
MAKERS: dict[str, Callable[[Node, str, Mapping[str, Any]], Resource]] = {
    "!file": _file,
    "!fd": _fd,
    "!socket": _socket,
    "!tmpdir": _tmpdir,
    "!stdlib": _stdlib,
    "!executable": _executable,
}


def _value_node(node: Node, key: str) -> Node:
    return next(value for name, value in node.pairs() if name.text == key)


def _address(key: str, text: str, node: Node) -> tuple[str | None, int, str]:
    """Return host and port, or None, 0 and a path."""
    if text.startswith("/"):
        if len(text.encode()) > _UNIX_PATH_MAX:
            message = f"the path of a UNIX socket has more than {_UNIX_PATH_MAX} bytes"
            raise refusal(message, node, "choose a shorter one")
        return None, 0, text
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise refusal("an IPv6 address needs brackets", node, f"write `{key}: '[{host}]:{port}'`")
    if not host or not _is_port(port):
        help_ = "write `HOST:PORT`, `[IPV6]:PORT` or, for a UNIX socket, `/PATH`"
        raise refusal(f"`{text}` is not an address", node, help_)
    return host, int(port), ""


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 9 and int(text) <= _PORT_MAX
