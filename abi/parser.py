# SPDX-License-Identifier: BSD-2-Clause
"""Reads a description. The language is explained at the head of cloudabi.abi."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from abi import check
from abi.model import (
    Abi,
    AbiError,
    Call,
    Chapter,
    Failure,
    Field,
    Function,
    Need,
    RightSet,
    Scalar,
    Struct,
    TypeRef,
    Union,
    Value,
)

TYPE = re.compile(r"(?P<const>const )?(?P<name>\w+)(?P<shape>\*|\[\d*\])?")
NUMBER = re.compile(r"0x[0-9a-f]+|0|[1-9][0-9]*")
NAME = re.compile(r"\w+")

Declaration = Chapter | Scalar | Struct | Function | RightSet | Call
T = TypeVar("T")


@dataclass
class Statement:
    """A line with its documentation and the lines indented below it."""

    line: int
    text: str
    doc_lines: list[str]
    parts: list[Statement] = field(default_factory=list)

    @property
    def keyword(self) -> str:
        return self.text.split()[0]

    @property
    def words(self) -> list[str]:
        return self.text.split()[1:]

    @property
    def doc(self) -> str:
        return "\n".join(self.doc_lines)


def parse_file(path: Path) -> Abi:
    """Read and check a description.

    Raises AbiError: the description is malformed; names the line.
    """
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> Abi:
    """Like parse_file(), from a string."""
    declared = [_declaration(statement) for statement in _tree(text)]
    abi = Abi(
        chapters=_only(declared, Chapter),
        scalars=_only(declared, Scalar),
        compounds=tuple(d for d in declared if isinstance(d, Struct | Function)),
        sets=_only(declared, RightSet),
        calls=_only(declared, Call),
    )
    check.check(abi)
    return abi


def _only(declared: Iterable[object], kind: type[T]) -> tuple[T, ...]:
    return tuple(d for d in declared if isinstance(d, kind))


def _tree(text: str) -> list[Statement]:
    """Group lines by indentation, with documentation joined to its statement."""
    root = Statement(0, "", [])
    path = [root]  # the last statement and those that enclose it
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        words = line.lstrip("\t")
        depth = len(line) - len(words)
        if words.startswith("--"):
            if path[-1] is root:
                raise AbiError(number, "documentation without a statement")
            path[-1].doc_lines.append(words[2:].removeprefix(" ").rstrip())
            continue
        if depth >= len(path) or words.startswith(" "):
            raise AbiError(number, "indentation does not fit")
        words, dashes, doc = words.partition(" -- ")
        statement = Statement(number, words, [doc] if dashes else [])
        path[depth].parts.append(statement)
        path[depth + 1 :] = [statement]
    return root.parts


def _declaration(statement: Statement) -> Declaration:
    if statement.keyword not in DECLARATIONS:
        raise AbiError(statement.line, f"unknown declaration {statement.keyword!r}")
    declared = DECLARATIONS[statement.keyword](statement)
    _need_doc(statement)
    return declared


def _need_doc(statement: Statement) -> None:
    if not statement.doc.strip():
        raise AbiError(statement.line, f"{statement.text!r} has no sentence")


def _words(statement: Statement, least: int, most: int) -> list[str]:
    """The words after the keyword, checked for number."""
    if not least <= len(statement.words) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise AbiError(statement.line, f"{statement.keyword!r} takes {wanted} words")
    return statement.words


def _no_parts(statement: Statement) -> None:
    if statement.parts:
        raise AbiError(statement.parts[0].line, f"{statement.text!r} has no parts")


def _number(statement: Statement, text: str) -> str:
    if not NUMBER.fullmatch(text):
        raise AbiError(statement.line, f"{text!r} is not a number")
    return text


def _chapter(statement: Statement) -> Chapter:
    _no_parts(statement)
    return Chapter(" ".join(statement.words), statement.doc, statement.line)


def _scalar(statement: Statement) -> Scalar:
    name, rep, *prefix = _words(statement, 2, 3)
    return Scalar(
        kind=statement.keyword,
        name=name,
        rep=rep,
        prefix="".join(prefix),
        values=tuple(_value(part) for part in statement.parts),
        doc=statement.doc,
        line=statement.line,
    )


def _value(part: Statement) -> Value:
    (text,) = _words(part, 1, 1)
    _no_parts(part)
    _need_doc(part)
    return Value(part.keyword, _number(part, text), part.doc, part.line)


def _struct(statement: Statement) -> Struct:
    (name,) = _words(statement, 1, 1)
    members: list[Field | Union] = []
    for part in statement.parts:
        if part.text == "union":
            alternatives = tuple(f for p in part.parts for f in _fields(p, p.text))
            members.append(Union(alternatives, part.line))
        else:
            members += _fields(part, part.text)
    return Struct(name, tuple(members), statement.doc, statement.line)


def _function(statement: Statement) -> Function:
    (name,) = _words(statement, 1, 1)
    arguments = tuple(f for part in statement.parts for f in _fields(part, part.text))
    return Function(name, arguments, statement.doc, statement.line)


def _fields(part: Statement, text: str) -> list[Field]:
    """A field or argument; `T[] x` makes two of them, a pointer and a size."""
    type_text, _, name = text.rpartition(" ")
    match = TYPE.fullmatch(type_text)
    if match is None or not NAME.fullmatch(name):
        raise AbiError(part.line, f"{text!r} is not a type and a name")
    _no_parts(part)
    _need_doc(part)
    const, shape = match["const"] is not None, match["shape"] or ""
    count = int(shape[1:-1]) if shape not in ("", "*", "[]") else None
    ref = TypeRef(match["name"], shape in ("*", "[]"), const, count)
    fields = [Field(ref, name, part.doc, part.line)]
    if shape == "[]":
        unit = "bytes" if ref.name in ("void", "char") else "elements"
        doc = f"How many {unit} `{name}` has."
        fields.append(Field(TypeRef("size"), f"{name}_len", doc, part.line))
    return fields


def _set(statement: Statement) -> RightSet:
    (name,) = _words(statement, 1, 1)
    members = tuple(word for part in statement.parts for word in part.text.split())
    return RightSet(name, members, statement.doc, statement.line)


@dataclass
class _CallParts:
    """What has been gathered about a call so far."""

    arguments: list[Field] = field(default_factory=list)
    results: list[Field] = field(default_factory=list)
    noreturn: bool = False
    needs: list[Need] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    status: Statement | None = None


def _call(statement: Statement) -> Call:
    number, name = _words(statement, 2, 2)
    parts = _CallParts()
    for part in statement.parts:
        _call_part(parts, part)
    if parts.status is None:
        raise AbiError(statement.line, f"call {name!r} has no status")
    (status,) = _words(parts.status, 1, 1)
    return Call(
        number=int(_number(statement, number)),
        name=name,
        arguments=tuple(parts.arguments),
        results=tuple(parts.results),
        noreturn=parts.noreturn,
        needs=tuple(parts.needs),
        failures=tuple(parts.failures),
        status=status,
        note=parts.status.doc,
        doc=statement.doc,
        line=statement.line,
    )


def _call_part(call: _CallParts, part: Statement) -> None:
    keyword, _, suffix = part.keyword.partition(":")
    if keyword == "->":
        call.results += _fields(part, part.text.removeprefix("-> "))
    elif keyword == "noreturn":
        call.noreturn = True
    elif keyword == "needs":
        place, *rights = _words(part, 2, 9)
        call.needs.append(Need(suffix, place, tuple(rights), part.doc, part.line))
    elif keyword == "fails":
        (error,) = _words(part, 1, 1)
        _need_doc(part)
        call.failures.append(Failure(error, part.doc, part.line))
    elif keyword == "status":
        if call.status is not None:
            raise AbiError(part.line, "a second status")
        call.status = part
    else:
        call.arguments += _fields(part, part.text)


DECLARATIONS: dict[str, Callable[[Statement], Declaration]] = {
    "chapter": _chapter,
    "scalar": _scalar,
    "enum": _scalar,
    "flags": _scalar,
    "struct": _struct,
    "function": _function,
    "set": _set,
    "call": _call,
}
