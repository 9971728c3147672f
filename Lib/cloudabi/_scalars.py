# SPDX-License-Identifier: BSD-2-Clause
"""What a scalar of a manifest means: the union of the historical forms.

Words of YAML 1.1 such as `yes` and `on` are strings, as in the last historical launcher.
"""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING
from cloudabi.argdata import Timestamp
from cloudabi.errors import ManifestError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from cloudabi._yaml import Node

    Scalar = None | bool | int | float | str | bytes | Timestamp

_NULLS = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_DIGITS = "0123456789"
_DIGITS_MAX = 4000  # Python refuses to convert more, as that takes long
_INFINITIES = frozenset((".inf", ".Inf", ".INF"))
_NANS = frozenset((".nan", ".NaN", ".NAN"))
_NS_PER_S = 10**9


def value_of(node: Node) -> Scalar:
    """Return what a scalar node with one of TAGS, or none, means.

    Raises ManifestError: its text does not fit the tag, or a number is too large.
    """
    try:
        if node.tag is not None:
            return TAGS[node.tag](node.text)
        return resolve(node.text) if node.is_plain else node.text
    except (ValueError, OverflowError) as error:
        what = f"`{node.tag}`" if node.tag else "number"
        raise ManifestError(Problem(f"malformed {what}", node.span, helps=(str(error),))) from None


def resolve(text: str) -> Scalar:
    """Find the meaning of a plain scalar without a tag.

    Raises OverflowError: a number that is too large; says what to write.
    """
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if text[0] in _DIGITS + "+-.":
        for parse in (parse_int, parse_float, parse_timestamp):
            try:
                return parse(text)
            except ValueError:
                pass
    return text


def parse_null(_text: str) -> None:
    """Accept anything, as every historical launcher did."""


def parse_bool(text: str) -> bool:
    """Raises ValueError: neither true nor false."""
    if text not in _BOOLS:
        raise ValueError("write `true` or `false`")
    return _BOOLS[text]


def parse_int(text: str) -> int:
    """Decimal with optional sign, 0o and octal digits, or 0x and hexadecimal digits."""
    if text.startswith("0o") and _is_made_of(text[2:], "01234567"):
        return int(text[2:], 8)
    if text.startswith("0x") and _is_made_of(text[2:], "0123456789abcdefABCDEF"):
        return int(text[2:], 16)
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not _is_made_of(digits, _DIGITS):
        raise ValueError("write digits, `0o` and octal digits, or `0x` and hexadecimal digits")
    if len(digits) > _DIGITS_MAX:
        raise OverflowError(f"write at most {_DIGITS_MAX} digits, or `0x` and hexadecimal digits")
    return int(text)


def parse_float(text: str) -> float:
    """Decimal with optional sign, fraction and exponent; or .inf, -.inf, .nan."""
    if text in _NANS:
        return float("nan")
    unsigned = text[1:] if text[:1] in ("+", "-") else text
    if unsigned in _INFINITIES:
        return float("-inf") if text[0] == "-" else float("inf")
    if not _is_made_of(text, _DIGITS + ".eE+-") or text[-1] in "eE+-":
        raise ValueError("write a decimal number, `.inf`, `-.inf` or `.nan`")
    value = float(text)
    if abs(value) == float("inf"):
        raise OverflowError("write a number below 1.8e308, or `.inf`")
    return value


def parse_str(text: str) -> str:
    """Return the text itself."""
    return text


def parse_binary(text: str) -> bytes:
    """Base64 with any white space in between."""
    from base64 import b64decode

    try:
        return b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise ValueError("write base64 with padding") from None


def parse_timestamp(text: str) -> Timestamp:
    """YYYY-MM-DD; or YYYY-M-D, `T` or blanks, H:MM:SS, a fraction, and Z or ±H:MM."""
    form = "write YYYY-MM-DDTHH:MM:SS.NNNNNNNNNZ"
    if text[4:5] != "-":
        raise ValueError(form)
    from re import ASCII, fullmatch

    date = r"(\d{4})-(\d\d?)-(\d\d?)"
    time = r"(?:[Tt]|[ \t]+)(\d\d?):(\d\d):(\d\d)(?:\.(\d{0,9}))?"
    zone = r"[ \t]*(?:Z|([-+])(\d\d?)(?::?(\d\d))?)?"
    match = fullmatch(f"{date}(?:{time}{zone})?", text, ASCII)
    if match is None or (match[4] is None and len(text) != 10):
        raise ValueError(form)
    fraction = int((match[7] or "").ljust(9, "0"))
    return Timestamp(_seconds(*match.groups()) * _NS_PER_S + fraction)


def _seconds(
    year: str,
    month: str,
    day: str,
    hour: str | None,
    minute: str | None,
    second: str | None,
    _fraction: str | None,
    sign: str | None,
    zone_hour: str | None,
    zone_minute: str | None,
) -> int:
    """Count the seconds from 1970 to a date, a time and a zone."""
    from datetime import UTC, datetime, timedelta

    moment = datetime(
        int(year),
        int(month),
        int(day),
        int(hour or 0),
        int(minute or 0),
        int(second or 0),
        tzinfo=UTC,
    )
    offset = timedelta(hours=int(zone_hour or 0), minutes=int(zone_minute or 0))
    passed = moment - datetime.fromtimestamp(0, UTC)
    passed += offset if sign == "-" else -offset
    return passed.days * 86400 + passed.seconds


def _is_made_of(text: str, characters: str) -> bool:
    return text != "" and not text.strip(characters)


TAGS: dict[str, Callable[[str], Scalar]] = {
    "!!null": parse_null,
    "!!bool": parse_bool,
    "!!int": parse_int,
    "!!float": parse_float,
    "!!str": parse_str,
    "!!binary": parse_binary,
    "!!timestamp": parse_timestamp,
}
