# SPDX-License-Identifier: BSD-2-Clause
"""A second decoder, as short as can be and only for tests: it recurses, and copies all the time."""

from __future__ import annotations

import struct
from typing import Any

from cloudabi.argdata import DEPTH_MAX, Fd, Timestamp, step

NULL, BINARY, BOOL, FD, FLOAT, INT, MAP, SEQ, STR, TIMESTAMP = range(10)
SIZE_T_BITS = 64


class MalformedError(Exception):
    """What is wrong, where in the value, and at which byte."""

    def __init__(self, message: str, path: str, offset: int) -> None:
        super().__init__(message, path.removeprefix("."), offset)


class Model:
    """Decodes one message."""

    def __init__(self, data: bytes, fds: list[int]) -> None:
        self.data = data
        self.fds = fds

    def value(
        self, start: int, end: int, path: str = "", depth: int = 0, in_key: bool = False
    ) -> Any:
        """Decode the bytes from start to end."""
        if start == end:
            return None
        tag, payload = self.data[start], self.data[start + 1 : end]
        if tag in (MAP, SEQ):
            if depth == DEPTH_MAX:
                raise MalformedError("values nest too deeply", path, start)
            read = self.map if tag == MAP else self.seq
            return read(start + 1, end, path, depth + 1, in_key)
        if tag == STR:
            return self.text(payload, path, start + 1)
        if tag in (INT, TIMESTAMP):
            number = self.number(payload, path, start + 1)
            return number if tag == INT else moment(number)
        if tag == BINARY:
            return payload
        return self.scalar(tag, payload, path, start)

    def scalar(self, tag: int, payload: bytes, path: str, start: int) -> Any:
        if tag == BOOL:
            if payload not in (b"", b"\1"):
                message = "a boolean is empty or the single byte 01"
                raise MalformedError(message, path, start + 1)
            return payload == b"\1"
        if tag == FLOAT:
            if len(payload) != 8:
                raise MalformedError("a float has 8 bytes", path, start + 1)
            return struct.unpack(">d", payload)[0]
        if tag == FD:
            if len(payload) != 4:
                raise MalformedError("a descriptor has 4 bytes", path, start + 1)
            index = int.from_bytes(payload)
            if index >= len(self.fds):
                raise MalformedError("there is no descriptor of this index", path, start + 1)
            return Fd(self.fds[index])
        raise MalformedError("unknown tag", path, start)

    def text(self, payload: bytes, path: str, start: int) -> str:
        if not payload.endswith(b"\0"):
            message = "a string does not end in a zero byte"
            raise MalformedError(message, path, start + len(payload))
        try:
            return payload[:-1].decode()
        except UnicodeDecodeError as error:
            message = "a string is not valid UTF-8"
            raise MalformedError(message, path, start + error.start) from None

    def number(self, payload: bytes, path: str, start: int) -> int:
        number = int.from_bytes(payload, signed=True)
        bits = (number if number >= 0 else ~number).bit_length()
        if len(payload) != (bits // 8 + 1 if number else 0):
            raise MalformedError("an integer has a superfluous first byte", path, start)
        return number

    def seq(self, at: int, end: int, path: str, depth: int, in_key: bool) -> Any:
        members: list[Any] = []
        while at < end:
            inner = f"{path}[{len(members)}]"
            begin, at = self.member(at, end, inner)
            members.append(self.value(begin, at, inner, depth, in_key))
        return tuple(members) if in_key else members

    def map(self, at: int, end: int, path: str, depth: int, in_key: bool) -> Any:
        start = at - 1
        keys: list[tuple[Any, int]] = []
        values: list[Any] = []
        while at < end:
            inner = f"{path}(key)"
            begin, at = self.member(at, end, inner)
            key = self.value(begin, at, inner, depth, in_key=True)
            inner = path + step(key)
            if at == end:
                raise MalformedError("a map ends in a key without value", inner, end)
            keys.append((key, begin))
            begin, at = self.member(at, end, inner)
            values.append(self.value(begin, at, inner, depth, in_key))
        if in_key:
            raise MalformedError("a map as a map's key has no Python form", path, start)
        result: dict[Any, Any] = {}
        for (key, offset), value in zip(keys, values, strict=True):
            if key in result:
                raise MalformedError("duplicate key", path + step(key), offset)
            result[key] = value
        return result

    def member(self, at: int, end: int, path: str) -> tuple[int, int]:
        """Read the length at a place; return where the member begins and ends."""
        start, length, is_last = at, 0, False
        if self.data[at] == 0:
            raise MalformedError("a length has a superfluous first byte", path, at)
        while not is_last:
            if at == end:
                raise MalformedError("a length has no end", path, at)
            if length >= 1 << SIZE_T_BITS - 7:
                raise MalformedError("a length is too large", path, start)
            is_last = self.data[at] >= 128
            length = length << 7 | self.data[at] & 127
            at += 1
        if length > end - at:
            raise MalformedError("a value is longer than what contains it", path, start)
        return at, at + length


def moment(ns: int) -> Any:
    time = Timestamp(ns)
    if ns % 1000 == 0:
        try:
            return time.to_datetime()
        except OverflowError:
            return time
    return time
