# SPDX-License-Identifier: BSD-2-Clause
"""Writes the tables of docs/manifest.md between their marks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudabi._grammar import INTERPRETER, LIMITS, PROGRAM, TAGS
from cloudabi._quantities import BYTES, TIME

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cloudabi._grammar import Form, Key

OUTPUT = "docs/manifest.md"
BEGIN = "<!-- begin of {}, generated from Lib/cloudabi/_grammar.py by docs/generate.py -->\n"
END = "<!-- end of {} -->\n"


class MarkError(Exception):
    """The document lacks the marks of a table."""


def tables() -> dict[str, str]:
    """Return the tables by what their marks call them."""
    found = {"the tags": _table(("tag", "what it is good for"), _tags())}
    for form in (*TAGS.values(), LIMITS, PROGRAM, INTERPRETER):
        if form.keys:
            found[f"the keys of {form.name or 'the interpreter'}"] = _keys(form)
    units = ((f"`{unit}`", f"{size:,}") for unit, size in BYTES.items())
    found["the units of bytes"] = _table(("unit", "bytes"), units)
    times = ((f"`{unit}`", f"{size:,}") for unit, size in TIME.items())
    found["the units of time"] = _table(("unit", "nanoseconds"), times)
    return found


def emit(text: str) -> str:
    """Put the tables into the text of the document.

    Raises MarkError.
    """
    for name, table in tables().items():
        begin, end = BEGIN.format(name), END.format(name)
        head, found_begin, rest = text.partition(begin)
        _, found_end, tail = rest.partition(end)
        if not (found_begin and found_end):
            raise MarkError(f"{OUTPUT} lacks the marks of {name}: write {begin.strip()}")
        text = f"{head}{begin}\n{table}\n{end}{tail}"
    return text


def _tags() -> Iterable[tuple[str, str]]:
    return ((f"`{form.name}`", form.purpose) for form in (*TAGS.values(), PROGRAM))


def _keys(form: Form) -> str:
    keys = form.keys or ()
    has_defaults = any(key.default for key in keys)
    head = ("key", "value", *(("default",) if has_defaults else ()), "meaning")
    rows = []
    for key in keys:
        default = (f"`{key.default}`" if key.default else "",) if has_defaults else ()
        rows.append((f"`{key.name}`", key.kind.wanted, *default, key.doc))
    parts = [_table(head, rows)]
    parts += [_words(key) for key in keys if key.kind.words and any(key.kind.words.values())]
    return "\n".join(parts)


def _words(key: Key) -> str:
    words = key.kind.words or {}
    return _table((f"`{key.name}`", "meaning"), ((f"`{w}`", doc) for w, doc in words.items()))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [" | ".join(line) for line in (head, ["---"] * len(head), *rows)]
    return "".join(f"| {line} |\n" for line in lines)
