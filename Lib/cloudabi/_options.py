# SPDX-License-Identifier: BSD-2-Clause
"""The options of cloudabi-run in one table, which help, manual and completions follow too."""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING, Record
from cloudabi.errors import Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

USAGE = "cloudabi-run [OPTION]... [-f MANIFEST] [PROGRAM]"


class Option(Record):
    """An option.

    name, short: `--file` and `-f`. field: of Options. doc: what it does, after its name.
    argument: what it takes, in capitals; a flag takes none.
    choices: the words that it takes, if others make no sense.
    implied: the argument when none is given; the option then takes one after `=` only.
    """

    name: str
    field: str
    doc: str
    short: str = ""
    argument: str = ""
    choices: tuple[str, ...] = ()
    implied: str | None = None

    @property
    def form(self) -> str:
        """How it is written: `--file MANIFEST`."""
        if not self.argument:
            return self.name
        argument = "|".join(self.choices) or self.argument
        return f"{self.name}[={argument}]" if self.implied else f"{self.name} {argument}"


OPTIONS = (
    Option("--file", "manifest", "read the manifest from a file", "-f", "MANIFEST"),
    Option("--check", "check", "say what is wrong with the manifest; open and run nothing"),
    Option("--dry-run", "dry_run", "print what a run would open and the program would see"),
    Option(
        "--explain",
        "explain",
        "print what is granted, as a table or a graph; run nothing",
        argument="FORM",
        choices=("table", "dot", "svg"),
        implied="table",
    ),
    Option(
        "--format",
        "format",
        "print answers and errors as text or JSON",
        argument="FORMAT",
        choices=("text", "json"),
    ),
    Option("--trace-denials", "traces", "print each refused operation and what would grant it"),
    Option("--report", "report", "write a JSON record of the run to a file", argument="FILE"),
    Option("--print-ports", "prints_ports", "print the address of each bound socket"),
    Option(
        "--no-landlock",
        "no_landlock",
        "go on where the kernel lacks Landlock, one of several barriers",
    ),
    Option(
        "--target",
        "target",
        "run the Python of another type of machine",
        argument="TRIPLE",
    ),
    Option(
        "--emulate",
        "emulate",
        "run what this machine cannot in an emulator; nothing is enforced",
    ),
    Option("--help", "is_help", "print this text"),
    Option("--version", "is_version", "print the version"),
)


# Options that each say alone what happens instead of a run.
_MODES = ("check", "dry_run", "explain")


class Options(Record):
    """What the command line asks for."""

    manifest: str | None = None
    program: str | None = None
    check: bool = False
    dry_run: bool = False
    explain: str | None = None
    format: str = "text"
    traces: bool = False
    report: str | None = None
    prints_ports: bool = False
    no_landlock: bool = False
    target: str | None = None
    emulate: bool = False
    is_help: bool = False
    is_version: bool = False


def parse(arguments: Sequence[str]) -> Options:
    """Parse the command line.

    Raises UsageError.
    """
    found: dict[str, Any] = {}
    programs: list[str] = []
    words = iter(arguments)
    for word in words:
        if word == "--":
            programs += words
        elif word.startswith("-"):
            option, value = _option(word, words)
            found[option.field] = value
        else:
            programs.append(word)
    if len(programs) > 1:
        raise _usage(f"there is one program, `{programs[1]}` is too much")
    modes = [option.name for option in OPTIONS if option.field in _MODES and option.field in found]
    if len(modes) > 1:
        raise _usage(f"`{modes[0]}` and `{modes[1]}` exclude each other")
    if found.get("format") == "json" and found.get("explain") in ("dot", "svg"):
        raise _usage(f"`--format json` and `--explain={found['explain']}` exclude each other")
    if programs and "target" in found:
        raise _usage("`--target` is for Python, and there is a program", "leave out `--target`")
    return Options(program=programs[0] if programs else None, **found)


def asks_for_json(arguments: Sequence[str]) -> bool:
    """Tell whether a command line wants JSON, even one that makes no sense otherwise."""
    return "--format=json" in arguments or ("--format", "json") in zip(
        arguments, arguments[1:], strict=False
    )


def _option(word: str, words: Iterator[str]) -> tuple[Option, Any]:
    """Find the option that a word names, and its value, which can be the next word."""
    name, equals, value = word.partition("=")
    option = next((option for option in OPTIONS if name in (option.name, option.short)), None)
    if option is None or (equals and name == option.short):
        raise _unknown(word)
    if not option.argument:
        if equals:
            raise _usage(f"`{name}` takes no argument")
        return option, True
    if not equals:
        given = next(words, None) if option.implied is None else option.implied
        if given is None:
            raise _usage(f"`{name}` lacks its argument", f"write `{option.form}`")
        value = given
    if option.choices and value not in option.choices:
        raise _usage(f"`{name}` does not take `{value}`", f"write `{option.form}`")
    return option, value


def _unknown(word: str) -> UsageError:
    from difflib import get_close_matches

    names = [option.name for option in OPTIONS]
    matches = get_close_matches(word, names, n=1)
    return _usage(f"unknown option `{word}`", *(f"use `{match}`" for match in matches))


def _usage(message: str, *helps: str) -> UsageError:
    help_ = helps or ("try `cloudabi-run --help`",)
    return UsageError(Problem(message, notes=(f"usage: {USAGE}",), helps=help_))
