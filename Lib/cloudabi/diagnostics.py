# SPDX-License-Identifier: BSD-2-Clause
"""The one renderer of problems, and the words that they share."""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TextIO

    from cloudabi.errors import CloudabiError, Problem, Span

PROGRAM = "cloudabi-run"
PROBLEMS_MAX = 20
_WIDTH_MAX = 100  # of a quoted line

_BOLD_RED = "\x1b[1;31m"
_BOLD_BLUE = "\x1b[1;34m"
_BOLD = "\x1b[1m"
_PLAIN = "\x1b[0m"


def report(error: CloudabiError, stream: TextIO, *, as_json: bool = False) -> None:
    """Print every problem of an error; in colour if the stream is a terminal."""
    if as_json:
        import json

        json.dump(document(error), stream, indent=2)
        stream.write("\n")
        return
    texts = [
        render(problem, color=_wants_color(stream)) for problem in error.problems[:PROBLEMS_MAX]
    ]
    more = len(error.problems) - PROBLEMS_MAX
    if more > 0:
        texts.append(f"{PROGRAM}: {more} more problem{'s' if more > 1 else ''}\n")
    stream.write("\n".join(texts))


def report_event(
    problem: Problem, stream: TextIO, *, as_json: bool = False, word: str = ""
) -> None:
    """Print what is told about a run; in colour if the stream is a terminal. JSON takes a line.

    word: as for render().
    """
    if as_json:
        import json

        text = json.dumps(problem_document(problem)) + "\n"
    else:
        text = render(problem, color=_wants_color(stream), word=word)
    stream.write(text)
    stream.flush()


def _wants_color(stream: TextIO) -> bool:
    import os

    return stream.isatty() and not os.environ.get("NO_COLOR")


def document(error: CloudabiError) -> dict[str, object]:
    """Return what JSON says of an error: its exit status and all its problems."""
    return {
        "status": error.status,
        "problems": [problem_document(problem) for problem in error.problems],
    }


def render(problem: Problem, *, color: bool = False, word: str = "") -> str:
    """Return the text of a problem, with the part of the source that it is about.

    word: what to call it instead of an error.
    """
    red, blue, bold, plain = (_BOLD_RED, _BOLD_BLUE, _BOLD, _PLAIN) if color else ("",) * 4
    word = word or ("error" if problem.span else "")
    head = f"{red}{word}{plain}{bold}" if word else f"{bold}{PROGRAM}"
    lines = [f"{head}: {printable(problem.message)}{plain}"]
    number = str(position(problem.span)[0]) if problem.span else "1"
    gutter = " " * (1 + len(number))
    if problem.span:
        lines += _quotation(problem.span, gutter, blue, red, plain)
    for word, texts in (("note", problem.notes), ("help", problem.helps)):
        lines += [f"{gutter} {blue}={plain} {word}: {printable(text)}" for text in texts]
    return "\n".join(lines) + "\n"


def position(span: Span) -> tuple[int, int]:
    """Return line and column of a span's start, both from 1."""
    return _position(span.source.text, span.start)


def printable(text: str) -> str:
    """Replace what could command a terminal or hide text."""
    return "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text)


def listed(words: Iterable[str]) -> str:
    """Enumerate words: `a`, `b` and `c`."""
    *others, last = [f"`{word}`" for word in words]
    return f"{', '.join(others)} and {last}" if others else last


def suggestion(word: str, known: Iterable[str], purposes: Mapping[str, str] | None = None) -> str:
    """Say what to use instead of an unknown word.

    purposes: what the known words are for, when that is not plain.
    """
    from difflib import get_close_matches

    known = list(known)
    matches = get_close_matches(word, known, n=1)
    if not matches:
        return f"known are {listed(known)}"
    purpose = f" {purposes[matches[0]]}" if purposes else ""
    return f"use `{matches[0]}`{purpose}"


def problem_document(problem: Problem) -> dict[str, object]:
    """Return what JSON says of a problem; its end is where the next character stands."""
    record: dict[str, object] = {"message": problem.message, "file": None}
    if span := problem.span:
        line, column = position(span)
        end_line, end_column = _position(span.source.text, span.end)
        record |= {"file": span.source.name, "line": line, "column": column}
        record["end"] = {"line": end_line, "column": end_column}
    return record | {"notes": problem.notes, "helps": problem.helps}


def _position(text: str, index: int) -> tuple[int, int]:
    return text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index)


def _quotation(span: Span, gutter: str, blue: str, red: str, plain: str) -> list[str]:
    line, column = position(span)
    text = span.source.text
    start = span.start - column + 1
    newline = text.find("\n", start)
    end = newline if newline >= 0 else len(text)
    cut = max(0, column - 1 - _WIDTH_MAX // 2) if end - start > _WIDTH_MAX else 0
    quoted = _in_columns(text[start + cut : min(end, start + cut + _WIDTH_MAX)])
    if cut > 0:
        quoted = "…" + quoted[1:]
    before, marked = quoted[: column - 1 - cut], quoted[column - 1 - cut :]
    marked = marked[: max(0, span.end - span.start)].rstrip()
    marks = " " * _columns(before) + "^" * max(1, _columns(marked))
    return [
        f"{gutter}{blue}-->{plain} {printable(span.source.name)}:{line}:{column}",
        f"{gutter} {blue}|{plain}",
        f" {blue}{line} |{plain} {quoted}".rstrip(),
        f"{gutter} {blue}|{plain} {red}{marks}{plain}",
    ]


def _in_columns(text: str) -> str:
    """Replace what has no width of its own, so that marks stand below what they mark."""
    return "".join(c if c.isprintable() else " " if c in "\t\r" else "\ufffd" for c in text)


def _columns(text: str) -> int:
    """Count the columns that a text takes on a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(0 if combining(c) else 2 if east_asian_width(c) in "WF" else 1 for c in text)
