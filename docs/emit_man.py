# SPDX-License-Identifier: BSD-2-Clause
"""Writes the manual page of cloudabi-run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudabi._help import ABOUT, EXAMPLES, OPERANDS, PATHS, STATUSES
from cloudabi._options import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cloudabi._options import Option

OUTPUT = "docs/cloudabi-run.1"
_HEAD = """\
.\\" SPDX-License-Identifier: BSD-2-Clause
.\\" Generated from Lib/cloudabi/_options.py and _help.py by docs/generate.py: edit those, not this.
.TH CLOUDABI\\-RUN 1
.SH NAME
cloudabi\\-run \\- run a CloudABI program in a sandbox
.SH SYNOPSIS
.B cloudabi\\-run
.RI [ OPTION ]...
.RB [ \\-f
.IR MANIFEST ]
.RI [ PROGRAM ]
"""
_SEE_ALSO = """\
.SH SEE ALSO
The document manifest.md of the project, which describes manifests.
"""


def emit() -> str:
    return "".join(_sections())


def _sections() -> Iterator[str]:
    yield _HEAD
    yield f".SH DESCRIPTION\n{_escaped(ABOUT)}.PP\n{_escaped(PATHS)}"
    for name, meaning in OPERANDS:
        yield f".TP\n.I {_escaped(name)}\n{_sentence(meaning)}"
    yield ".SH OPTIONS\n"
    for option in OPTIONS:
        yield f".TP\n{_name(option)}{_sentence(option.doc)}"
    yield ".SH EXIT STATUS\n"
    for status, meaning in STATUSES:
        yield f".TP\n.B {_escaped(status)}\n{_sentence(meaning)}"
    yield ".SH EXAMPLES\n.EX\n"
    yield "".join(f"{_escaped(example)}\n" for example in EXAMPLES)
    yield ".EE\n"
    yield _SEE_ALSO


def _name(option: Option) -> str:
    names = [name for name in (option.short, option.name) if name]
    bold = ", ".join(f"\\fB{_escaped(name)}\\fR" for name in names)
    argument = option.form.removeprefix(option.name)
    return f"{bold}\\fI{_escaped(argument)}\\fR\n" if argument else f"{bold}\n"


def _sentence(text: str) -> str:
    return _escaped(f"{text[0].upper()}{text[1:]}.\n")


def _escaped(text: str) -> str:
    """Write text so that troff takes none of it for a command."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("…", "...")
    return "".join(f"\\&{line}" if line[:1] == "." else line for line in text.splitlines(True))
