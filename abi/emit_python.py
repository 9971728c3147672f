# SPDX-License-Identifier: BSD-2-Clause
"""Writes Lib/cloudabi/_abi.py: the numbers as Python constants."""

from __future__ import annotations

from abi.model import Abi, Scalar, paragraph

OUTPUT = "Lib/cloudabi/_abi.py"

PROLOGUE = '''\
# SPDX-License-Identifier: BSD-2-Clause
"""The numbers of CloudABI under their C names, without CLOUDABI_.

Generated from abi/cloudabi.abi by abi/generate.py: edit that, not this.
What they mean stands in docs/abi.md.
"""
'''

RIGHTS = "# Each right by its short name."
CALLS = "# Each call in the order of the numbers, and how much of it our runtime does."


def emit(abi: Abi) -> str:
    parts = [PROLOGUE]
    parts += [_constants(scalar) for scalar in abi.scalars if scalar.values]
    parts.append("\n# Sets of rights.\n")
    parts += [_constant(entry.name, hex(abi.mask(entry.members))) for entry in abi.sets]
    rights = {value.name: f"RIGHT_{value.name}" for value in abi.scalar("rights").values}
    parts.append(_table(RIGHTS, "RIGHTS", rights))
    parts.append(_table(CALLS, "SYSCALLS", {call.name: f'"{call.status}"' for call in abi.calls}))
    return "".join(parts)


def _constants(scalar: Scalar) -> str:
    doc = paragraph(scalar.doc).split(". ")[0].rstrip(".")
    values = (_constant(f"{scalar.prefix}{value.name}", value.text) for value in scalar.values)
    return f"\n# {scalar.name}: {doc}.\n" + "".join(values)


def _constant(name: str, text: str) -> str:
    return f"{name} = {_number(text)}\n"


def _table(doc: str, name: str, rows: dict[str, str]) -> str:
    lines = "".join(f'    "{key}": {value},\n' for key, value in rows.items())
    return f"\n{doc}\n{name} = {{\n{lines}}}\n"


def _number(text: str) -> str:
    """A number as the formatter wants it: hexadecimal digits in upper case."""
    return text.upper().replace("X", "x")
