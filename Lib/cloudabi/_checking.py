# SPDX-License-Identifier: BSD-2-Clause
"""Compares what a manifest says with the grammar: all that is wrong, and what to write instead."""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING
from cloudabi._yaml import MAP, SCALAR, SEQ
from cloudabi.diagnostics import listed, suggestion
from cloudabi.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Any

    from cloudabi._grammar import Form, Key, Kind
    from cloudabi._yaml import Node


def shape_problems(form: Form, node: Node) -> Iterator[Problem]:
    """Check a node, not what is in it."""
    if node.tag in (None, "!!map", form.name):
        if node.kind == MAP and form.keys is not None:
            return
        if node.kind == SCALAR and form.scalar is not None and form.scalar.fits(node.text):
            return
    wanted = form.scalar.wanted if form.scalar and not form.keys else "a map"
    subject = f"`{form.name}` takes" if form.name else "the manifest of a Python program is"
    yield Problem(f"{subject} {wanted}", node.span, helps=(_whole(form, node),))


def _whole(form: Form, node: Node) -> str:
    """Say what to write for a whole form; most often only the key was left out."""
    for name in (form.required or form.either)[:1]:
        if node.kind == SCALAR and node.text:
            text = f"'{node.text}'" if ":" in node.text else node.text
            return f"write `{form.name} {{{name}: {text}}}`"
    key = "" if form.name[:1] in ("", "!") else f"{form.name}: "
    return f"write, for example, `{key}{form.example}`"


def map_problems(form: Form, node: Node, value: Mapping[Any, Any]) -> Iterator[Problem]:
    """Check a MAP that has the right shape.

    value: what it stands for; a key that is there twice has its first value.
    """
    found: dict[str, Node] = {}
    for key_node, value_node in node.pairs():
        name = key_node.text if key_node.kind == SCALAR else ""
        key = form.key(name)
        if key is None or name not in value:
            yield _unknown(form, name, key_node)
        elif name not in found:
            found[name] = key_node
            yield from _value_problems(key, value[name], value_node)
    yield from _missing(form, node, found)
    yield from _excluded(form, found)


def _unknown(form: Form, name: str, node: Node) -> Problem:
    from cloudabi import _synonyms

    names = [key.name for key in form.keys or ()]
    of = f" of `{form.name}`" if form.name else ""
    help_ = _instead(name, names, _synonyms.KEYS[form.name]) if names else "remove it"
    return Problem(f"unknown key `{name}`{of}", node.span, helps=(help_,))


def _instead(word: str, known: Iterable[str], synonyms: Mapping[str, str]) -> str:
    meant = synonyms.get(word.lower())
    return f"use `{meant}`" if meant else suggestion(word, known)


def _value_problems(key: Key, value: object, node: Node) -> Iterator[Problem]:
    kind = key.kind
    if not kind.fits(value):
        yield _misfit(key, kind, value, node)
    elif kind.member and isinstance(value, list) and node.kind == SEQ:
        for member, member_node in zip(value, node.members, strict=True):
            if not kind.member.fits(member):
                yield _misfit(key, kind.member, member, member_node)


def _misfit(key: Key, kind: Kind, value: object, node: Node) -> Problem:
    if kind.words is not None and isinstance(value, str):
        message = f"`{key.name}` does not take `{value}`"
        return Problem(message, node.span, helps=(_other_word(key, kind.words, value),))
    helps = tuple(_helps(key, kind, value, node))
    if kind.is_text and isinstance(value, str):
        what = "has a null character" if value else "is empty"
        return Problem(f"`{key.name}` {what}", node.span, helps=helps)
    what = f"`{key.name}` takes" if kind is key.kind else f"a member of `{key.name}` is"
    return Problem(f"{what} {kind.wanted}", node.span, helps=helps)


def _other_word(key: Key, known: Iterable[str], word: str) -> str:
    from cloudabi import _synonyms

    return _instead(word, known, _synonyms.WORDS.get(key.name, {}))


def _helps(key: Key, kind: Kind, value: object, node: Node) -> Iterator[str]:
    if kind.is_text and node.kind == SCALAR and isinstance(value, bool | int | float):
        yield f"quote it: `{key.name}: '{node.text}'`"
    else:
        yield f"write, for example, `{key.name}: {key.example}`"
    if kind.units:
        yield f"units are {listed(kind.units)}"


def _missing(form: Form, node: Node, found: Mapping[str, Node]) -> Iterator[Problem]:
    for name in form.required:
        if name not in found:
            helps = (f"write, for example, `{form.example}`",)
            yield Problem(f"`{form.name}` lacks `{name}`", node.tag_span, helps=helps)
    if form.either and not any(name in found for name in form.either):
        message = f"`{form.name}` lacks one of {listed(form.either)}"
        yield Problem(message, node.tag_span, helps=(f"write, for example, `{form.example}`",))


def _excluded(form: Form, found: Mapping[str, Node]) -> Iterator[Problem]:
    """Find keys that are there beside others that they exclude; `found` is in their order."""
    for group in form.exclusive:
        first, *others = [name for name in found if name in group] or [""]
        for other in others:
            message = f"`{first}` and `{other}` exclude each other"
            yield Problem(message, found[other].span, helps=("keep one of them",))
