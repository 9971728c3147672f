# SPDX-License-Identifier: BSD-2-Clause
"""What to do about text that is not YAML. Imported only where there is some."""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING
from cloudabi.errors import Problem, Span

if TYPE_CHECKING:
    from typing import Any

    from cloudabi.errors import Source

_QUOTE = "quote text that begins with one of `@`, `` ` ``, `%`, `*`, `&`, `!`, `|`, `>`"
_COLON = "put a space behind the `:` of each key, and quote text that has `: ` in it"
# By a part of what libyaml or PyYAML complain about, the first that fits.
_HELPS = (
    ("scanning a tag", "put a space behind the tag"),
    ("incompatible YAML document", "remove the line `%YAML`, or let it read `%YAML 1.2`"),
    ("mapping values are not allowed", _COLON),
    ("sequence entries are not allowed", "begin a new line before the `-` of a list"),
    ("block sequence", "write the members of a list below each other, each with `- `"),
    ("block mapping", "begin the keys of a map in one column, and what belongs to a key behind it"),
    ("did not find expected ',' or ']'", "close the list with `]`; quote text that has brackets"),
    ("did not find expected ',' or '}'", "close the map with `}`; quote text that has brackets"),
    ("node content", "quote text that has brackets or braces, such as `'[::1]:80'`"),
    ("flow sequence", "close the list with `]`; quote text that has brackets"),
    ("flow mapping", "close the map with `}`; quote text that has brackets"),
    ("could not find expected ':'", "end a key with `:`, and quote text of several lines"),
    ("unexpected end of stream", "close the text with the quotation mark that it begins with"),
    ("document indicator", "close the text with the quotation mark that it begins with"),
    ("escape", "write `\\\\` for a backslash, or use single quotes"),
    ("tag handle", "write a tag such as `!file`, `!fd` or `!!str`"),
    ("cannot start any token", _QUOTE),
    ("alphabetic or numeric character", _QUOTE),
    (
        "<document start>",
        "indent what belongs to the value before, or write `---` after directives",
    ),
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
