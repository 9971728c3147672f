# SPDX-License-Identifier: BSD-2-Clause
"""Values as argdata and back, through the C codec that the whole project shares.

| argdata | Python |
|---|---|
| null, bool, int, float, str | the same; integers of any size |
| binary | bytes |
| seq | list; tuple inside a map's key; both are encoded |
| map | dict |
| timestamp | aware datetime, or Timestamp where that would lose something |
| fd | Fd |
"""

from __future__ import annotations

import marshal

from cloudabi._argdata import ffi, lib
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi.errors import ArgdataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from typing import Any, Protocol, TypeAlias

    from cloudabi._framing import Reader as Reader
    from cloudabi._framing import Writer as Writer

    Scalar: TypeAlias = "bool | int | float | str | bytes | datetime | Timestamp | Fd | None"
    Value: TypeAlias = "Scalar | list[Value] | tuple[Value, ...] | dict[Value, Value]"

    class Descriptors(Protocol):
        """Numbers by index, such as a list has."""

        def __len__(self) -> int: ...
        def __getitem__(self, index: int, /) -> int: ...
else:
    Value = object

DEPTH_MAX: int = lib.ARGDATA_DEPTH_MAX
_BATCH = 512
_NS_PER_S = 10**9
_WORD_MAX = 2**63
_COLLISIONS_MAX = 64
_MARSHAL_VERSION = 2  # the one that _marshal.c speaks

_NULL = lib.ARGDATA_NULL
_BINARY = lib.ARGDATA_BINARY
_BOOL = lib.ARGDATA_BOOL
_FD = lib.ARGDATA_FD
_FLOAT = lib.ARGDATA_FLOAT
_INT = lib.ARGDATA_INT
_MAP = lib.ARGDATA_MAP
_SEQ = lib.ARGDATA_SEQ
_STR = lib.ARGDATA_STR
_TIMESTAMP = lib.ARGDATA_TIMESTAMP
_END = lib.ARGDATA_END

_allocate = ffi.new_allocator(should_clear_after_alloc=False)


def __getattr__(name: str) -> Any:
    """Import what only few need when they ask for it."""
    if name not in ("Reader", "Writer"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cloudabi import _framing

    return getattr(_framing, name)


class Fd(Record):
    """A descriptor inside a value.

    >>> encode([Fd(7), Fd(7)])[1]
    [7]
    """

    number: int

    def fileno(self) -> int:
        """Return the number, as file objects do.

        >>> Fd(2).fileno()
        2
        """
        return self.number


class Timestamp(Record):
    """A point in time, without loss.

    ns: nanoseconds since 1970-01-01T00:00:00Z, of any size and sign.

    >>> decode(encode(Timestamp(1))[0])
    Timestamp(ns=1)
    """

    ns: int

    @classmethod
    def from_datetime(cls, value: datetime) -> Timestamp:
        """Convert an aware datetime.

        Raises ArgdataError: it has no time zone.

        >>> from datetime import UTC, datetime
        >>> Timestamp.from_datetime(datetime(1970, 1, 2, tzinfo=UTC))
        Timestamp(ns=86400000000000)
        """
        from datetime import UTC, datetime

        if value.utcoffset() is None:
            raise ArgdataError("a datetime without time zone is no point in time")
        passed = value - datetime.fromtimestamp(0, UTC)
        seconds = passed.days * 86400 + passed.seconds
        return cls(seconds * _NS_PER_S + passed.microseconds * 1000)

    def to_datetime(self) -> datetime:
        """Convert to UTC, rounding down to microseconds.

        Raises OverflowError: outside the years 1 to 9999.

        >>> Timestamp(1_999_999_999).to_datetime()
        datetime.datetime(1970, 1, 1, 0, 0, 1, 999999, tzinfo=datetime.timezone.utc)
        """
        from datetime import UTC, datetime, timedelta

        return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=self.ns // 1000)


def encode(value: Value, *, literal: bool = False) -> tuple[bytes, list[int]]:
    """Encode a value as argdata.

    literal: write the numbers of descriptors themselves, not their places in the order.
    Returns bytes plus the descriptors referenced, in order of first mention.
    Raises ArgdataError: a type or text without argdata form, too deep or too long; .path gives
        the place.
    Source: docs/argdata.md, "Binary encoding".

    >>> data, fds = encode({"log": Fd(2), "port": 80})
    >>> data.hex(" "), fds
    ('06 85 08 6c 6f 67 00 85 03 00 00 00 00 86 08 70 6f 72 74 00 82 05 50', [2])
    >>> encode({"dirs": [{1, 2}]})
    Traceback (most recent call last):
    cloudabi.errors.ArgdataError: at dirs[0]: a set has no argdata form
    """
    data = _encode_quickly(value)
    if data is not None:
        return data, []
    encoder = _Encoder(literal)
    try:
        encoder.add(value, 0)
    except ArgdataError as error:
        raise ArgdataError(error.message, error.path.removeprefix(".")) from None
    return encoder.finish(), list(encoder.fds)


def decode(data: bytes, fds: Descriptors = (), *, duplicate_keys: bool = False) -> Value:
    """Decode one argdata message.

    fds: the descriptors that came with it.
    duplicate_keys: accept keys that are equal; the last one counts.
    Raises ArgdataError: malformed, too deep or too long; .offset and .path give the place.
    Source: docs/argdata.md, "Binary encoding".

    >>> decode(bytes.fromhex("07 85 03 00 00 00 00 82 05 50"), [2])
    [Fd(number=2), 80]
    >>> decode(bytes.fromhex("07 81 05 82 02 07"))
    Traceback (most recent call last):
    cloudabi.errors.ArgdataError: at [1], byte 5: a boolean is empty or the single byte 01
    """
    data = bytes(data)
    packed = _to_marshal(data)
    if packed:
        value: Value = marshal.loads(packed)
        if duplicate_keys or _has_all(value, packed):
            return value
    return _Decoder(data, fds, duplicate_keys).run()


# Most values go through Python's own marshal, in one step for all their objects. What it cannot
# express, or what is wrong, is left to _Encoder and _Decoder, which know places and offsets.


def _encode_quickly(value: Any) -> bytes | None:
    """Encode a value of nothing but plain types; None if it has others, or cannot be encoded."""
    try:
        packed = marshal.dumps(value, _MARSHAL_VERSION)
    except ValueError:
        return None
    count = lib.argdata_from_marshal(packed, len(packed), ffi.NULL, 0)
    if count == 0:
        return None
    tokens = _allocate("struct argdata_token[]", count)
    lib.argdata_from_marshal(packed, len(packed), tokens, count)
    return _emit(tokens, count, packed)


def _to_marshal(data: bytes) -> Any:
    """Translate a message of plain types for marshal; empty if it has others, or is malformed."""
    room = 3 * min(len(data), lib.ARGDATA_SIZE_MAX) + 5
    packed = _allocate("char[]", room)
    return ffi.buffer(packed, lib.argdata_to_marshal(data, len(data), packed, room))


def _has_all(value: Any, packed: object) -> bool:
    """Tell whether a value has all that it was made of; of pairs with equal keys it has one."""
    return marshal.dumps(value, _MARSHAL_VERSION) == packed


def _emit(tokens: Any, count: int, payloads: bytes) -> bytes:
    """Write tokens as a message."""
    size = lib.argdata_measure(tokens, count)
    if size > lib.ARGDATA_SIZE_MAX:
        raise ArgdataError(f"the value has {size} bytes, {lib.ARGDATA_SIZE_MAX} are allowed")
    message = _allocate("char[]", max(size, 1))
    lib.argdata_emit(tokens, count, payloads, message)
    data: bytes = ffi.unpack(message, size)
    return data


class _Encoder:
    """Collects the tokens of a value: four words each, as in struct argdata_token."""

    def __init__(self, literal: bool) -> None:
        self.fds: dict[int, int] = {}
        self._literal = literal
        self._words: list[int] = []
        self._reals: list[tuple[int, float]] = []
        self._payloads: list[bytes] = []
        self._payloads_len = 0

    def add(self, value: Any, depth: int) -> None:
        """Add a value that is inside `depth` others."""
        add = _ADDERS.get(type(value)) or _adder_of(value)
        add(self, value, depth)

    def finish(self) -> bytes:
        words = ffi.new("int64_t[]", self._words)
        reals = ffi.cast("double *", words)
        for index, real in self._reals:
            reals[index] = real
        tokens = ffi.cast("struct argdata_token *", words)
        return _emit(tokens, len(self._words) // 4, b"".join(self._payloads))

    def _token(self, kind: int, number: int = 0) -> None:
        self._words += (kind, 0, 0, number)

    def _payload(self, kind: int, data: bytes) -> None:
        self._words += (kind, self._payloads_len, len(data), 0)
        self._payloads.append(data)
        self._payloads_len += len(data)

    def _integer(self, kind: int, value: int) -> None:
        if -_WORD_MAX <= value < _WORD_MAX:
            self._token(kind, value)
        else:
            bits = (value if value >= 0 else ~value).bit_length()
            self._payload(kind, value.to_bytes(bits // 8 + 1, "big", signed=True))

    def _open(self, kind: int, depth: int) -> None:
        if depth == DEPTH_MAX:
            raise ArgdataError(f"values nest deeper than {DEPTH_MAX} levels")
        self._token(kind)

    def _child(self, value: Any, depth: int, step: str) -> None:
        try:
            self.add(value, depth + 1)
        except ArgdataError as error:
            raise ArgdataError(error.message, step + error.path) from None

    def add_none(self, _value: None, _depth: int) -> None:
        self._token(_NULL)

    def add_bool(self, value: bool, _depth: int) -> None:
        self._token(_BOOL, value)

    def add_int(self, value: int, _depth: int) -> None:
        self._integer(_INT, value)

    def add_float(self, value: float, _depth: int) -> None:
        self._reals.append((len(self._words) + 3, value))
        self._token(_FLOAT)

    def add_str(self, value: str, _depth: int) -> None:
        try:
            self._payload(_STR, value.encode())
        except UnicodeEncodeError as error:
            raise ArgdataError(f"a string has a surrogate at {error.start}") from None

    def add_bytes(self, value: bytes, _depth: int) -> None:
        self._payload(_BINARY, bytes(value))

    def add_timestamp(self, value: Timestamp, _depth: int) -> None:
        self._integer(_TIMESTAMP, value.ns)

    def add_datetime(self, value: datetime, _depth: int) -> None:
        self._integer(_TIMESTAMP, Timestamp.from_datetime(value).ns)

    def add_fd(self, value: Fd, _depth: int) -> None:
        if value.number < 0:
            raise ArgdataError(f"{value.number} is not a descriptor")
        index = self.fds.setdefault(value.number, len(self.fds))
        self._token(_FD, value.number if self._literal else index)

    def add_seq(self, value: Sequence[Value], depth: int) -> None:
        self._open(_SEQ, depth)
        for index, member in enumerate(value):
            self._child(member, depth, f"[{index}]")
        self._token(_END)

    def add_map(self, value: dict[Value, Value], depth: int) -> None:
        self._open(_MAP, depth)
        for key, member in value.items():
            self._child(key, depth, "(key)")
            self._child(member, depth, step(key))
        self._token(_END)


_ADDERS: dict[type, Callable[[_Encoder, Any, int], None]] = {
    type(None): _Encoder.add_none,
    bool: _Encoder.add_bool,
    int: _Encoder.add_int,
    float: _Encoder.add_float,
    str: _Encoder.add_str,
    bytes: _Encoder.add_bytes,
    bytearray: _Encoder.add_bytes,
    Timestamp: _Encoder.add_timestamp,
    Fd: _Encoder.add_fd,
    list: _Encoder.add_seq,
    tuple: _Encoder.add_seq,
    dict: _Encoder.add_map,
}


def _adder_of(value: object) -> Callable[[_Encoder, Any, int], None]:
    """Find the method for a datetime, or for a value of a subclass."""
    from datetime import datetime

    if isinstance(value, datetime):
        return _Encoder.add_datetime
    for base in type(value).__mro__:
        if base in _ADDERS:
            return _ADDERS[base]
    raise ArgdataError(f"a {type(value).__qualname__} has no argdata form")


def step(key: object) -> str:
    """Name the member of a map in a path.

    >>> step("dirs"), step("two words"), step(3)
    ('.dirs', "['two words']", '[3]')
    """
    if isinstance(key, str) and key.isidentifier():
        return f".{key}"
    return f"[{key!r}]"


class _Container:
    """A map or seq whose end has not been seen; a map's items alternate keys and values."""

    __slots__ = ("is_frozen", "is_map", "items", "offset")

    def __init__(self, is_map: bool, is_frozen: bool, offset: int) -> None:
        self.is_map = is_map
        self.is_frozen = is_frozen  # inside a key
        self.items: list[Any] = []
        self.offset = offset  # of its tag

    def next_is_key(self) -> bool:
        return self.is_map and len(self.items) % 2 == 0

    def step(self) -> str:
        """Name the member that comes next in a path."""
        if self.next_is_key():
            return "(key)"
        return step(self.items[-1]) if self.is_map else f"[{len(self.items)}]"


class _Decoder:
    def __init__(self, data: bytes, fds: Descriptors, duplicate_keys: bool) -> None:
        self._data = data
        self._fds = fds
        self._duplicate_keys = duplicate_keys
        self._root = _Container(is_map=False, is_frozen=False, offset=0)
        self._open = [self._root]

    def run(self) -> Value:
        scanner = ffi.new("struct argdata_scanner *")
        tokens = ffi.new("struct argdata_token[]", _BATCH)
        words = ffi.cast("int64_t *", tokens)
        reals = ffi.cast("double *", tokens)
        lib.argdata_scan_start(scanner, self._data, len(self._data), len(self._fds))
        while count := lib.argdata_scan(scanner, tokens, _BATCH):
            self._take(ffi.unpack(words, 4 * count), reals)
        if scanner.error.code:
            message = ffi.string(scanner.error.message).decode()
            raise self._error(message, scanner.error.offset)
        value: Value = self._root.items[0]
        return value

    def _take(self, words: list[int], reals: Sequence[float]) -> None:
        """Add the values of a batch of tokens to the containers they belong to."""
        data = self._data
        items = self._open[-1].items
        for at in range(0, len(words), 4):
            kind, offset, length, number = words[at : at + 4]
            if kind == _STR:
                items.append(str(data[offset : offset + length], "utf-8"))
            elif kind == _INT:
                items.append(number if length == 0 else self._big(offset, length))
            elif kind in (_MAP, _SEQ):
                items = self._start(kind == _MAP, offset - 1)
            elif kind == _END:
                items = self._end()
            elif kind == _FLOAT:
                items.append(reals[at + 3])
            else:
                items.append(self._rare(kind, offset, length, number))

    def _rare(self, kind: int, offset: int, length: int, number: int) -> Value:
        if kind == _NULL:
            return None
        if kind == _BOOL:
            return number != 0
        if kind == _BINARY:
            return self._data[offset : offset + length]
        if kind == _FD:
            return Fd(self._fds[number])
        return _time(number if length == 0 else self._big(offset, length))

    def _big(self, offset: int, length: int) -> int:
        return int.from_bytes(self._data[offset : offset + length], "big", signed=True)

    def _start(self, is_map: bool, offset: int) -> list[Any]:
        outer = self._open[-1]
        container = _Container(is_map, outer.is_frozen or outer.next_is_key(), offset)
        self._open.append(container)
        return container.items

    def _end(self) -> list[Any]:
        inner = self._open.pop()
        items = self._open[-1].items
        if inner.is_map:
            items.append(self._dict(inner))
        else:
            items.append(tuple(inner.items) if inner.is_frozen else inner.items)
        return items

    def _dict(self, container: _Container) -> dict[Value, Value]:
        if container.is_frozen:
            raise self._error("a map as a map's key has no Python form", container.offset)
        keys = container.items[0::2]
        if _collide(keys):
            raise self._error("too many keys have the same hash", container.offset)
        result = dict(zip(keys, container.items[1::2], strict=True))
        if len(result) < len(keys) and not self._duplicate_keys:
            raise self._duplicate(container)
        return result

    def _duplicate(self, container: _Container) -> ArgdataError:
        """Find the first key that was there before, and its offset by scanning once more."""
        first: dict[Any, int] = {}
        keys = enumerate(container.items[0::2])
        index = next(index for index, key in keys if first.setdefault(key, index) != index)
        offset = self._member_offset(container.offset, 2 * index)
        self._open.append(container)
        del container.items[2 * index + 1 :]
        return self._error("duplicate key", offset)

    def _member_offset(self, start: int, index: int) -> int:
        """Return where member number `index` of the container at `start` begins."""
        scanner = ffi.new("struct argdata_scanner *")
        token = ffi.new("struct argdata_token[1]")
        view = ffi.from_buffer(self._data) + start
        lib.argdata_scan_start(scanner, view, len(self._data) - start, len(self._fds))
        depth = seen = 0
        while lib.argdata_scan(scanner, token, 1):
            if depth == 1:
                if seen == index:
                    break
                seen += 1
            depth += {_MAP: 1, _SEQ: 1, _END: -1}.get(token[0].kind, 0)
        inside: int = token[0].offset - (token[0].kind != _NULL)
        return start + inside

    def _error(self, message: str, offset: int) -> ArgdataError:
        path = "".join(container.step() for container in self._open[1:])
        return ArgdataError(message, path.removeprefix("."), offset)


def _collide(keys: list[Any]) -> bool:
    """Tell whether keys were chosen to make a dict slow; the hash of text cannot be foreseen."""
    hashes = [hash(key) for key in keys if type(key) not in (str, bytes)]
    return len(hashes) - len(set(hashes)) > _COLLISIONS_MAX


def _time(ns: int) -> datetime | Timestamp:
    """Choose the form that loses nothing."""
    if ns % 1000 == 0:
        try:
            return Timestamp(ns).to_datetime()
        except OverflowError:
            pass
    return Timestamp(ns)
