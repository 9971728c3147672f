# SPDX-License-Identifier: BSD-2-Clause
"""Finds mistakes in a description that a single line does not show."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from abi.model import (
    REPRESENTATIONS,
    STATUSES,
    Abi,
    AbiError,
    Call,
    Field,
    Function,
    Need,
    Scalar,
    Struct,
    TypeRef,
    Union,
)

POINTED_ONLY = {"void", "char"}


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def line(self) -> int: ...


def check(abi: Abi) -> None:
    """Raise AbiError at the first mistake."""
    _unique([*abi.scalars, *abi.compounds], "type")
    _unique(abi.sets, "set")
    _unique(abi.calls, "call")
    for scalar in abi.scalars:
        _check_scalar(scalar)
    known = {*REPRESENTATIONS, "size", *(scalar.name for scalar in abi.scalars)}
    for compound in abi.compounds:
        _check_compound(compound, known)
        known.add(compound.name)
    _check_sets(abi)
    for number, call in enumerate(abi.calls):
        if call.number != number:
            raise AbiError(call.line, f"call number {number} expected")
        _check_call(abi, call, known)


def _unique(items: Iterable[_Named], what: str) -> None:
    names: set[str] = set()
    for item in items:
        if item.name in names:
            raise AbiError(item.line, f"{what} {item.name!r} is declared twice")
        names.add(item.name)


def _check_scalar(scalar: Scalar) -> None:
    if scalar.rep not in REPRESENTATIONS:
        raise AbiError(scalar.line, f"unknown representation {scalar.rep!r}")
    _unique(scalar.values, "value")
    limit = 1 << 8 * REPRESENTATIONS[scalar.rep]
    numbers: set[int] = set()
    for value in scalar.values:
        if value.number >= limit:
            raise AbiError(value.line, f"{value.text} does not fit into {scalar.rep}")
        if scalar.kind != "scalar" and value.number in numbers:
            raise AbiError(value.line, f"{value.text} is taken")
        if scalar.kind == "flags" and value.number.bit_count() != 1:
            raise AbiError(value.line, f"{value.text} is not a single bit")
        numbers.add(value.number)


def _check_compound(compound: Struct | Function, known: set[str]) -> None:
    if isinstance(compound, Function):
        _check_fields(compound.arguments, known)
        return
    if not compound.members:
        raise AbiError(compound.line, f"{compound.name!r} has no fields")
    for member in compound.members:
        if isinstance(member, Union) and len(member.fields) < 2:
            raise AbiError(member.line, "a union needs two alternatives")
    _check_fields(compound.fields, known)


def _check_fields(fields: Iterable[Field], known: set[str]) -> None:
    fields = tuple(fields)
    _unique(fields, "name")
    for field in fields:
        _check_type(field.type, field.line, known)


def _check_type(ref: TypeRef, line: int, known: set[str]) -> None:
    if ref.name not in known and not (ref.pointer and ref.name in POINTED_ONLY):
        raise AbiError(line, f"unknown type {ref.name!r}")
    if ref.const and not ref.pointer:
        raise AbiError(line, "const is for pointers only")
    if ref.count is not None and ref.count < 1:
        raise AbiError(line, "an array needs elements")


def _check_sets(abi: Abi) -> None:
    known = {"*", *_names(abi, "rights")}
    for entry in abi.sets:
        for name in entry.members:
            if name not in known:
                raise AbiError(entry.line, f"unknown right or set {name!r} in {entry.name!r}")
        known.add(entry.name)


def _check_call(abi: Abi, call: Call, known: set[str]) -> None:
    _check_fields((*call.arguments, *call.results), known)
    if call.noreturn and (call.results or call.failures):
        raise AbiError(call.line, f"{call.name!r} does not return, so it has no result or error")
    if call.status not in STATUSES:
        raise AbiError(call.line, f"status of {call.name!r} is none of {', '.join(STATUSES)}")
    if call.status != "full" and not call.note:
        raise AbiError(call.line, f"status {call.status} of {call.name!r} needs a sentence")
    for failure in call.failures:
        if failure.error not in _names(abi, "errno"):
            raise AbiError(failure.line, f"unknown error {failure.error!r}")
    suffixes: set[str] = set()
    for need in call.needs:
        _check_need(abi, call, need)
        if need.suffix in suffixes:
            raise AbiError(need.line, "each set of needed rights of a call has its own suffix")
        suffixes.add(need.suffix)


def _check_need(abi: Abi, call: Call, need: Need) -> None:
    if need.place.split(".")[0] not in {argument.name for argument in call.arguments}:
        raise AbiError(need.line, f"{need.place!r} is not an argument of {call.name!r}")
    for right in need.rights:
        if right not in _names(abi, "rights"):
            raise AbiError(need.line, f"unknown right {right!r}")


def _names(abi: Abi, scalar: str) -> set[str]:
    return {v.name for s in abi.scalars if s.name == scalar for v in s.values}
