# SPDX-License-Identifier: BSD-2-Clause
"""The tags that ask for resources: from nodes to Resource objects."""

from __future__ import annotations

from cloudabi._quantities import BYTES, COUNT, TIME, amount
from cloudabi._record import TYPE_CHECKING
from cloudabi._scalars import value_of
from cloudabi._yaml import MAP, SCALAR, SEQ
from cloudabi.diagnostics import listed, suggestion
from cloudabi.errors import ManifestError, Problem
from cloudabi.resources import (
    MODES,
    READ,
    RIGHTS,
    Access,
    Executable,
    File,
    Inherited,
    Limits,
    Resource,
    Socket,
    access_by_rights,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cloudabi._yaml import Node

_STREAMS = {"stdin": 0, "stdout": 1, "stderr": 2}
_SOCKET_TYPES = ("stream", "dgram", "seqpacket")
_BACKLOG = 128
_PORT_MAX = 65535
_UNIX_PATH_MAX = 107  # bytes in sun_path, but for the terminator


def refusal(message: str, node: Node, *helps: str) -> ManifestError:
    """Make an error about a node's value."""
    return ManifestError(Problem(message, node.span, helps=helps))


def _file(node: Node, place: str) -> File:
    fields = _fields(node, ("path", "mode", "rights"))
    if "path" not in fields:
        message = "`!file` lacks `path`"
        raise ManifestError(
            Problem(message, node.tag_span, helps=("write `path:` and a name below it",))
        )
    if "mode" in fields and "rights" in fields:
        raise refusal("`mode` and `rights` exclude each other", fields["rights"])
    return File(fields["path"].span, place, _text(fields["path"], "path"), _access(fields))


def _access(fields: dict[str, Node]) -> Access:
    if "mode" in fields:
        return MODES[_word(fields["mode"], "mode", MODES)]
    if "rights" in fields:
        return _rights(fields["rights"])
    return READ


def _rights(node: Node) -> Access:
    if node.kind != SEQ:
        raise refusal("`rights` is not a list", node, "write `[FD_READ, FD_SEEK]`, for example")
    words = {_word(member, "right", RIGHTS) for member in node.members}
    return access_by_rights(sum(RIGHTS[word] for word in words))


def _fd(node: Node, place: str) -> Inherited:
    text = node.text
    if node.kind == SCALAR and text in _STREAMS:
        return Inherited(node.span, place, _STREAMS[text])
    if node.kind == SCALAR and _is_number(text) and len(text) < 8:
        return Inherited(node.span, place, int(text))
    raise refusal(
        "`!fd` takes a descriptor's name or number",
        node,
        "write `!fd stdin`, `!fd stdout`, `!fd stderr` or, for example, `!fd 3`",
    )


def _socket(node: Node, place: str) -> Socket:
    if node.kind == SCALAR and node.text == "":
        return Socket(node.tag_span, place, True, "stream", _BACKLOG, "127.0.0.1")
    fields = _fields(node, ("bind", "connect", "type", "listen"))
    if ("bind" in fields) == ("connect" in fields):
        message = "`!socket` takes either `bind` or `connect`"
        raise ManifestError(Problem(message, node.tag_span))
    binds = "bind" in fields
    type_ = _word(fields["type"], "type", _SOCKET_TYPES) if "type" in fields else "stream"
    address = fields["bind" if binds else "connect"]
    host, port, path = _address(address)
    if type_ == "seqpacket" and host is not None:
        raise refusal("only a UNIX socket can be `seqpacket`", fields["type"])
    backlog = _backlog(fields.get("listen"), binds and type_ != "dgram")
    return Socket(address.span, place, binds, type_, backlog, host, port, path)


def _executable(node: Node, place: str) -> Executable:
    if node.kind != SCALAR:
        raise refusal("`!executable` takes no value", node)
    return Executable(node.tag_span, place)


# By limit, its units, and an example of an amount.
_LIMITS = {
    "memory": (BYTES, "64 MiB"),
    "cpu": (TIME, "500 ms"),
    "wall": (TIME, "2 min"),
    "threads": (COUNT, "16"),
    "files": (COUNT, "64"),
    "output": (BYTES, "10 kB"),
    "disk": (BYTES, "64 MiB"),
}


def limits(node: Node) -> Limits:
    """Read the map of limits.

    Raises ManifestError.
    """
    fields = _fields(node, tuple(_LIMITS))
    return Limits(**{key: _limit(key, value) for key, value in fields.items()})


def _limit(key: str, node: Node) -> int | None:
    units, example = _LIMITS[key]
    value = value_of(node) if node.kind == SCALAR else None
    try:
        wanted = None if value == "none" else amount(value, units)
    except ValueError:
        wanted = 0
    if wanted is not None and not 0 < wanted < 2**63:
        helps = (f"write, for example, `{key}: {example}`, or `{key}: none` for no limit",)
        raise refusal(f"`{key}` is not an amount", node, *helps)
    return wanted


TAGS: dict[str | None, Callable[[Node, str], Resource]] = {
    "!file": _file,
    "!fd": _fd,
    "!socket": _socket,
    "!executable": _executable,
}
PURPOSES = {
    "!file": "to grant a path",
    "!fd": "to pass a descriptor on",
    "!socket": "to grant a socket",
    "!executable": "for the program itself",
}


def _fields(node: Node, names: tuple[str, ...]) -> dict[str, Node]:
    """Return the values of a resource's map by key."""
    if node.kind != MAP:
        help_ = f"its keys are {listed(names)}"
        if node.text and node.tag:
            help_ = f"write `{node.tag} {{{names[0]}: {node.text}}}`"
        raise refusal(f"`{node.tag or 'limits'}` takes a map", node, help_)
    fields: dict[str, Node] = {}
    problems = []
    for key_node, value_node in node.pairs():
        key = key_node.text if key_node.kind == SCALAR else ""
        if key not in names:
            message, help_ = (
                f"unknown key `{key}` of `{node.tag or 'limits'}`",
                suggestion(key, names),
            )
            problems.append(Problem(message, key_node.span, helps=(help_,)))
        elif key in fields:
            problems.append(Problem(f"duplicate key `{key}`", key_node.span))
        fields[key] = value_node
    if problems:
        raise ManifestError(*problems)
    return fields


def _text(node: Node, key: str) -> str:
    text = value_of(node) if node.kind == SCALAR else None
    if not isinstance(text, str) or text == "":
        raise refusal(f"`{key}` is not text", node, "quote what means something else in YAML")
    if "\0" in text:
        raise refusal(f"`{key}` has a zero byte", node)
    return text


def _word(node: Node, key: str, words: Iterable[str]) -> str:
    if node.kind != SCALAR or node.text not in words:
        raise refusal(f"unknown {key} `{node.text}`", node, suggestion(node.text, words))
    return node.text


def _backlog(node: Node | None, listens: bool) -> int | None:
    if node is None:
        return _BACKLOG if listens else None
    if not listens:
        raise refusal("only a bound `stream` or `seqpacket` socket can `listen`", node)
    if not _is_number(node.text) or int(node.text) >= 2**31:
        raise refusal("`listen` is not a number", node, "write how many connections may wait")
    return int(node.text)


def _address(node: Node) -> tuple[str | None, int, str]:
    """Return host and port, or None, 0 and a path."""
    text = node.text
    if text.startswith("/"):
        if len(text.encode()) > _UNIX_PATH_MAX or "\0" in text:
            message = f"the path of a UNIX socket has more than {_UNIX_PATH_MAX} bytes"
            raise refusal(message, node)
        return None, 0, text
    host, _, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        raise refusal("an IPv6 address needs brackets", node, f"write `[{host}]:{port}`")
    if not host or not _is_number(port) or int(port) > _PORT_MAX:
        help_ = "write `HOST:PORT`, `[IPV6]:PORT` or, for a UNIX socket, `/PATH`"
        raise refusal(f"`{text}` is not an address", node, help_)
    return host, int(port), ""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20
