# SPDX-License-Identifier: BSD-2-Clause
"""Compares what a manifest says with the grammar: all that is wrong, and what to write instead.

What to say about it is imported only where something is wrong.
"""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING
from cloudabi._yaml import MAP, SCALAR, SEQ
from cloudabi.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from cloudabi._grammar import Form, Key
    from cloudabi._yaml import Node


def shape_problems(form: Form, node: Node) -> Iterator[Problem]:
    """Check a node, not what is in it."""
    if node.tag in (None, "!!map", form.name):
        if node.kind == MAP and form.keys is not None:
            return
        if node.kind == SCALAR and form.scalar is not None and form.scalar.fits(node.text):
            return
    from cloudabi._mistakes import wrong_shape

    yield wrong_shape(form, node)


def map_problems(form: Form, node: Node, value: Mapping[Any, Any]) -> Iterator[Problem]:
    """Check a MAP that has the right shape.

    value: what it stands for; a key that is there twice has its first value.
    """
    found: dict[str, Node] = {}
    for key_node, value_node in node.pairs():
        name = key_node.text if key_node.kind == SCALAR else ""
        key = form.key(name)
        is_text = key_node.tag in (None, "!!str")
        if key is None or name not in value or not is_text:
            from cloudabi._mistakes import unknown_key

            yield unknown_key(form, name, key_node)
        elif name not in found:
            found[name] = key_node
            yield from _value_problems(key, value[name], value_node)
    yield from _missing(form, node, found)
    yield from _excluded(form, found)


def _value_problems(key: Key, value: object, node: Node) -> Iterator[Problem]:
    kind = key.kind
    if not kind.fits(value):
        from cloudabi._mistakes import misfit

        yield misfit(key, kind, value, node)
    elif kind.member and isinstance(value, list) and node.kind == SEQ:
        for member, member_node in zip(value, node.members, strict=True):
            if not kind.member.fits(member):
                from cloudabi._mistakes import misfit

                yield misfit(key, kind.member, member, member_node)


def _missing(form: Form, node: Node, found: Mapping[str, Node]) -> Iterator[Problem]:
    wanted = [(name,) for name in form.required] + ([form.either] if form.either else [])
    for names in wanted:
        if not any(name in found for name in names):
            from cloudabi._mistakes import lacking

            yield lacking(form, names, node)


def _excluded(form: Form, found: Mapping[str, Node]) -> Iterator[Problem]:
    """Find keys that are there beside others that they exclude; `found` is in their order."""
    for group in form.exclusive:
        first, *others = [name for name in found if name in group] or [""]
        for other in others:
            message = f"`{first}` and `{other}` exclude each other"
            yield Problem(message, found[other].span, helps=("keep one of them",))
