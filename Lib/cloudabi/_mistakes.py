# SPDX-License-Identifier: BSD-2-Clause
"""What to say about mistakes, and what to write instead. Imported only where there are some."""

from __future__ import annotations

from cloudabi import _grammar, _scalars, _synonyms
from cloudabi._record import TYPE_CHECKING
from cloudabi._yaml import MAP, SCALAR, SEQ
from cloudabi.diagnostics import listed, position, suggestion
from cloudabi.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cloudabi._grammar import Form, Key, Kind
    from cloudabi._yaml import Node

_COLLECTION_TAGS = {"!!seq": SEQ, "!!map": MAP}


def wrong_shape(form: Form, node: Node) -> Problem:
    """A node is not what a form takes at all."""
    wanted = form.scalar.wanted if form.scalar and not form.keys else "a map"
    subject = f"`{form.name}` takes" if form.name else "the manifest of a Python program is"
    return Problem(f"{subject} {wanted}", node.span, helps=(_whole(form, node),))


def _whole(form: Form, node: Node) -> str:
    """Say what to write for a whole form; most often only the key was left out."""
    for name in (form.required or form.either)[:1]:
        if node.kind == SCALAR and node.text:
            text = f"'{node.text}'" if ":" in node.text else node.text
            return f"write `{form.name} {{{name}: {text}}}`"
    key = "" if form.name[:1] in ("", "!") else f"{form.name}: "
    return f"write, for example, `{key}{form.example}`"


def unknown_key(form: Form, name: str, node: Node) -> Problem:
    """A form has no such key."""
    names = [key.name for key in form.keys or ()]
    of = f" of `{form.name}`" if form.name else ""
    help_ = _instead(name, names, _synonyms.KEYS[form.name]) if names else "remove it"
    return Problem(f"unknown key `{name}`{of}", node.span, helps=(help_,))


def misfit(key: Key, kind: Kind, value: object, node: Node) -> Problem:
    """A key's value, or a member of it, is not of the kind that is wanted."""
    if kind.words is not None and isinstance(value, str):
        message = f"`{key.name}` does not take `{value}`"
        help_ = _instead(value, kind.words, _synonyms.WORDS.get(key.name, {}))
        return Problem(message, node.span, helps=(help_,))
    helps = tuple(_helps(key, kind, value, node))
    if kind.is_text and isinstance(value, str):
        what = "has a null character" if value else "is empty"
        return Problem(f"`{key.name}` {what}", node.span, helps=helps)
    what = f"`{key.name}` takes" if kind is key.kind else f"a member of `{key.name}` is"
    return Problem(f"{what} {kind.wanted}", node.span, helps=helps)


def _helps(key: Key, kind: Kind, value: object, node: Node) -> Iterator[str]:
    if kind.is_text and node.kind == SCALAR and isinstance(value, bool | int | float):
        yield f"quote it: `{key.name}: '{node.text}'`"
    else:
        yield f"write, for example, `{key.name}: {key.example}`"
    if kind.units:
        yield f"units are {listed(kind.units)}"


def _instead(word: str, known: Iterable[str], synonyms: Mapping[str, str]) -> str:
    meant = synonyms.get(word.lower())
    return f"use `{meant}`" if meant else suggestion(word, known)


def lacking(form: Form, names: tuple[str, ...], node: Node) -> Problem:
    """None of some keys is there."""
    what = f"one of {listed(names)}" if len(names) > 1 else f"`{names[0]}`"
    helps = (f"write, for example, `{form.example}`",)
    return Problem(f"`{form.name}` lacks {what}", node.tag_span, helps=helps)


def duplicate_key(node: Node, first: Node) -> Problem:
    """A key is there again."""
    note = f"it is first given in line {position(first.span)[0]}"
    helps = ("keep one of them",)
    return Problem(f"duplicate key `{node.text}`", node.span, (note,), helps)


def wrong_tag(node: Node) -> Problem:
    """A tag is unknown, or not for such a node."""
    tag = node.tag or ""
    if tag == _grammar.PROGRAM.name:
        message = f"`{tag}` is for the whole manifest of a program other than the interpreter"
        help_ = "remove the tag; the interpreter takes `limits` as a key"
        return Problem(message, node.tag_span, helps=(help_,))
    tags = (*_scalars.TAGS, *_COLLECTION_TAGS)
    if tag in tags:
        help_ = f"remove the tag, or write it before a {_COLLECTION_TAGS.get(tag, SCALAR)}"
        message = f"`{tag}` does not fit a {node.kind}"
        return Problem(message, node.tag_span, helps=(help_,))
    helps = _other_tag(tag) if not tag.startswith("!!") else (f"known are {listed(tags)}",)
    return Problem(f"unknown tag `{tag}`", node.tag_span, helps=helps)


def _other_tag(tag: str) -> tuple[str, ...]:
    if not tag.startswith("!"):
        line = "remove the line `%TAG`, or let it read `%TAG ! tag:nuxi.nl,2015:cloudabi/`"
        return ("write a tag such as `!file`", line)
    purposes = {form.name: form.purpose for form in (*_grammar.TAGS.values(), _grammar.PROGRAM)}
    help_ = suggestion(_synonyms.TAGS.get(tag, tag), purposes, purposes)
    return (help_,) if help_.startswith("use") else (help_, "plain values need no tag")
