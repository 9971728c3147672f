# SPDX-License-Identifier: BSD-2-Clause
"""Python for CloudABI on the host: the launcher and its parts, and an interface for programs.

    >>> import cloudabi
    >>> cloudabi.run("sum(range(4))").value
    6

What is public is named in `__all__`, and imported when it is first asked for: the launcher needs
none of it. docs/api.md tells more.
"""

from __future__ import annotations

import sys

from cloudabi._record import TYPE_CHECKING

if TYPE_CHECKING:
    from cloudabi.api import Result, run, run_async
    from cloudabi.errors import ArgdataError, CloudabiError, RunError
    from cloudabi.executor import SandboxExecutor
    from cloudabi.failures import (
        CrashError,
        EndingError,
        ExitError,
        LimitError,
        PolicyError,
        ProgramError,
        ResultError,
        SandboxError,
    )
    from cloudabi.grants import (
        Connect,
        Directory,
        File,
        GrantError,
        Inherit,
        Limits,
        Listen,
        TemporaryDirectory,
    )
    from cloudabi.processes import Process, spawn

__version__ = "0.1"

__all__ = [
    "ArgdataError",
    "CloudabiError",
    "Connect",
    "CrashError",
    "Directory",
    "EndingError",
    "ExitError",
    "File",
    "GrantError",
    "Inherit",
    "LimitError",
    "Limits",
    "Listen",
    "PolicyError",
    "Process",
    "ProgramError",
    "Result",
    "ResultError",
    "RunError",
    "SandboxError",
    "SandboxExecutor",
    "TemporaryDirectory",
    "run",
    "run_async",
    "spawn",
]
if sys.platform == "cloudabi":  # a program in a sandbox starts no other sandboxes
    __all__[:] = ["ArgdataError", "CloudabiError", "Process", "RunError", "spawn"]

# Where these are looked for; what comes first is imported first.
_MODULES = ("errors", "processes", "grants", "failures", "api", "executor")


if not TYPE_CHECKING:  # type checkers know all names by the imports above

    def __getattr__(name: str) -> object:
        """Import what is asked for."""
        if name in __all__:
            from importlib import import_module

            for module in _MODULES:
                found = vars(import_module(f"cloudabi.{module}"))
                if name in found:
                    return globals().setdefault(name, found[name])
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
