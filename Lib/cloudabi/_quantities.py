# SPDX-License-Identifier: BSD-2-Clause
"""Amounts with units, such as `64 MiB` and `500 ms`."""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# By name, what a unit is of the smallest one; a number without unit is in the first.
BYTES = {
    "B": 1,
    "kB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
TIME = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1, "min": 60 * 10**9, "h": 3600 * 10**9}
COUNT = {"": 1}

_DIGITS = "0123456789"
_LENGTH_MAX = 40


def amount(value: object, units: Mapping[str, int]) -> int:
    """Count in the smallest unit: a number, or text with a number and a unit.

    Raises ValueError: it is neither.
    """
    base = next(iter(units.values()))
    if isinstance(value, int) and not isinstance(value, bool):
        return value * base
    if isinstance(value, float) and base > 1 and abs(value) < 2**63:
        return round(value * base)
    if not isinstance(value, str) or len(value) > _LENGTH_MAX:
        raise ValueError("not an amount")
    rest = value.lstrip(_DIGITS + ".")
    unit = rest.strip()
    whole, _, fraction = value[: len(value) - len(rest)].partition(".")
    if not unit or unit not in units or not whole or "." in fraction:
        raise ValueError("not an amount")
    divisor: int = 10 ** len(fraction)
    return int(whole + fraction) * units[unit] // divisor
