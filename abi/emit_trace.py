# SPDX-License-Identifier: BSD-2-Clause
"""Writes runtime/trace.inc: the rows of what traced programs call."""

from __future__ import annotations

from abi.ctext import head, parameters, wrap
from abi.model import Abi, Call, Field

OUTPUT = "runtime/trace.inc"
PLACES_MAX = 2

USAGE = """
/*
 * Include this with TRACED(name, PARAMETERS, ARGUMENTS, place1, place2) and
 * TRACED_NORETURN(name, PARAMETERS, ARGUMENTS) defined. A place is a descriptor
 * that the call gets, AT(fd), perhaps with the path that starts there,
 * AT_PATH(fd, path, path_len), or NOWHERE. All five are undefined afterwards.
 */
"""

END = """
#undef TRACED
#undef TRACED_NORETURN
#undef AT
#undef AT_PATH
#undef NOWHERE
"""


def emit(abi: Abi) -> str:
    rows = [_row(call) for call in abi.calls if call.status != "none"]
    return "".join([head("The system calls, as rows for traces."), USAGE, *rows, END])


def _row(call: Call) -> str:
    names = ", ".join(field.name for field in (*call.arguments, *call.results))
    parts = [f"({parameters(call.arguments, call.results)})", f"({names})"]
    if not call.noreturn:
        parts.append(", ".join(_places(call)))
    macro = "TRACED_NORETURN" if call.noreturn else "TRACED"
    lines = "".join(wrap(f"\t{part},") for part in parts).removesuffix(",\n")
    return f"{macro}({call.name},\n{lines})\n"


def _places(call: Call) -> list[str]:
    """The descriptors among the arguments, each with the path that comes after it."""
    places: list[str] = []
    fd = None
    for argument in call.arguments:
        if descriptor := _descriptor(argument):
            fd = descriptor
            places.append(f"AT({fd})")
        elif fd and str(argument.type) == "const char*":
            places[-1] = f"AT_PATH({fd}, {argument.name}, {argument.name}_len)"
    assert len(places) <= PLACES_MAX
    return places + ["NOWHERE"] * (PLACES_MAX - len(places))


def _descriptor(argument: Field) -> str | None:
    return {"fd": argument.name, "lookup": f"{argument.name}.fd"}.get(str(argument.type))
