# SPDX-License-Identifier: BSD-2-Clause
"""Many runs from many threads at once: each gets its own reply, and nothing is left of any."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

import cloudabi
from api_harness import nothing_is_left
from cloudabi import LimitError, SandboxExecutor, run

THREADS = 8
RUNS = 25
INHERITABLE = 300

# Descriptors that the program has: the numbers that are open.
OPEN = """
import os
found = []
for fd in range(1024):
    try:
        os.fstat(fd)
        found.append(fd)
    except OSError:
        pass
"""


@contextmanager
def inheritable_descriptors() -> Iterator[None]:
    """Open many descriptors that every child process would inherit."""
    fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(INHERITABLE)]
    try:
        for fd in fds:
            os.set_inheritable(fd, True)
        yield
    finally:
        for fd in fds:
            os.close(fd)


def mixed(number: int) -> None:
    """One run of some kind, whose result nobody else can have."""
    if number % 5 == 0:
        error = run(f"raise ValueError({number})", check=False).error
        assert isinstance(error, cloudabi.ProgramError)
        assert error.message == str(number)
    elif number % 5 == 1:
        with pytest.raises(LimitError):
            run("while True: pass", timeout=0.3)
    else:
        result = run("import sys\nprint(sys.argdata)\nsys.argdata * 2", args=number)
        assert (result.value, result.stdout) == (2 * number, b"%d\n" % number)


def test_runs_in_threads() -> None:
    with nothing_is_left(), ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(mixed, range(THREADS * RUNS)))


def test_programs_get_nothing_else() -> None:
    """Also while other threads are about to start programs, with descriptors of their own."""
    alone = run(f"{OPEN}\nimport os\n[found, len(os.environ)]").value
    code = f"{OPEN}\nimport os\n[found, len(os.environ)]"
    with nothing_is_left(), inheritable_descriptors(), ThreadPoolExecutor(THREADS) as threads:
        results = [threads.submit(run, code) for _ in range(2 * THREADS)]
        assert all(result.result().value == alone for result in results)


def test_an_executor_used_by_threads() -> None:
    with nothing_is_left(), SandboxExecutor(2) as executor:

        def submit(first: int) -> None:
            tasks = [executor.submit(divmod, first + n, 7) for n in range(50)]
            assert [task.result() for task in tasks] == [
                list(divmod(first + n, 7)) for n in range(50)
            ]

        users = [threading.Thread(target=submit, args=[1000 * n]) for n in range(THREADS)]
        for user in users:
            user.start()
        for user in users:
            user.join()
        assert executor.submit(divmod, 9, 7).result() == [1, 2]
