# SPDX-License-Identifier: BSD-2-Clause
"""Runs a program with what a manifest names, and with nothing else, as the command does."""

from __future__ import annotations

from cloudabi._installation import (
    Installation,
    installation,
    installation_for,
    installation_named,
)
from cloudabi._record import TYPE_CHECKING
from cloudabi._signals import Interrupted, Signals
from cloudabi.errors import Problem, RunError
from cloudabi.outcome import interrupted
from cloudabi.sandbox import Preparation

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloudabi._report import Report
    from cloudabi.manifest import Manifest
    from cloudabi.outcome import Denial, Ending, Outcome
    from cloudabi.sandbox import Sandbox

__all__ = ["Installation", "installation", "installation_for", "installation_named", "run"]


def run(
    manifest: Manifest,
    program: str,
    parts: Installation,
    *,
    folder: str,
    no_landlock: bool = False,
    emulate: bool = False,
    tell: Callable[[str, str], None] | None = None,
    deny: Callable[[Problem], None] | None = None,
    report: Report | None = None,
) -> int:
    """Run a program and wait for its end.

    folder: what relative paths of the manifest start from.
    no_landlock: go on where the kernel has no Landlock.
    emulate: go on where the program needs an emulator, under which nothing is enforced.
    tell: called with place and address of each socket that was bound.
    deny: called with what explains each refusal, once for those that are the same.
    report: gets what is known about the run.
    Returns the program's exit status.
    Raises RunError: it ended otherwise. CloudabiError: it could not be started; a subclass says
    why.
    """
    traces = deny is not None or report is not None
    try:
        with (
            Signals() as signals,
            Preparation(manifest, program, parts, folder=folder, emulate=emulate) as prepared,
        ):
            if tell is not None:
                for place, address in prepared.opened.addresses.items():
                    tell(place, address)
            signals.hold_back()
            with prepared.start(traces=traces, no_landlock=no_landlock) as sandbox:
                signals.pass_on(sandbox)
                outcome = _wait(sandbox, manifest, deny) if deny is not None else sandbox.wait()
    except Interrupted as early:
        return _status(interrupted(early.number))
    if report is not None:
        is_emulated = bool(parts.emulator)
        report.finish(manifest, prepared.opened.grants, outcome, is_emulated=is_emulated)
    return _status(outcome.ending)


def _wait(sandbox: Sandbox, manifest: Manifest, deny: Callable[[Problem], None]) -> Outcome:
    """Wait for the end, and tell about denials as they occur."""
    import select

    from cloudabi.denials import explain

    news = select.poll()
    news.register(sandbox, select.POLLIN)
    told: set[Denial] = set()
    count = 0
    outcome = None
    while outcome is None:
        outcome = sandbox.step()
        denials = outcome.denials if outcome is not None else sandbox.denials()
        for denial in denials[count:]:
            if denial not in told:
                deny(explain(denial, manifest))
                told.add(denial)
        count = len(denials)
        if outcome is None:
            news.poll()
    return outcome


def _status(ending: Ending) -> int:
    message = ending.message()
    if message is not None:
        raise RunError(Problem(message), ending.status)
    return ending.status
