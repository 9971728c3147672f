# SPDX-License-Identifier: BSD-2-Clause
"""The command cloudabi-run."""

from __future__ import annotations

import os
import sys

from cloudabi import __version__, _fastyaml
from cloudabi._options import asks_for_json, parse
from cloudabi._record import TYPE_CHECKING
from cloudabi._yaml import SIZE_MAX
from cloudabi.errors import CloudabiError, Exit, Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cloudabi._installation import Installation
    from cloudabi._options import Options
    from cloudabi._report import Report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; errors become text and an exit status here."""
    words = sys.argv[1:] if arguments is None else arguments
    _replace_closed_streams()
    try:
        return _main(parse(words))
    except CloudabiError as error:
        from cloudabi.diagnostics import report

        report(error, sys.stderr, as_json=asks_for_json(words))
        return error.status
    except KeyboardInterrupt:
        return Exit.SIGNAL + 2


def _main(options: Options) -> int:
    if options.is_help or options.is_version:
        from cloudabi._help import help_text

        sys.stdout.write(help_text() if options.is_help else f"cloudabi-run {__version__}\n")
        return 0
    _reserve_standard_streams()
    if options.report is None:
        return _launch(options)
    from cloudabi._report import Report

    report = Report(options.report, options.manifest or "<stdin>", options.program)
    try:
        return _launch(options, report)
    except CloudabiError as error:
        report.fail(error)
        raise


def _launch(options: Options, report: Report | None = None) -> int:
    _fastyaml.install()
    from cloudabi import launcher, manifest

    parts = _parts(options)
    program = options.program or parts.interpreter
    name = options.manifest or "<stdin>"
    for_python = _is_same(program, parts.interpreter)
    data = _read(options.manifest)
    wanted = manifest.parse(data, name, for_python=for_python, library=parts.library)
    folder = os.path.dirname(options.manifest or "")
    if options.dry_run or options.explain:
        from cloudabi import _modes

        _modes.answer(options, wanted, program, folder, parts)
        return 0
    if options.check:
        if options.format == "json":
            sys.stderr.write('{"status": 0, "problems": []}\n')
        return 0
    if parts.emulator and options.emulate:
        _warn(options, parts)
    return launcher.run(
        wanted,
        program,
        parts,
        folder=folder,
        no_landlock=options.no_landlock,
        emulate=options.emulate,
        tell=_print_address if options.prints_ports else None,
        deny=_denial_printer(options),
        report=report,
    )


def _parts(options: Options) -> Installation:
    """Choose what runs the program: what its file is for decides."""
    from cloudabi import launcher

    if options.program is not None:
        return launcher.installation_for(options.program)
    if options.target is not None:
        return launcher.installation_named(options.target)
    return launcher.installation()


def _warn(options: Options, parts: Installation) -> None:
    """Say, whatever else is said, that nothing confines the program."""
    from cloudabi._emulation import warning
    from cloudabi.diagnostics import report_event

    report_event(warning(parts), sys.stderr, as_json=options.format == "json")


def _replace_closed_streams() -> None:
    """Let what is said be lost where nobody listens."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


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


def _denial_printer(options: Options) -> Callable[[Problem], None] | None:
    if not options.traces:
        return None
    from cloudabi.diagnostics import report_event

    as_json = options.format == "json"
    return lambda problem: report_event(problem, sys.stderr, as_json=as_json, word="denied")


if __name__ == "__main__":
    sys.exit(main())
