# SPDX-License-Identifier: BSD-2-Clause
"""Writes Lib/cloudabi/_rights.py: the rights alone, for the launcher."""

from __future__ import annotations

from abi.emit_python import number
from abi.model import Abi

OUTPUT = "Lib/cloudabi/_rights.py"

PROLOGUE = '''\
# SPDX-License-Identifier: BSD-2-Clause
"""The rights by name, as plain integers: the enumerations of _abi would delay every start.

Generated from abi/cloudabi.abi by abi/generate.py: edit that, not this.
"""

RIGHTS = {
'''


def emit(abi: Abi) -> str:
    rights = abi.scalar("rights").values
    rows = (f'    "{value.name}": {number(value.text)},\n' for value in rights)
    return "".join([PROLOGUE, *rows, "}\n"])
