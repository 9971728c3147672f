# SPDX-License-Identifier: BSD-2-Clause
"""The renderer of problems."""

from __future__ import annotations

import io
import json
import re

import pytest

from cloudabi.diagnostics import listed, render, report, suggestion
from cloudabi.errors import CloudabiError, Problem, Source, Span

SOURCE = Source("app.yaml", "a: 1\n" * 6 + "log: !fiel /var/log/app\n")
START = SOURCE.text.index("!fiel")
PROBLEM = Problem(
    "unknown tag `!fiel`",
    Span(SOURCE, START, START + 5),
    helps=("use `!file` to grant a path",),
)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_example_of_the_house_style() -> None:
    assert render(PROBLEM) == (
        "error: unknown tag `!fiel`\n"
        "  --> app.yaml:7:6\n"
        "   |\n"
        " 7 | log: !fiel /var/log/app\n"
        "   |      ^^^^^\n"
        "   = help: use `!file` to grant a path\n"
    )


def test_without_a_place() -> None:
    problem = Problem("unknown option `-x`", notes=("usage: …",), helps=("try `--help`",))
    assert render(problem) == (
        "cloudabi-run: unknown option `-x`\n   = note: usage: …\n   = help: try `--help`\n"
    )


def test_colour_changes_nothing_else() -> None:
    colored = render(PROBLEM, color=True)
    assert colored != render(PROBLEM)
    assert re.sub("\x1b\\[[0-9;]*m", "", colored) == render(PROBLEM)


@pytest.mark.parametrize(
    ("stream", "no_color", "is_colored"),
    [(Terminal, "", True), (Terminal, "1", False), (io.StringIO, "", False)],
)
def test_colour_is_for_terminals(
    monkeypatch: pytest.MonkeyPatch, stream: type[io.StringIO], no_color: str, is_colored: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    output = stream()
    report(CloudabiError(PROBLEM), output)
    assert ("\x1b" in output.getvalue()) == is_colored


def test_all_problems_are_reported_up_to_a_bound() -> None:
    output = io.StringIO()
    report(CloudabiError(*[PROBLEM] * 22), output)
    assert output.getvalue().count("error: ") == 20
    assert output.getvalue().endswith("\n\ncloudabi-run: 2 more problems\n")


def test_json_says_the_same() -> None:
    output = io.StringIO()
    error = CloudabiError(*[PROBLEM] * 22, Problem("no place", notes=("n",)))
    report(error, output, as_json=True)
    found = json.loads(output.getvalue())
    assert found["status"] == 125
    assert len(found["problems"]) == 23
    assert found["problems"][0] == {
        "message": "unknown tag `!fiel`",
        "file": "app.yaml",
        "line": 7,
        "column": 6,
        "end": {"line": 7, "column": 11},
        "notes": [],
        "helps": ["use `!file` to grant a path"],
    }
    assert found["problems"][22] == {
        "message": "no place",
        "file": None,
        "notes": ["n"],
        "helps": [],
    }


def test_nothing_commands_the_terminal() -> None:
    source = Source("a\x1b[2Jb", "x\x1b[1m\ty\u202e")
    problem = Problem("m\x07", Span(source, 6, 7), ("n\x9b",), ("h\u2028",))
    text = render(problem)
    assert all(c.isprintable() or c == "\n" for c in text)
    assert "   |       ^\n" in text


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 3), (4, 9), (9, 9)])
def test_marks_stay_in_their_line(start: int, end: int) -> None:
    lines = render(Problem("m", Span(Source("s", "abc\ndefgh"), start, end))).splitlines()
    marks = lines[4].removeprefix("   | ")
    assert marks.strip(" ").strip("^") == ""
    assert "^" in marks
    assert len(marks) <= len(lines[3].removeprefix(" 1 | ")) + 1


def test_words() -> None:
    assert listed(["a"]) == "`a`"
    assert listed(["a", "b", "c"]) == "`a`, `b` and `c`"
    assert suggestion("pth", ["path", "mode"]) == "use `path`"
    assert suggestion("zebra", ["path", "mode"]) == "known are `path` and `mode`"
