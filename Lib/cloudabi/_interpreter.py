# SPDX-License-Identifier: BSD-2-Clause
"""The top-level keys that the Python interpreter knows, and what each takes."""

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
    seen: dict[str, Node] = {}
    for key_node, value_node in root.pairs():
        key = key_node.text
        if key not in KEYS:
            help_ = suggestion(key, KEYS)
            yield Problem(f"unknown key `{key}`", key_node.span, helps=(help_,))
        elif key in value:
            fits, wanted = KEYS[key]
            if not fits(value[key]):
                yield Problem(f"`{key}` takes {wanted}", value_node.span)
            seen[key] = key_node
    programs = [key for key in seen if key in PROGRAMS]
    for key in programs[1:]:
        yield Problem(f"`{key}` and `{programs[0]}` exclude each other", seen[key].span)


def _is_path(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(x, str | Resource) for x in value)


def _is_level(value: object) -> bool:
    return isinstance(value, int) and value >= 0


_RESOURCE = (lambda value: isinstance(value, Resource), "a resource, such as `!fd stderr`")
_TEXT = (lambda value: isinstance(value, str), "text")
_LEVEL = (_is_level, "`true`, `false` or a level")
_TRUTH = (lambda value: isinstance(value, bool), "`true` or `false`")

KEYS: dict[str, tuple[Callable[[object], bool], str]] = {
    "path": (_is_path, "a list of directories and zip files"),
    "args": (lambda _: True, "anything"),
    "command": _TEXT,
    "script": (lambda value: isinstance(value, str | Resource), "a file or its name"),
    "module": _TEXT,
    "stdin": _RESOURCE,
    "stdout": _RESOURCE,
    "stderr": _RESOURCE,
    "cwd": _RESOURCE,
    "optimize": _LEVEL,
    "debug": _LEVEL,
    "verbose": _LEVEL,
    "inspect": _LEVEL,
    "bytescompare": _LEVEL,
    "dontwritebytecode": _TRUTH,
    "unbufferedstdio": _TRUTH,
}
