# SPDX-License-Identifier: BSD-2-Clause
"""Sizes and offsets of structures, for one width of pointers."""

from __future__ import annotations

from dataclasses import dataclass

from abi.model import REPRESENTATIONS, Abi, Field, Struct, TypeRef

WIDTHS = (4, 8)  # the flavours cloudabi32 and cloudabi64


@dataclass(frozen=True)
class Layout:
    """Where things lie in memory. Everything is aligned to its own size, also u64 on i686."""

    abi: Abi
    width: int

    def size(self, ref: TypeRef) -> int:
        return self._size_and_align(ref)[0]

    def align(self, ref: TypeRef) -> int:
        return self._size_and_align(ref)[1]

    def struct(self, struct: Struct) -> tuple[int, int]:
        """Size and alignment of a structure."""
        align = max(self.align(f.type) for f in struct.fields)
        offsets = self.offsets(struct)
        end = max(offsets[f.name] + self.size(f.type) for f in struct.fields)
        return _round_up(end, align), align

    def offsets(self, struct: Struct) -> dict[str, int]:
        """Offset of each field by name."""
        offsets: dict[str, int] = {}
        end = 0
        for member in struct.members:
            fields = (member,) if isinstance(member, Field) else member.fields
            start = _round_up(end, max(self.align(f.type) for f in fields))
            offsets |= {f.name: start for f in fields}
            end = start + max(self.size(f.type) for f in fields)
        return offsets

    def _size_and_align(self, ref: TypeRef) -> tuple[int, int]:
        if ref.pointer or ref.name == "size":
            return self.width, self.width
        for struct in self.abi.structs:
            if struct.name == ref.name:
                return self.struct(struct)
        rep = ref.name
        if rep not in REPRESENTATIONS:
            rep = self.abi.scalar(rep).rep
        size = REPRESENTATIONS[rep]
        return size * (ref.count or 1), size


def _round_up(offset: int, align: int) -> int:
    return -(-offset // align) * align
