# SPDX-License-Identifier: BSD-2-Clause
"""What to do about text that is not YAML. Imported only where there is some."""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING
from cloudabi.errors import Problem, Span

if TYPE_CHECKING:
    from typing import Any

    from cloudabi.errors import Source

_QUOTE = "quote text that begins with one of `@`, `` ` ``, `%`, `*`, `&`, `!`, `|`, `>`"
_BRACKETS = "quote text that has brackets or braces, such as `'[::1]:80'`"
_COLON = "put a space behind the `:` of each key, and quote text that has `: ` in it"
# By a part of what libyaml or PyYAML complain about, or of where they were; the first that fits.
_HELPS = (
    ("tag handle", "write a tag such as `!file`, `!fd` or `!!str`"),
    ("a tag", "put a space behind the tag; quote text that begins with `!`"),
    ("incompatible YAML document", "remove the line `%YAML`, or let it read `%YAML 1.2`"),
    ("irective", "remove the line; quote text that begins with `%`"),
    ("block scalar", "write text of several lines below `|`, further right than its key"),
    (
        "mapping keys are not allowed",
        "begin a new line before `?`, or quote text that begins with it",
    ),
    ("mapping values are not allowed", _COLON),
    ("unexpected ':'", _COLON),
    ("sequence entries are not allowed", "begin a new line before the `-` of a list"),
    ("block sequence", "write the members of a list below each other, each with `- `"),
    ("block collection", "write the members of a list below each other, each with `- `"),
    ("block mapping", "begin the keys of a map in one column, and what belongs to a key behind it"),
    ("',' or ']'", "close the list with `]`; quote text that has brackets"),
    ("',' or '}'", "close the map with `}`; quote text that has braces"),
    ("node content", _BRACKETS),
    ("flow sequence", _BRACKETS),
    ("flow mapping", _BRACKETS),
    ("could not find expected ':'", "end a key with `:`, and quote text of several lines"),
    ("unexpected end of stream", "close the text with the quotation mark that it begins with"),
    ("document indicator", "close the text with the quotation mark that it begins with"),
    ("quoted scalar", "write `\\\\` for a backslash between double quotes, or use single quotes"),
    ("tab character", "indent with spaces, not with tabs"),
    ("cannot start any token", _QUOTE),
    ("an alias", _QUOTE),
    ("an anchor", _QUOTE),
    ("<document start>", "remove what follows the manifest's value, or indent what belongs to it"),
)
_TAG_LINE = "the line reads `%TAG ! tag:nuxi.nl,2015:cloudabi/`"
_TAB = "indent with spaces, not with tabs"


def explain(source: Source, error: Any) -> Problem:
    """Turn PyYAML's complaint into a problem."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    if mark is None:
        return _control_character(source)
    index = min(mark.index, len(source.text))
    context = f"{error.context}, line {error.context_mark.line + 1}" if error.context_mark else ""
    return Problem(
        f"not YAML: {error.problem}",
        Span(source, index, index),
        (context,) if context else (),
        _helps(source.text, index, f"{error.problem} {error.context}"),
    )


def _helps(text: str, index: int, complaint: str) -> tuple[str, ...]:
    line = text[text.rfind("\n", 0, index) + 1 :]
    if line.startswith("%TAG"):
        return (_TAG_LINE,)
    if line.lstrip(" ").startswith("\t"):
        return (_TAB,)
    return next(((help_,) for part, help_ in _HELPS if part in complaint), ())


def _control_character(source: Source) -> Problem:
    """Find the character that YAML does not allow."""
    index = next(i for i, character in enumerate(source.text) if not _is_allowed(character))
    code = ord(source.text[index])
    escape = f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    message = f"not YAML: the character U+{code:04X} has to be an escape"
    help_ = f'remove it, or write "{escape}" between double quotes'
    return Problem(message, Span(source, index, index + 1), helps=(help_,))


def _is_allowed(character: str) -> bool:
    if character < "\xa0":
        return character in "\t\n\r\x85" or character.isprintable()
    return character not in "\ufeff\ufffe\uffff"
