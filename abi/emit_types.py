# SPDX-License-Identifier: BSD-2-Clause
"""Writes abi/include/cloudabi.h: types, constants and structures."""

from __future__ import annotations

from abi.ctext import BUILTIN, WIDTH, comment, declare, head, parameters, type_name
from abi.layout import WIDTHS, Layout
from abi.model import REPRESENTATIONS, Abi, Field, Function, Scalar, Struct, TypeRef, Value

OUTPUT = "abi/include/cloudabi.h"

PROLOGUE = """
#ifndef CLOUDABI_H
#define CLOUDABI_H

#include <stddef.h>
#include <stdint.h>

/* 64-bit fields are aligned to 8 bytes even where the compiler's own rules
 * say 4, as on i686. */
#ifdef __cplusplus
#define CLOUDABI_ALIGN8 alignas(8)
#define CLOUDABI_ASSERT static_assert
#define CLOUDABI_ALIGNOF alignof
#else
#define CLOUDABI_ALIGN8 _Alignas(8)
#define CLOUDABI_ASSERT _Static_assert
#define CLOUDABI_ALIGNOF _Alignof
#endif

/* Layouts, for pointers of 4 and of 8 bytes. */
#define CLOUDABI_WIDTH(on32, on64) (__SIZEOF_POINTER__ == 8 ? (on64) : (on32))
#define CLOUDABI_SIZE(name, size32, align32, size64, align64)		\\
	CLOUDABI_ASSERT(						\\
		sizeof(cloudabi_##name##_t) ==				\\
			CLOUDABI_WIDTH(size32, size64) &&		\\
		CLOUDABI_ALIGNOF(cloudabi_##name##_t) ==		\\
			CLOUDABI_WIDTH(align32, align64),		\\
		"size and alignment of " #name)
#define CLOUDABI_OFFSET(name, field, on32, on64)			\\
	CLOUDABI_ASSERT(						\\
		offsetof(cloudabi_##name##_t, field) ==			\\
			CLOUDABI_WIDTH(on32, on64),			\\
		"offset of " #name "." #field)
"""

EPILOGUE = """
#undef CLOUDABI_ALIGN8
#undef CLOUDABI_ASSERT
#undef CLOUDABI_ALIGNOF
#undef CLOUDABI_WIDTH
#undef CLOUDABI_SIZE
#undef CLOUDABI_OFFSET

#endif
"""


def emit(abi: Abi) -> str:
    parts = [head("Types, constants and structures of CloudABI."), PROLOGUE]
    parts += [_scalar(scalar) for scalar in abi.scalars]
    for compound in abi.compounds:
        if isinstance(compound, Struct):
            parts += [_struct(abi, compound), _asserts(abi, compound)]
        else:
            parts.append(_function(compound))
    return "".join([*parts, EPILOGUE])


def _scalar(scalar: Scalar) -> str:
    typedef = f"typedef {BUILTIN[scalar.rep]} {type_name(scalar.name)};\n"
    values = "".join(_value(scalar, value) for value in scalar.values)
    return "\n" + comment(scalar.doc) + typedef + values


def _value(scalar: Scalar, value: Value) -> str:
    number = f"UINT{scalar.rep[1:]}_C({value.text})" if scalar.rep in ("u32", "u64") else value.text
    define = f"#define CLOUDABI_{scalar.prefix}{value.name} {number}"
    doc = comment(value.doc)
    one_line = f"{define} {doc}"
    return one_line if len(one_line) <= WIDTH + 1 else f"{doc}{define}\n"


def _function(function: Function) -> str:
    arguments = parameters(function.arguments)
    return f"\n{comment(function.doc)}typedef void cloudabi_{function.name}_t({arguments});\n"


def _struct(abi: Abi, struct: Struct) -> str:
    lines = []
    for member in struct.members:
        if isinstance(member, Field):
            lines.append(_field(abi, member, "\t"))
        else:
            lines.append("\tunion {\n")
            lines += [_field(abi, field, "\t\t") for field in member.fields]
            lines.append("\t};\n")
    body = "".join(lines)
    return f"\n{comment(struct.doc)}typedef struct {{\n{body}}} {type_name(struct.name)};\n"


def _field(abi: Abi, field: Field, indent: str) -> str:
    align = "CLOUDABI_ALIGN8 " if _is_wide(abi, field.type) else ""
    text = f"{indent}{align}{declare(field.type, field.name)};"
    line = f"{text} {comment(field.doc)}"
    if len(line.expandtabs(8)) <= WIDTH + 1:
        return line
    return f"{comment(field.doc, indent)}{text}\n"


def _is_wide(abi: Abi, ref: TypeRef) -> bool:
    """Whether a type is a 64-bit integer."""
    reps = {scalar.name: scalar.rep for scalar in abi.scalars} | {rep: rep for rep in BUILTIN}
    return not ref.pointer and REPRESENTATIONS.get(reps.get(ref.name, "")) == 8


def _asserts(abi: Abi, struct: Struct) -> str:
    layouts = [Layout(abi, width) for width in WIDTHS]
    sizes = ", ".join(f"{size}, {align}" for size, align in (x.struct(struct) for x in layouts))
    offsets = [layout.offsets(struct) for layout in layouts]
    lines = [f"CLOUDABI_SIZE({struct.name}, {sizes});\n"]
    for field in struct.fields:
        places = ", ".join(str(table[field.name]) for table in offsets)
        lines.append(f"CLOUDABI_OFFSET({struct.name}, {field.name}, {places});\n")
    return "".join(lines)
