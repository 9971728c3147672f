# SPDX-License-Identifier: BSD-2-Clause
"""Encoding and decoding of a document of 1 MB: argdata, json and PyYAML's C code."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

from cloudabi import argdata

RECORDS = 4000  # make 1 MB of JSON
ROUNDS = 9
WORDS = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa")


@dataclass(frozen=True)
class Format:
    """A way to make bytes of a value, and a value of the bytes."""

    name: str
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    rounds: int = ROUNDS

    def seconds(self, value: Any) -> tuple[float, float]:
        """Measure encoding and decoding; the best of several rounds."""
        data = self.encode(value)
        if self.decode(data) != value:
            raise RuntimeError(f"{self.name} has made another value of the document")
        return self._best(self.encode, value), self._best(self.decode, data)

    def _best(self, function: Callable[[Any], Any], argument: Any) -> float:
        return min(_seconds(function, argument) for _ in range(self.rounds))


ARGDATA = Format("argdata", lambda value: argdata.encode(value)[0], argdata.decode)
OTHERS = (
    Format("json", json.dumps, json.loads),
    Format(
        "PyYAML",
        lambda value: yaml.dump(value, Dumper=yaml.CSafeDumper),
        lambda text: yaml.load(text, Loader=yaml.CSafeLoader),
        rounds=2,
    ),
)


def document() -> list[Any]:
    """Make a value of all types that the formats share, always the same."""
    return [_record(number, random.Random(number)) for number in range(RECORDS)]


def _record(number: int, source: random.Random) -> dict[str, Any]:
    return {
        "id": number,
        "name": " ".join(source.choices(WORDS, k=3)),
        "active": source.random() < 0.5,
        "score": source.random() * 100,
        "parent": None,
        "tags": source.choices(WORDS, k=source.randrange(5)),
        "position": {"x": source.uniform(-1, 1), "y": source.uniform(-1, 1), "level": 3},
        "counts": [source.randrange(10**digits) for digits in (1, 3, 6, 12)],
        "note": f"Größe — {source.choice(WORDS)}",
    }


def _seconds(function: Callable[[Any], Any], argument: Any) -> float:
    begin = time.perf_counter()
    function(argument)
    return time.perf_counter() - begin
