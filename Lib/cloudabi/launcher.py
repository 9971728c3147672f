# SPDX-License-Identifier: BSD-2-Clause
"""Runs a program with what a manifest names, and with nothing else, as the command does."""

from __future__ import annotations

from cloudabi._installation import Installation, installation
from cloudabi._record import TYPE_CHECKING
from cloudabi._signals import Interrupted, Signals
from cloudabi.errors import Exit, Problem, RunError
from cloudabi.sandbox import Preparation

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloudabi.manifest import Manifest
    from cloudabi.outcome import Outcome

__all__ = ["Installation", "installation", "run"]


def run(
    manifest: Manifest,
    program: str,
    parts: Installation,
    *,
    folder: str,
    no_landlock: bool = False,
    tell: Callable[[str, str], None] | None = None,
) -> int:
    """Run a program and wait for its end.

    folder: what relative paths of the manifest start from.
    no_landlock: go on where the kernel has no Landlock.
    tell: called with place and address of each socket that was bound.
    Returns the program's exit status.
    Raises RunError: it ended otherwise. CloudabiError: it could not be started; a subclass says
    why.
    """
    try:
        with Signals() as signals, Preparation(manifest, program, parts, folder=folder) as prepared:
            if tell is not None:
                for place, address in prepared.opened.addresses.items():
                    tell(place, address)
            signals.hold_back()
            with prepared.start(no_landlock=no_landlock) as sandbox:
                signals.pass_on(sandbox)
                outcome = sandbox.wait()
    except Interrupted as interrupted:
        return Exit.SIGNAL + interrupted.number
    return _status(outcome)


def _status(outcome: Outcome) -> int:
    message = outcome.ending.message()
    if message is not None:
        raise RunError(Problem(message), outcome.ending.status)
    return outcome.ending.status
