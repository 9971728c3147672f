# SPDX-License-Identifier: BSD-2-Clause
"""Where the programs are that a run consists of."""

from __future__ import annotations

import os

from cloudabi._record import Record
from cloudabi.errors import CloudabiError, Problem

# By what `uname -m` says: the architecture of the runtime, and the triple of its programs.
_MACHINES = {
    "x86_64": ("x86_64", "x86_64-unknown-cloudabi"),
    "i686": ("i686", "i686-unknown-cloudabi"),
    "armv6l": ("armv6", "armv6-unknown-cloudabi-eabihf"),
    "armv7l": ("armv6", "armv6-unknown-cloudabi-eabihf"),
    "aarch64": ("aarch64", "aarch64-unknown-cloudabi"),
}

_HELP = (
    "run `./build_python.py build` in the project's folder, then, if this is an installed "
    "package, `pip install .` there"
)


class Installation(Record):
    """Where the parts of a run are; all paths are absolute.

    interpreter: our Python for this machine. library: the folder of its standard library.
    broker, runtime: the programs around a guest. janitor: the one that cleans up after it.
    """

    interpreter: str
    library: str
    broker: str
    janitor: str
    runtime: str


def installation() -> Installation:
    """Find the parts, which are in the folder `parts` of this package, wherever that is.

    Raises CloudabiError: there is nothing for this type of machine.
    """
    machine = os.uname().machine
    if machine not in _MACHINES:
        raise CloudabiError(Problem(f"there is no runtime for machines of type {machine}"))
    arch, triple = _MACHINES[machine]
    folder = f"{os.path.dirname(os.path.abspath(__file__))}/parts"
    return Installation(
        interpreter=f"{folder}/{triple}/bin/python3",
        library=f"{folder}/{triple}/lib/python3.14",
        broker=f"{folder}/cloudabi-broker",
        janitor=f"{folder}/cloudabi-janitor",
        runtime=f"{folder}/cloudabi-runtime-{arch}",
    )


def incomplete(path: str, error: OSError) -> CloudabiError:
    """Make the error of a part that cannot be used."""
    message = f"the installation lacks `{path}`: {error.strerror}"
    return CloudabiError(Problem(message, helps=(_HELP,)))
