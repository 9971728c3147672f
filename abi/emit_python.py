# SPDX-License-Identifier: BSD-2-Clause
"""Writes Lib/cloudabi/_abi.py: the numbers as Python constants."""

from __future__ import annotations

from abi.model import Abi, RightSet, Scalar, paragraph

OUTPUT = "Lib/cloudabi/_abi.py"

PROLOGUE = '''\
# SPDX-License-Identifier: BSD-2-Clause
"""The numbers of CloudABI.

Generated from abi/cloudabi.abi by abi/generate.py: edit that, not this.
What they mean stands in docs/abi.md.
"""

from enum import IntEnum, IntFlag
'''

CALLS = "# Each call in the order of the numbers, and how much of it our runtime does.\n"


def emit(abi: Abi) -> str:
    parts = [PROLOGUE]
    parts += [_enum(scalar) for scalar in abi.scalars if scalar.kind != "scalar" and scalar.values]
    parts.append("\n\n")
    parts += [_constants(scalar) for scalar in abi.scalars if scalar.kind == "scalar"]
    parts.append("\n")
    parts += [_set(abi, entry) for entry in abi.sets]
    rows = "".join(f'    "{call.name}": "{call.status}",\n' for call in abi.calls)
    parts.append(f"\n{CALLS}SYSCALLS = {{\n{rows}}}\n")
    return "".join(parts)


def _enum(scalar: Scalar) -> str:
    base = "IntEnum" if scalar.kind == "enum" else "IntFlag"
    values = "".join(f"    {value.name} = {_number(value.text)}\n" for value in scalar.values)
    doc = paragraph(scalar.doc).split(". ")[0].rstrip(".")
    return f'\n\nclass {scalar.name.capitalize()}({base}):\n    """{doc}."""\n\n{values}'


def _constants(scalar: Scalar) -> str:
    values = ((f"{scalar.prefix}{value.name}", value.text) for value in scalar.values)
    return "".join(f"{name} = {_number(text)}\n" for name, text in values)


def _set(abi: Abi, entry: RightSet) -> str:
    return f"{entry.name} = Rights({_number(hex(abi.mask(entry.members)))})\n"


def _number(text: str) -> str:
    """A number as the formatter wants it: hexadecimal digits in upper case."""
    return text.upper().replace("X", "x")
