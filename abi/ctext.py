# SPDX-License-Identifier: BSD-2-Clause
"""Pieces of C that several emitters write."""

from __future__ import annotations

import textwrap

from abi.model import REPRESENTATIONS, Field, TypeRef, paragraph

WIDTH = 80
BUILTIN = {"size": "size_t", "void": "void", "char": "char"} | {
    rep: f"{'u' if rep[0] == 'u' else ''}int{8 * size}_t" for rep, size in REPRESENTATIONS.items()
}


def head(contents: str) -> str:
    """The first lines of a generated C file."""
    spdx = "/* SPDX-License-Identifier: BSD-2-Clause */\n"
    origin = "Generated from abi/cloudabi.abi by abi/generate.py: edit that, not this."
    return spdx + comment(contents) + comment(origin)


def comment(doc: str, indent: str = "") -> str:
    """The first paragraph of a text as a comment that ends its line."""
    text = paragraph(doc).replace("`", "")
    room = WIDTH - len(indent.expandtabs(8))
    if len(text) + 6 <= room:
        return f"{indent}/* {text} */\n"
    lines = textwrap.wrap(text, room - 3)
    return f"{indent}/*\n" + "".join(f"{indent} * {line}\n" for line in lines) + f"{indent} */\n"


def type_name(name: str) -> str:
    return BUILTIN.get(name, f"cloudabi_{name}_t")


def declare(ref: TypeRef, name: str) -> str:
    """A declarator: `const cloudabi_iovec_t *iovs`."""
    const = "const " if ref.const else ""
    array = "" if ref.count is None else f"[{ref.count}]"
    return f"{const}{type_name(ref.name)} {'*' if ref.pointer else ''}{name}{array}"


def parameters(arguments: tuple[Field, ...], results: tuple[Field, ...] = ()) -> str:
    """A parameter list; results are pointers to their type."""
    texts = [declare(argument.type, argument.name) for argument in arguments]
    texts += [declare(result.type, f"*{result.name}") for result in results]
    return ", ".join(texts) or "void"


def wrap(text: str) -> str:
    """Break a prototype after commas; continuation lines are indented by a tab."""
    lines = [""]
    for piece in text.replace(", ", ",\n").split("\n"):
        if len((lines[-1] + piece).expandtabs(8)) > WIDTH - 1:
            lines.append("\t")
        lines[-1] += f"{piece} "
    return "".join(f"{line.rstrip(' ')}\n" for line in lines)
