# SPDX-License-Identifier: BSD-2-Clause
"""The top-level keys that the Python interpreter knows, and what each takes.

The interpreter checks them itself; here a mistake still has its line and column.
"""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING
from cloudabi.diagnostics import suggestion
from cloudabi.errors import Problem
from cloudabi.resources import Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cloudabi._yaml import Node

PROGRAMS = ("command", "module", "script")


def problems(root: Node, value: object) -> Iterator[Problem]:
    """Find what the interpreter would not understand in a document.

    value: what the root stands for.
    """
    if not isinstance(value, dict):
        yield Problem("the manifest of a Python program is a map", root.span)
        return
    programs: list[Node] = []
    for key_node, value_node in root.pairs():
        key = key_node.text
        if key not in KEYS:
            help_ = suggestion(key, KEYS)
            yield Problem(f"unknown key `{key}`", key_node.span, helps=(help_,))
        elif key in value:
            yield from _check(key, value[key], value_node)
        if key in PROGRAMS:
            programs.append(key_node)
    for other in programs[1:]:
        message = f"`{other.text}` and `{programs[0].text}` exclude each other"
        yield Problem(message, other.span)


def _check(key: str, value: object, node: Node) -> Iterator[Problem]:
    fits, wanted = KEYS[key]
    if not fits(value):
        yield Problem(f"`{key}` takes {wanted}", node.span)
    elif key == "path" and isinstance(value, list):
        for member, member_node in zip(value, node.members, strict=True):
            if not isinstance(member, str | Resource):
                message = "a member of `path` is a directory or a zip file"
                yield Problem(message, member_node.span, helps=("use `!file` to grant a path",))


def _is_level(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < 2**31


def _is_resource(value: object) -> bool:
    return isinstance(value, Resource)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and "\0" not in value


_TEXT = (_is_text, "text without null characters")
_LEVEL = (_is_level, "`true`, `false` or a level")
_TRUTH = (lambda value: isinstance(value, bool), "`true` or `false`")

KEYS: dict[str, tuple[Callable[[object], bool], str]] = {
    "path": (lambda value: isinstance(value, list), "a list of directories and zip files"),
    "args": (lambda _: True, "anything"),
    "command": _TEXT,
    "script": (lambda value: _is_text(value) or _is_resource(value), "a file or its name"),
    "module": _TEXT,
    "stdin": (_is_resource, "a resource, such as `!fd stdin`"),
    "stdout": (_is_resource, "a resource, such as `!fd stdout`"),
    "stderr": (_is_resource, "a resource, such as `!fd stderr`"),
    "cwd": (_is_resource, "a directory, such as `!file {path: .}`"),
    "optimize": _LEVEL,
    "verbose": _LEVEL,
    "bytescompare": _LEVEL,
    "debug": _TRUTH,
    "inspect": _TRUTH,
    "dontwritebytecode": _TRUTH,
    "unbufferedstdio": _TRUTH,
    "limits": (lambda _: True, "a map"),
}
