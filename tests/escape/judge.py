# SPDX-License-Identifier: BSD-2-Clause
"""From what a probe did outside and inside to a verdict."""

from __future__ import annotations

import errno
import os
import re
from dataclasses import asdict, dataclass
from functools import cache

from escape.corpus import Probe
from escape.sandbox import LAUNCHER_FAILED, Place, Run
from pybuild import ROOT

BROKER_ERRORS = 1000

# Nothing was reached; something was seen or obtained; the host or a neighbour was harmed; the
# sandbox itself failed; nothing is known.
HELD, LEAKED, ESCAPED, BROKEN, NO_PROOF = "held", "leaked", "escaped", "broken", "no proof"
OK = (HELD, NO_PROOF)


@dataclass(frozen=True)
class Finding:
    """What became of a probe.

    unconfined, sandboxed: what it did, in words.
    reason: why it proves nothing, or what went wrong.
    """

    name: str
    row: int
    unconfined: str
    sandboxed: str
    verdict: str
    reason: str = ""

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def try_probe(place: Place, probe: Probe) -> Finding:
    """Run a probe both ways."""
    open_run, open_effects = place.unconfined(probe.name)
    run, effects = place.confined(probe.name)
    reason = _missing_proof(probe, open_run, open_effects)
    verdict, trouble = _verdict(probe, run, effects)
    if verdict == HELD and reason:
        verdict = NO_PROOF
    return Finding(
        probe.name,
        probe.row,
        _words(open_run, open_effects),
        _words(run, effects),
        verdict,
        trouble or reason,
    )


def _missing_proof(probe: Probe, run: Run, effects: set[str]) -> str:
    """Why the attempt shows nothing where nothing confines it; "" if it works."""
    kind, _, number = probe.proof.partition(" ")
    if kind in ("result", "watched"):
        works = run.result is not None and run.result >= 0
    elif kind == "errno":
        works = run.result == -int(number) or (run.result is not None and run.result >= 0)
    else:
        works = kind in effects
    if works:
        return ""
    return f"this host does not let it happen even unconfined: {_words(run, effects)}"


def _verdict(probe: Probe, run: Run, effects: set[str]) -> tuple[str, str]:
    """The verdict on the run in the sandbox, and what is wrong with it."""
    if not run.has_begun:
        return BROKEN, f"did not run: {run.errors.strip()}"
    if effects - {"secret"}:
        return ESCAPED, f"reached {', '.join(sorted(effects))}"
    if "secret" in effects:
        return LEAKED, "the secret came out"
    if run.status in LAUNCHER_FAILED:
        return BROKEN, run.errors.strip()
    if probe.proof == "watched" or run.result is None:
        return HELD, ""
    if run.result >= 0 or probe.proof == f"errno {-run.result}":
        return LEAKED, f"works inside: {_words(run, effects)}"
    return HELD, ""


def _words(run: Run, effects: set[str]) -> str:
    words = sorted(effects)
    if run.result is None:
        words.append(f"ended, {run.status}")
    elif run.result < 0:
        words.append(_error(-run.result))
    else:
        words.append("works")
    return ", ".join(words)


def _error(number: int) -> str:
    """An error of the kernel's, or one of the broker's; see BROKER_ERROR in probe.h."""
    if number > BROKER_ERRORS:
        return f"broker: {_broker_errors().get(number - BROKER_ERRORS, number)}"
    return errno.errorcode.get(number, str(number))


@cache
def _broker_errors() -> dict[int, str]:
    """CloudABI's names, without the package around them, which wants a newer Python."""
    text = (ROOT / "Lib/cloudabi/_abi.py").read_text()
    return {int(value, 0): name for name, value in re.findall(r"^(E\w+) = (\w+)$", text, re.M)}


def name_of_host() -> str:
    """What the results hold for."""
    system = os.uname()
    who = "privileged" if os.geteuid() == 0 else "unprivileged"
    return f"{system.sysname} {system.release}, {system.machine}, {who} user"
