# SPDX-License-Identifier: BSD-2-Clause
"""As much of pyperf as pyperformance's programs need, timing in this very process.

pyperf itself starts a process per measurement, which a sandboxed program cannot.
"""

import argparse
from collections.abc import Callable
from time import perf_counter

# compute.py sets these before it starts a program, and collects `seconds` afterwards.
command_line: list[str] = []
seconds: dict[str, float] = {}

ROUND_SECONDS = 0.2
ROUNDS = 5

__all__ = ["Runner", "perf_counter", "python_implementation"]


def python_implementation() -> str:
    """Name the implementation as pyperf does."""
    return "cpython"


class Runner:
    """Times the functions of one program; keeps the best round of each."""

    def __init__(self, **_options: object) -> None:
        self.metadata: dict[str, object] = {}
        self.argparser = argparse.ArgumentParser(prog="benchmark")

    def parse_args(self) -> argparse.Namespace:
        """Parse what compute.py chose for the program."""
        return self.argparser.parse_args(command_line)

    def bench_func(self, name: str, function: Callable[..., object], *arguments: object) -> None:
        """Time calls of a function."""

        def loop(loops: int) -> float:
            begin = perf_counter()
            for _ in range(loops):
                function(*arguments)
            return perf_counter() - begin

        seconds[name] = _best(loop)

    def bench_time_func(
        self, name: str, function: Callable[..., float], *arguments: object, **_options: object
    ) -> None:
        """Time a function that takes the number of loops first and does its own timing."""
        seconds[name] = _best(lambda loops: function(loops, *arguments))


def _best(run: Callable[[int], float]) -> float:
    """Return the seconds per loop of the fastest round."""
    loops = 1
    while (elapsed := run(loops)) < ROUND_SECONDS:
        loops *= 2
    return min([elapsed, *(run(loops) for _ in range(ROUNDS - 1))]) / loops
