# SPDX-License-Identifier: BSD-2-Clause
"""Several processes in one run: programs of tests/c that make, replace and wait for them."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from broker_harness import Broker, fds_of
from conformance_harness import MANY, PROCESSES, cases_of
from runtime_harness import Outcome, run_program


@pytest.mark.parametrize("name", MANY)
def test_calls_of_a_program_that_is_traced(name: str, tmp_path: Path) -> None:
    outcome = run_program(name, tmp_path, processes=PROCESSES, traces=True)
    assert outcome.output == "".join(
        f"ok {case.name}\n" for case in cases_of(name) if case.ends is None
    )
    assert (outcome.status, outcome.message) == (0, "")


def test_beside_threads(tmp_path: Path) -> None:
    """Parent and children use directories at the same time, and nobody gets others' replies."""
    assert run_program("fork_threads", tmp_path, processes=PROCESSES) == Outcome(0, "", "")


def settled(broker: Broker) -> int:
    """How many descriptors a broker has once it has taken note of those who have just ended."""
    counts: list[int] = []
    while len(counts) < 10 or (len(set(counts[-10:])) > 1 and len(counts) < 250):
        counts.append(len(fds_of(broker.pid)))
        time.sleep(0.02)
    return counts[-1]


@pytest.mark.parametrize("name", ["fork_storm", "exec_storm"])
def test_many_processes_leave_nothing_in_the_broker(name: str, tmp_path: Path) -> None:
    """Neither descriptors nor memory, after a tenth and after all of them: 10,000, and 600."""
    seen: list[tuple[int, int]] = []

    def look(broker: Broker) -> None:
        fds = settled(broker)
        status = Path(f"/proc/{broker.pid}/statm").read_text()
        seen.append((fds, int(status.split()[1])))

    outcome = run_program(name, tmp_path, processes=PROCESSES, on_echo=look)
    assert outcome == Outcome(0, "", "")
    (fds, pages), after = seen
    assert abs(after[0] - fds) <= 3  # those of the last process, which may have just ended
    assert after[1] <= pages + 4


def processes_of(session: int) -> list[int]:
    """All that live in a session."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(FileNotFoundError, ProcessLookupError):
            fields = (folder / "stat").read_text().rsplit(") ", 1)[1].split()
            if int(fields[3]) == session and fields[0] not in "ZX":
                found.append(int(folder.name))
    return found


def children_of(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill_one_of(broker: Broker, victim: str, delay: float) -> int:
    """Kill a process of a run in a while; returns the session of them all."""
    while len(pids := children_of(broker.pid)) != 2:  # the kernel may overlook some
        time.sleep(0.001)
    first, spawner = sorted(pids, key=lambda pid: os.getsid(pid) == pid)
    pid = {"broker": broker.pid, "spawner": spawner, "first": first}[victim]
    threading.Timer(delay, os.kill, (pid, signal.SIGKILL)).start()
    return spawner


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("victim", ["broker", "spawner", "first"])
def test_kills_at_any_moment_leave_nobody(victim: str, number: int, tmp_path: Path) -> None:
    """While processes are made, replaced and ended."""
    delay = random.Random(f"{victim} {number}").uniform(0, 0.1)
    sessions: list[int] = []

    def kill_soon(broker: Broker) -> None:
        sessions.append(kill_one_of(broker, victim, delay))

    with suppress(IndexError):  # of records: a broker that was killed has left none
        run_program("process_storm", tmp_path, seconds=60, processes=PROCESSES, on_echo=kill_soon)
    deadline = time.monotonic() + 20
    while processes_of(sessions[0]):
        assert time.monotonic() < deadline
        time.sleep(0.01)
