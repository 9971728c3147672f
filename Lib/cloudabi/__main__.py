# SPDX-License-Identifier: BSD-2-Clause
"""The command cloudabi-run."""

from __future__ import annotations

import os
import sys

from cloudabi import __version__, _fastyaml
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi._yaml import SIZE_MAX
from cloudabi.errors import CloudabiError, Exit, Problem, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

USAGE = "usage: cloudabi-run [OPTION]... [-f MANIFEST] [PROGRAM]"
HELP = f"""\
{USAGE}

Runs a CloudABI program in a sandbox. A manifest names every file, directory and socket
that the program gets; there is nothing else that it can reach.

  MANIFEST       a YAML document; standard input is read if none is given
  PROGRAM        a CloudABI executable; without it, the Python interpreter runs

  -f, --file MANIFEST   read the manifest from a file
      --print-ports     print the address of each socket that the manifest binds
      --no-landlock     go on where the kernel lacks Landlock, one of several barriers
      --help            print this text
      --version         print the version

Paths in a manifest start from its own folder, or from the working directory if it comes
from standard input. The exit status is the program's, or 128 plus the signal that ended it;
{Exit.LAUNCHER} if the run could not be set up, {Exit.NOT_RUNNABLE} if the program cannot be run, \
{Exit.NOT_FOUND} if there is none.

Examples:
  cloudabi-run -f hello.yaml
  cloudabi-run -f server.yaml --print-ports
  cloudabi-run ./program < manifest.yaml
"""


_FLAGS = {
    "--print-ports": "prints_ports",
    "--no-landlock": "no_landlock",
    "--help": "is_help",
    "--version": "is_version",
}


class Options(Record):
    """What the command line asks for."""

    manifest: str | None = None
    program: str | None = None
    prints_ports: bool = False
    no_landlock: bool = False
    is_help: bool = False
    is_version: bool = False


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; errors become text and an exit status here."""
    try:
        return _main(parse(sys.argv[1:] if arguments is None else arguments))
    except CloudabiError as error:
        from cloudabi.diagnostics import report

        if sys.stderr is not None:
            report(error, sys.stderr)
        return error.status
    except KeyboardInterrupt:
        return Exit.SIGNAL + 2


def parse(arguments: Sequence[str]) -> Options:
    """Parse the command line.

    Raises UsageError.
    """
    found: dict[str, Any] = {}
    programs: list[str] = []
    words = iter(arguments)
    for word in words:
        if word in _FLAGS:
            found[_FLAGS[word]] = True
        elif word in ("-f", "--file"):
            found["manifest"] = next(words, None)
            if found["manifest"] is None:
                raise _usage(f"`{word}` lacks the name of a manifest")
        elif word.startswith("--file="):
            found["manifest"] = word.removeprefix("--file=")
        elif word == "--":
            programs += words
        elif word.startswith("-"):
            raise _usage(f"unknown option `{word}`")
        else:
            programs.append(word)
    if len(programs) > 1:
        raise _usage(f"there is one program, `{programs[1]}` is too much")
    return Options(program=programs[0] if programs else None, **found)


def _usage(message: str) -> UsageError:
    return UsageError(Problem(message, notes=(USAGE,), helps=("try `cloudabi-run --help`",)))


def _main(options: Options) -> int:
    if options.is_help or options.is_version:
        sys.stdout.write(HELP if options.is_help else f"cloudabi-run {__version__}\n")
        return 0
    _reserve_standard_streams()
    _fastyaml.install()
    from cloudabi import launcher, manifest

    parts = launcher.installation()
    program = options.program or parts.interpreter
    name = options.manifest or "<stdin>"
    wanted = manifest.parse(
        _read(options.manifest), name, for_python=_is_same(program, parts.interpreter)
    )
    return launcher.run(
        wanted,
        program,
        parts,
        folder=os.path.dirname(options.manifest or ""),
        no_landlock=options.no_landlock,
        tell=_print_address if options.prints_ports else None,
    )


def _reserve_standard_streams() -> None:
    """Let nothing that is opened later be taken for a standard stream."""
    while (fd := os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)) <= 2:
        pass
    os.close(fd)


def _read(path: str | None) -> bytes:
    """Read the manifest; what was standard input then cannot be granted any more."""
    try:
        if path is not None:
            with open(path, "rb", buffering=0) as file:
                return _read_all(file.fileno())
        data = _read_all(0)
        os.set_inheritable(0, False)
    except OSError as error:
        place = f"`{path}`" if path is not None else "standard input"
        message = f"cannot read the manifest from {place}: {error.strerror}"
        raise CloudabiError(Problem(message)) from None
    return data


def _read_all(fd: int) -> bytes:
    """Read to the end, or until it is certainly too much."""
    data = b""
    while len(data) <= 4 * SIZE_MAX and (some := os.read(fd, 2**16)):
        data += some
    return data


def _is_same(path: str, other: str) -> bool:
    try:
        return path == other or os.path.samefile(path, other)
    except OSError:
        return False


def _print_address(place: str, address: str) -> None:
    print(f"{place}: {address}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
