# SPDX-License-Identifier: BSD-2-Clause
"""Writes abi/include/cloudabi_syscalls.h: prototypes of the calls."""

from __future__ import annotations

from abi.ctext import comment, head, parameters, wrap
from abi.model import Abi, Call

OUTPUT = "abi/include/cloudabi_syscalls.h"

PROLOGUE = """
#ifndef CLOUDABI_SYSCALLS_H
#define CLOUDABI_SYSCALLS_H

#include <cloudabi.h>

"""

BEGIN = """
#ifdef __cplusplus
#define CLOUDABI_NORETURN [[noreturn]]
extern "C" {
#else
#define CLOUDABI_NORETURN _Noreturn
#endif
"""

END = """
#ifdef __cplusplus
}
#endif

#undef CLOUDABI_NORETURN

#endif
"""


def emit(abi: Abi) -> str:
    prototypes = "".join(_prototype(call) for call in abi.calls)
    return head("The system calls.") + PROLOGUE + _table(abi) + BEGIN + prototypes + END


def _table(abi: Abi) -> str:
    rows = " \\\n".join(f"\tX({call.name})" for call in abi.calls)
    count = f"#define CLOUDABI_SYSCALLS_LEN {len(abi.calls)}\n"
    doc = comment("All calls; the one with number n is in place n.")
    return f"{doc}{count}#define CLOUDABI_SYSCALLS(X) \\\n{rows}\n"


def _prototype(call: Call) -> str:
    result = "CLOUDABI_NORETURN void" if call.noreturn else "cloudabi_errno_t"
    arguments = parameters(call.arguments, call.results)
    return f"\n{comment(call.doc)}" + wrap(f"{result} cloudabi_sys_{call.name}({arguments});")
