# SPDX-License-Identifier: BSD-2-Clause
"""Native code that ignores our libc tries to leave; the host judges by what happened to it.

Every probe of tests/escape runs twice: unconfined, to show that it works, and in the sandbox, where
it must neither succeed nor leave a trace on the host.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from broker_harness import compiled
from escape import corpus, judge
from escape.classes import CLASSES
from escape.corpus import CONFINED, Probe, Programs
from escape.host import hosted
from escape.run import Corpus, running
from escape.sandbox import Command, Place
from harness import CLOUDABI_RUN, ROOT, scratch
from pybuild.targets import Target

SANDBOX = Command((str(CLOUDABI_RUN), "-f", "{manifest}", "{program}"))
IN_A_FILTER = "outer"

# The status of a program that made a forbidden system call.
KILLED = 123


@cache
def programs_for(target: Target) -> Programs:
    return corpus.build(target, scratch())


@cache
def probes_for(target: Target) -> tuple[Probe, ...]:
    return tuple(corpus.probes(programs_for(target).linux))


@pytest.fixture(scope="module", name="corpora")
def _corpora(request: pytest.FixtureRequest) -> Iterator[dict[Target, Corpus]]:
    """The probes that are asked for, under way in the order of the tests."""
    wanted: list[dict[str, Any]] = [
        dict(item.callspec.params)
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.originalname == "test_probe"
    ]
    with ExitStack() as stack:
        found = {}
        for target in CONFINED:
            probes = [params["probe"] for params in wanted if params["target"] == target]
            programs = programs_for(target)
            started = running(SANDBOX, programs.cloudabi, programs.linux, probes)
            found[target] = stack.enter_context(started)
        yield found


CASES = [
    pytest.param(target, probe, id=f"{target.arch}-{probe.name}")
    for target in CONFINED
    for probe in probes_for(target)
]


@pytest.mark.parametrize(("target", "probe"), CASES)
def test_probe(target: Target, probe: Probe, corpora: dict[Target, Corpus]) -> None:
    finding = corpora[target].findings[probe.name].result()
    assert finding.verdict in judge.OK, finding
    if finding.verdict == judge.NO_PROOF:
        assert not probe.is_certain, f"proves nothing: {finding}"
        pytest.skip(f"{probe.name}: {finding.reason}")


@pytest.mark.parametrize("target", CONFINED, ids=lambda target: target.arch)
def test_names(target: Target) -> None:
    """No two probes are the same, and there are as many as there should be."""
    names = [probe.name for probe in probes_for(target)]
    assert len(names) == len(set(names))
    assert len(names) >= 250


def test_classes() -> None:
    """Each has a probe or a file of tests that exists, or a reason."""
    rows = {probe.row for target in CONFINED for probe in probes_for(target)}
    for number, (_, elsewhere) in CLASSES.items():
        assert number in rows or elsewhere, f"nothing tests class {number}"
        for name in re.findall(r"`(tests/\S+)`", elsewhere):
            assert (ROOT / name).exists(), name


@pytest.mark.parametrize("target", CONFINED, ids=lambda target: target.arch)
def test_in_a_filter_with_a_listener(target: Target) -> None:
    """A host's own, beside which there is no room for ours: the kernel kills as ever."""
    programs = programs_for(target)
    command = Command((str(compiled(IN_A_FILTER)), *SANDBOX.template))
    with tempfile.TemporaryDirectory() as folder, hosted(Path(folder)) as host:
        place = Place(command, programs.cloudabi, programs.linux, host)
        try:
            for name in ("mkdir", "execve", "mmap_exec"):
                run, effects = place.confined(name)
                assert (run.status, run.result, effects) == (KILLED, None, set())
        finally:
            place.close()


@pytest.mark.parametrize("target", CONFINED, ids=lambda target: target.arch)
def test_guest_from_outside(target: Target, tmp_path: Path) -> None:
    """What the kernel says of a program at work: no page to write and execute, no privileges."""
    programs = programs_for(target)
    with hosted(tmp_path) as host:
        place = Place(SANDBOX, programs.cloudabi, programs.linux, host)
        try:
            process = Path(f"/proc/{place.neighbour.pid}")
            modes = {line.split()[1][:3] for line in (process / "maps").read_text().splitlines()}
            status = dict(
                line.split(":\t", 1) for line in (process / "status").read_text().splitlines()
            )
        finally:
            place.close()
    assert "r-x" in modes and not any("w" in mode and "x" in mode for mode in modes), modes
    assert (status["Seccomp"], status["NoNewPrivs"]) == ("2", "1")
    assert {int(status[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}


def test_canaries_notice(tmp_path: Path) -> None:
    """Each of them, and nothing where nothing happens."""
    programs = programs_for(CONFINED[0])
    names = (
        "mkdir",
        "kill",
        "connect_tcp",
        "connect_unix",
        "open",
        "terminal-size",
        "kill_neighbour",
    )
    with hosted(tmp_path) as host:
        place = Place(SANDBOX, programs.cloudabi, programs.linux, host)
        try:
            effects = [place.unconfined(name)[1] for name in names]
            assert place.unconfined("nothing")[1] == set()
        finally:
            place.close()
    wanted = ("outside", "signal", "network", "unix", "secret", "terminal", "neighbour")
    assert effects == [{name} for name in wanted]


def test_run_alone(tmp_path: Path) -> None:
    """The runner as a command, with a sandbox that is none: everything gets out."""
    command = ["python3", str(corpus.FOLDER / "run.py"), "--only", "dotdot-mkdir"]
    command += ["--json", str(tmp_path / "found.json"), "--", "{program}", "{words}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert "1 escaped" in done.stdout
    assert '"sandboxed": "outside, works"' in (tmp_path / "found.json").read_text()
