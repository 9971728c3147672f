# SPDX-License-Identifier: BSD-2-Clause
"""What a description says, as plain values. `line` is always the line in the description."""

from __future__ import annotations

from dataclasses import dataclass

# Integer representations: size in bytes, signedness.
REPRESENTATIONS = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "i64": 8}
STATUSES = ("full", "partial", "none")


class AbiError(Exception):
    """A mistake in the description. The message starts with the line number."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")


@dataclass(frozen=True)
class TypeRef:
    """How a field or argument is typed: `name`, `name*`, `const name*` or `name[count]`."""

    name: str
    pointer: bool = False
    const: bool = False
    count: int | None = None

    def __str__(self) -> str:
        const = "const " if self.const else ""
        array = "" if self.count is None else f"[{self.count}]"
        return f"{const}{self.name}{'*' if self.pointer else ''}{array}"


@dataclass(frozen=True)
class Chapter:
    title: str
    doc: str
    line: int


@dataclass(frozen=True)
class Value:
    name: str
    text: str  # the number as written
    doc: str
    line: int

    @property
    def number(self) -> int:
        return int(self.text, 0)


@dataclass(frozen=True)
class Scalar:
    kind: str  # scalar, enum or flags
    name: str
    rep: str
    prefix: str
    values: tuple[Value, ...]
    doc: str
    line: int


@dataclass(frozen=True)
class Field:
    """A field of a structure, or an argument or result of a call or function."""

    type: TypeRef
    name: str
    doc: str
    line: int


@dataclass(frozen=True)
class Union:
    fields: tuple[Field, ...]
    line: int


@dataclass(frozen=True)
class Struct:
    name: str
    members: tuple[Field | Union, ...]
    doc: str
    line: int

    @property
    def fields(self) -> tuple[Field, ...]:
        """All fields, those of unions in place."""
        groups = (m.fields if isinstance(m, Union) else (m,) for m in self.members)
        return tuple(field for group in groups for field in group)


@dataclass(frozen=True)
class Function:
    name: str
    arguments: tuple[Field, ...]
    doc: str
    line: int


@dataclass(frozen=True)
class RightSet:
    name: str
    members: tuple[str, ...]
    doc: str
    line: int


@dataclass(frozen=True)
class Need:
    suffix: str
    place: str
    rights: tuple[str, ...]
    doc: str
    line: int


@dataclass(frozen=True)
class Failure:
    error: str
    doc: str
    line: int


@dataclass(frozen=True)
class Call:
    number: int
    name: str
    arguments: tuple[Field, ...]
    results: tuple[Field, ...]
    noreturn: bool
    needs: tuple[Need, ...]
    failures: tuple[Failure, ...]
    status: str
    note: str
    doc: str
    line: int


@dataclass(frozen=True)
class Abi:
    chapters: tuple[Chapter, ...]
    scalars: tuple[Scalar, ...]
    compounds: tuple[Struct | Function, ...]  # in order of declaration
    sets: tuple[RightSet, ...]
    calls: tuple[Call, ...]

    @property
    def structs(self) -> tuple[Struct, ...]:
        return tuple(c for c in self.compounds if isinstance(c, Struct))

    def scalar(self, name: str) -> Scalar:
        return next(scalar for scalar in self.scalars if scalar.name == name)

    def mask(self, names: tuple[str, ...]) -> int:
        """The rights that a list of rights and sets stands for, as a number."""
        rights = {value.name: value.number for value in self.scalar("rights").values}
        sets = {entry.name: entry.members for entry in self.sets}
        mask = 0
        for name in names:
            if name == "*":
                mask |= sum(rights.values())
            else:
                mask |= rights[name] if name in rights else self.mask(sets[name])
        return mask


def paragraph(doc: str) -> str:
    """The first paragraph of a documentation text, on one line."""
    return " ".join(doc.split("\n\n")[0].split())
