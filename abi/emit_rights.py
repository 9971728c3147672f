# SPDX-License-Identifier: BSD-2-Clause
"""Writes abi/include/cloudabi_rights.h: sets of rights, and what the calls need."""

from __future__ import annotations

from abi.ctext import comment, head
from abi.model import Abi, Call, Need, paragraph

OUTPUT = "abi/include/cloudabi_rights.h"

PROLOGUE = """
#ifndef CLOUDABI_RIGHTS_H
#define CLOUDABI_RIGHTS_H

#include <cloudabi.h>
"""


def emit(abi: Abi) -> str:
    rights = tuple(value.name for value in abi.scalar("rights").values)
    parts = [head("Sets of rights: the most a descriptor can have, and what calls need."), PROLOGUE]
    for entry in abi.sets:
        names = rights if entry.members == ("*",) else entry.members
        parts.append(_macro(entry.name, entry.doc, names, rights))
    for call in abi.calls:
        for need in call.needs:
            parts.append(_macro(_need_name(call, need), _need_doc(call, need), need.rights, rights))
    return "".join([*parts, "\n#endif\n"])


def _need_name(call: Call, need: Need) -> str:
    suffix = f"_{need.suffix}" if need.suffix else ""
    return f"NEEDS_{call.name.upper()}{suffix}"


def _need_doc(call: Call, need: Need) -> str:
    return f"{call.name}, of {need.place}. {paragraph(need.doc)}".strip()


def _macro(name: str, doc: str, members: tuple[str, ...], rights: tuple[str, ...]) -> str:
    terms = [f"CLOUDABI_{'RIGHT_' if m in rights else ''}{m}" for m in members]
    if len(terms) > 1:
        body = "(" + " | \\\n\t ".join(terms) + ")"
    else:
        body = terms[0] if terms else "UINT64_C(0)"
    return f"\n{comment(doc)}#define CLOUDABI_{name} \\\n\t{body}\n"
