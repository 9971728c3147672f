# SPDX-License-Identifier: BSD-2-Clause
"""Where the programs are that a run consists of, and which of them it takes."""

from __future__ import annotations

import os
import stat

from cloudabi._record import Record
from cloudabi._targets import ROWS
from cloudabi.errors import CloudabiError, Problem, UsageError

_HELP = (
    "run `./build_python.py build` in the project's folder, then, if this is an installed "
    "package, `pip install .` there"
)


class Target(Record):
    """One type of machine that CloudABI programs are for.

    triple: names the folder of its interpreter. arch: names its runtime, and is its short name.
    elf: the class and the machine that its ELF files tell.
    machines: what `uname -m` says on hosts whose kernels run it.
    emulator: the program that runs it elsewhere.
    """

    triple: str
    arch: str
    elf: tuple[int, int]
    machines: tuple[str, ...]
    emulator: str


# A host's own target is the first one that it runs.
TARGETS = tuple(Target(*row) for row in ROWS)

# Of an ELF header: magic number, class, byte order, version and system; type and machine follow.
_HEADER_SIZE = 20
_MAGIC = b"\x7fELF"
_LITTLE_ENDIAN = 1
_CLOUDABI = 17


class Installation(Record):
    """Where the parts of a run are; all paths are absolute.

    target: what its programs are for.
    interpreter: the Python for that target. library: the folder of its standard library.
    broker, runtime: the programs around a guest. janitor: the one that cleans up after it.
    emulator: the name of what has to run the runtime here; empty where the kernel does, as only
        then anything is enforced.
    """

    target: Target
    interpreter: str
    library: str
    broker: str
    janitor: str
    runtime: str
    emulator: str = ""


def installation(target: Target | None = None) -> Installation:
    """Find the parts, which are in the folder `parts` of this package, wherever that is.

    target: whose; by default this machine's own.
    Raises CloudabiError: there is nothing for this type of machine.
    """
    target = target or _own_target()
    folder = f"{os.path.dirname(os.path.abspath(__file__))}/parts"
    return Installation(
        target=target,
        interpreter=f"{folder}/{target.triple}/bin/python3",
        library=f"{folder}/{target.triple}/lib/python3.14",
        broker=f"{folder}/cloudabi-broker",
        janitor=f"{folder}/cloudabi-janitor",
        runtime=f"{folder}/cloudabi-runtime-{target.arch}",
        emulator="" if os.uname().machine in target.machines else target.emulator,
    )


def installation_named(name: str) -> Installation:
    """Find the parts for a target by its triple or short name.

    Raises UsageError: there is no such target, or it is not installed.
    """
    there = []
    for parts in map(installation, TARGETS):
        if os.path.exists(parts.interpreter) and os.path.exists(parts.runtime):
            if name in (parts.target.triple, parts.target.arch):
                return parts
            there.append(f"`{parts.target.triple}`")
    note = f"installed are: {', '.join(there) or 'none'}"
    raise UsageError(Problem(f"there is no Python for `{name}`", notes=(note,), helps=(_HELP,)))


def installation_for(program: str) -> Installation:
    """Find the parts for the target of a program.

    What is no program of any target gets the parts of this machine, whose runtime refuses it.
    Raises CloudabiError: there is nothing for this type of machine.
    """
    return installation(target_of(_header(program)))


def target_of(header: bytes) -> Target | None:
    """Tell what an ELF file is for by its first bytes, whoever wrote them."""
    if len(header) < _HEADER_SIZE or not header.startswith(_MAGIC):
        return None
    elf_class, order, _, system = header[4:8]
    if (order, system) != (_LITTLE_ENDIAN, _CLOUDABI):
        return None
    elf = (elf_class, int.from_bytes(header[18:20], "little"))
    return next((target for target in TARGETS if target.elf == elf), None)


def incomplete(path: str, error: OSError) -> CloudabiError:
    """Make the error of a part that cannot be used."""
    message = f"the installation lacks `{path}`: {error.strerror}"
    return CloudabiError(Problem(message, helps=(_HELP,)))


def _own_target() -> Target:
    machine = os.uname().machine
    for target in TARGETS:
        if machine in target.machines:
            return target
    raise CloudabiError(Problem(f"there is no runtime for machines of type {machine}"))


def _header(program: str) -> bytes:
    """Read the first bytes of a file; of what cannot be read, or is no file, there are none."""
    try:
        fd = os.open(program, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return b""
    try:
        return os.read(fd, _HEADER_SIZE) if stat.S_ISREG(os.fstat(fd).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(fd)
