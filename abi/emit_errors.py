# SPDX-License-Identifier: BSD-2-Clause
"""Writes broker/errors.inc: the names of the errors, by number."""

from __future__ import annotations

from abi.ctext import head
from abi.model import Abi

OUTPUT = "broker/errors.inc"


def emit(abi: Abi) -> str:
    rows = [f'[CLOUDABI_{error.name}] = "{error.name}",\n' for error in abi.scalar("errno").values]
    return "".join([head("The names of the errors, for an array."), *rows])
