# SPDX-License-Identifier: BSD-2-Clause
"""Programs for other machines: what runs them here, where nothing is enforced."""

from __future__ import annotations

import os

from cloudabi._record import TYPE_CHECKING
from cloudabi.errors import NotRunnableError, Problem

if TYPE_CHECKING:
    from cloudabi._installation import Installation

PACKAGE = "qemu-user"


def refusal(parts: Installation) -> NotRunnableError:
    """Make the error of a program that needs an emulator, where nobody has asked for it."""
    machine, triple = os.uname().machine, parts.target.triple
    message = f"the program is for {triple}, which this machine ({machine}) does not run"
    note = "under an emulator nothing is enforced: the program can do whatever you can"
    help_ = f"use `--emulate`, or `emulate=True` in Python, to trust it and run `{parts.emulator}`"
    return NotRunnableError(Problem(message, notes=(note,), helps=(help_,)))


def warning(parts: Installation) -> Problem:
    """Say what an emulated run is worth."""
    return Problem(f"not enforced: `{parts.emulator}` runs the program, and nothing confines it")


def open_emulator(parts: Installation) -> int:
    """Open the emulator for execution, from where the shell would find it.

    Raises NotRunnableError: there is none.
    """
    for folder in os.get_exec_path():
        for name in (parts.emulator, f"{parts.emulator}-static"):
            path = os.path.join(folder, name)
            if os.access(path, os.X_OK) and os.path.isfile(path):
                return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    help_ = f"install the package `{PACKAGE}`"
    raise NotRunnableError(Problem(f"there is no program `{parts.emulator}`", helps=(help_,)))
