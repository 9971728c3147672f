# SPDX-License-Identifier: BSD-2-Clause
"""What `cloudabi-run --help` and its manual say beside the options."""

from __future__ import annotations

from cloudabi._options import OPTIONS, USAGE
from cloudabi._record import TYPE_CHECKING
from cloudabi.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Sequence

ABOUT = """\
Runs a CloudABI program in a sandbox. A manifest names every file, directory and socket
that the program gets; there is nothing else that it can reach.
"""
OPERANDS = (
    ("MANIFEST", "a YAML document; standard input is read if none is given"),
    ("PROGRAM", "a CloudABI executable; without it, the Python interpreter runs"),
)
PATHS = """\
Paths in a manifest start from its own folder, or from the working directory if it comes
from standard input.
"""
STATUSES = (
    ("0…255", "the program's own"),
    (str(Exit.POLICY), "a system call that the sandbox refuses ended it"),
    (str(Exit.LIMIT), "a limit ended it"),
    (str(Exit.LAUNCHER), "the run could not be set up"),
    (str(Exit.NOT_RUNNABLE), "the program cannot be run"),
    (str(Exit.NOT_FOUND), "there is no such program"),
    (f"{Exit.SIGNAL}+S", "a crash by signal S, or S sent to cloudabi-run, ended it"),
)
EXAMPLES = (
    "cloudabi-run -f hello.yaml",
    "cloudabi-run -f server.yaml --print-ports",
    "cloudabi-run -f server.yaml --explain",
    "cloudabi-run ./program < manifest.yaml",
)


def help_text() -> str:
    """Write what `--help` prints."""
    options = [
        (f"{option.short}, {option.form}" if option.short else f"    {option.form}", option.doc)
        for option in OPTIONS
    ]
    statuses = [f"  {status:<8} {meaning}\n" for status, meaning in STATUSES]
    return "\n".join(
        (
            f"usage: {USAGE}\n",
            ABOUT,
            _columns(OPERANDS),
            _columns(options),
            f"{PATHS}\nExit status:\n{''.join(statuses)}",
            "Examples:\n" + "".join(f"  {example}\n" for example in EXAMPLES),
        )
    )


def _columns(rows: Sequence[tuple[str, str]]) -> str:
    width = max(len(left) for left, _ in rows)
    return "".join(f"  {left:<{width}}  {right}\n" for left, right in rows)
