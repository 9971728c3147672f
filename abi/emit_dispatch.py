# SPDX-License-Identifier: BSD-2-Clause
"""Writes runtime/dispatch.inc: the rows of the runtime's table of calls."""

from __future__ import annotations

from abi.ctext import head
from abi.model import Abi

OUTPUT = "runtime/dispatch.inc"

USAGE = """
/*
 * Include this with DISPATCH(number, name) defined, which stands for a call
 * that the runtime has, and DISPATCH_NONE(number, name), which stands for one
 * that it lacks: without a symbol for it the program sees ENOSYS. The rows are
 * in the order of the numbers; both macros are undefined afterwards.
 */
"""


def emit(abi: Abi) -> str:
    rows = [
        f"DISPATCH{'_NONE' if call.status == 'none' else ''}({call.number}, {call.name})\n"
        for call in abi.calls
    ]
    end = "\n#undef DISPATCH\n#undef DISPATCH_NONE\n"
    return "".join([head("The system calls, as rows for the runtime."), USAGE, *rows, end])
