# SPDX-License-Identifier: BSD-2-Clause
"""Writes docs/abi.md: the reference for readers."""

from __future__ import annotations

from collections.abc import Iterable

from abi import results
from abi.ctext import parameters, wrap
from abi.layout import WIDTHS, Layout
from abi.model import STATUSES, Abi, Call, Function, Need, RightSet, Scalar, Struct, paragraph

OUTPUT = "docs/abi.md"

HEAD = """\
<!-- SPDX-License-Identifier: BSD-2-Clause -->
<!-- Generated from abi/cloudabi.abi and abi/results.json by abi/generate.py: edit those. -->

# The CloudABI interface

Everything a CloudABI program and the system it runs on have to agree about. The interface has two
flavours that differ only in the width of pointers and of `size`: cloudabi32 (i686, armv6) and
cloudabi64 (x86_64, aarch64). Integers are little endian, and each is aligned to its own size,
64-bit integers in i686 structures included.

In C, a type `name` is `cloudabi_name_t`, a constant `NAME` is `CLOUDABI_NAME`, and a call `name` is
`cloudabi_sys_name()`: see `abi/include/`. A call returns an `errno`; its results, marked →, go
through pointers at the end of its parameters and are only stored when it succeeds.
"""

CASES = """\
For each target there
stands how many cases of the conformance suite, `tests/c/`, pass in its last whole run."""

KINDS = {"scalar": "", "enum": " that has one of the values", "flags": " made of bits"}


def emit(abi: Abi, found: results.Results) -> str:
    parts = [HEAD, _status(abi, found)]
    parts += [f"\n## {chapter.title}\n\n{chapter.doc}\n" for chapter in abi.chapters]
    parts += ["\n## Rights\n", *_rights(abi)]
    parts += ["\n## Integer types\n"]
    parts += [_scalar(scalar) for scalar in abi.scalars if scalar.name != "rights"]
    parts += ["\n## Structures and functions\n\n", "Offsets and sizes are in bytes.\n"]
    for compound in abi.compounds:
        parts.append(
            _struct(abi, compound) if isinstance(compound, Struct) else _function(compound)
        )
    parts += ["\n## Calls\n", *(_call(call) for call in abi.calls)]
    return "".join(parts)


def _table(header: str, rows: Iterable[Iterable[object]]) -> str:
    """A table; header is its first line without the outer bars."""
    rule = "|".join("---" for _ in header.split("|"))
    lines = [header, rule, *(" | ".join(_cell(cell) for cell in row) for row in rows)]
    return "\n" + "".join(f"| {line} |\n" if line != rule else f"|{rule}|\n" for line in lines)


def _cell(cell: object) -> str:
    return paragraph(str(cell)).replace("|", "\\|")


def _status(abi: Abi, found: results.Results) -> str:
    counts = ", ".join(f"{sum(c.status == s for c in abi.calls)} {s}" for s in STATUSES)
    rows = [
        (
            call.number,
            f"[`{call.name}`](#{call.name})",
            call.status,
            *results.cells(found[call.name]),
            call.note,
        )
        for call in abi.calls
    ]
    text = f"\n## Support\n\nOf the {len(abi.calls)} calls our runtime has: {counts}. {CASES}\n"
    names = " | ".join(results.targets(found))
    return text + _table(f"nr | call | support | {names} | note", rows)


def _rights(abi: Abi) -> list[str]:
    scalar = abi.scalar("rights")
    rows = [(f"`{v.name}`", f"0x{v.number:016x}", v.doc) for v in scalar.values]
    everything = abi.mask(("*",))
    return [
        f"\n{scalar.doc} In C `CLOUDABI_{scalar.prefix}NAME`, a `{scalar.rep}`;"
        f" all of them together are 0x{everything:016x}.\n",
        _table("right | value | allows", rows),
        "\nSets of rights that have a name:\n",
        _table("set | value | rights | meaning", [_set_row(abi, entry) for entry in abi.sets]),
    ]


def _set_row(abi: Abi, entry: RightSet) -> tuple[str, ...]:
    members = ", ".join("all" if name == "*" else f"`{name}`" for name in entry.members)
    value = f"0x{abi.mask(entry.members):016x}"
    return f"`{entry.name}`", value, members or "none", entry.doc


def _scalar(scalar: Scalar) -> str:
    text = f"\n### {scalar.name}\n\n{scalar.doc}\n\nA `{scalar.rep}`{KINDS[scalar.kind]}.\n"
    rows = [(f"`{scalar.prefix}{v.name}`", v.text, v.doc) for v in scalar.values]
    return text + (_table("constant | value | meaning", rows) if rows else "")


def _struct(abi: Abi, struct: Struct) -> str:
    narrow, wide = (Layout(abi, width) for width in WIDTHS)
    offsets = [layout.offsets(struct) for layout in (narrow, wide)]
    rows = [
        (
            f"`{field.name}`",
            f"`{field.type}`",
            *(f"{table[field.name]}" for table in offsets),
            *(f"{layout.size(field.type)}" for layout in (narrow, wide)),
            field.doc,
        )
        for field in struct.fields
    ]
    sizes = [layout.struct(struct) for layout in (narrow, wide)]
    (size32, align32), (size64, align64) = sizes
    return (
        f"\n### {struct.name}\n\n{struct.doc}\n\nSize {size32}, alignment {align32} on cloudabi32;"
        f" size {size64}, alignment {align64} on cloudabi64.\n"
        + _table("field | type | offset 32 | offset 64 | size 32 | size 64 | meaning", rows)
    )


def _function(function: Function) -> str:
    rows = [(f"`{a.name}`", f"`{a.type}`", a.doc) for a in function.arguments]
    text = f"\n### {function.name}\n\n{function.doc}\n"
    return text + _table("argument | type | meaning", rows)


def _call(call: Call) -> str:
    result = "_Noreturn void" if call.noreturn else "cloudabi_errno_t"
    arguments = parameters(call.arguments, call.results)
    prototype = wrap(f"{result} cloudabi_sys_{call.name}({arguments});")
    parts = [f"\n### {call.name}\n\n{call.doc}\n\n```c\n{prototype}```\n"]
    rows = [(f"`{a.name}`", f"`{a.type}`", a.doc) for a in call.arguments]
    rows += [(f"→ `{r.name}`", f"`{r.type}`", r.doc) for r in call.results]
    if rows:
        parts.append(_table("argument | type | meaning", rows))
    lines = [_need(need) for need in call.needs]
    lines += [f"* Fails with `{failure.error}`: {failure.doc}" for failure in call.failures]
    lines += [f"* Number {call.number}. Support: {call.status}. {call.note}".rstrip()]
    return "".join([*parts, "\n", *(f"{line}\n" for line in lines)])


def _need(need: Need) -> str:
    rights = ", ".join(f"`{right}`" for right in need.rights)
    return f"* Needs {rights} of `{need.place}`. {need.doc}".rstrip()
