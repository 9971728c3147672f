# SPDX-License-Identifier: BSD-2-Clause
"""What the tests of the Python interface share."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

SECONDS = 5


def children() -> set[int]:
    """Our child processes, dead ones that nobody has waited for included."""
    folder = Path("/proc/self/task")
    while True:
        tasks = set(folder.iterdir())
        with suppress(FileNotFoundError, ProcessLookupError):
            found = {int(pid) for task in tasks for pid in (task / "children").read_text().split()}
            if set(folder.iterdir()) == tasks:
                return found  # a thread that ends meanwhile leaves its children to another one


def traces(temporary: str) -> tuple[set[str], set[int], set[str]]:
    """What a run could leave behind: descriptors, processes and temporary directories."""
    return set(os.listdir("/proc/self/fd")), children(), set(os.listdir(temporary))


@contextmanager
def nothing_is_left() -> Iterator[None]:
    """Whatever is done meanwhile, everything is as before soon after it."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", folder)
        before = traces(folder)
        yield
        deadline = time.monotonic() + SECONDS
        while (now := traces(folder)) != before:
            assert time.monotonic() < deadline, [now, before]
            time.sleep(0.01)
