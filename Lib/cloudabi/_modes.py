# SPDX-License-Identifier: BSD-2-Clause
"""What cloudabi-run does instead of running a program: answer what a run would be."""

from __future__ import annotations

import sys

from cloudabi import _explain
from cloudabi._plan import plan
from cloudabi._record import TYPE_CHECKING
from cloudabi.errors import ManifestError, NotRunnableError

if TYPE_CHECKING:
    from cloudabi._installation import Installation
    from cloudabi._options import Options
    from cloudabi._plan import Plan
    from cloudabi.manifest import Manifest


def answer(
    options: Options, manifest: Manifest, program: str, folder: str, parts: Installation
) -> None:
    """Print what the options ask for.

    folder: what relative paths of the manifest start from. parts: what would run the program.
    Raises ManifestError, NotRunnableError: a run would not come about.
    """
    planned = plan(manifest, program, folder, parts.emulator)
    sys.stdout.write(_answer(options, planned))
    if options.dry_run and parts.emulator and not options.emulate:
        from cloudabi._emulation import refusal

        raise NotRunnableError(*refusal(parts).problems, *planned.problems)
    if options.dry_run and planned.problems:
        raise ManifestError(*planned.problems)


def _answer(options: Options, planned: Plan) -> str:
    if options.format == "json":
        import json

        return json.dumps(_explain.document(planned), indent=2) + "\n"
    if options.explain in ("dot", "svg"):
        from cloudabi import _graph

        return _graph.dot(planned) if options.explain == "dot" else _graph.svg(planned)
    return _explain.dry_run(planned) if options.dry_run else _explain.table(planned)
