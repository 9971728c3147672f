# SPDX-License-Identifier: BSD-2-Clause
"""What a user is told where the kernel lacks something, or a container hides it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from broker_harness import compiled
from harness import CLOUDABI_RUN, python_manifest
from kernels import CONTAINER, numbers

ENOSYS, EPERM = 38, 1
CREATE_RULESET = "landlock_create_ruleset"


def run(folder: Path, *words: str, options: tuple[str, ...] = ()) -> tuple[str, dict[str, Any]]:
    """Run a program on such a kernel; returns what was printed, and the report."""
    report = folder / "report.json"
    inside = [str(compiled("kernel")), *words, "--"]
    command = [*inside, str(CLOUDABI_RUN), "--report", str(report), *options]
    done = subprocess.run(
        command, input=python_manifest("print('ready')"), capture_output=True, text=True
    )
    return done.stdout + done.stderr, json.loads(report.read_text())


def hidden(name: str, error: int = ENOSYS) -> str:
    return f"{numbers()[name]}:{error}"


@pytest.mark.parametrize(
    ("words", "options", "landlock", "listener"),
    [
        ((), (), ..., True),
        (CONTAINER, (), ..., True),
        (("listener",), (), ..., False),
        (("landlock:3",), (), 3, False),
        ((), ("--no-landlock",), ..., True),
        ((hidden(CREATE_RULESET),), ("--no-landlock",), 0, True),
        ((hidden(CREATE_RULESET, EPERM),), ("--no-landlock",), 0, True),
    ],
)
def test_the_report_says_what_holds(
    tmp_path: Path, words: tuple[str, ...], options: tuple[str, ...], landlock: Any, listener: bool
) -> None:
    printed, report = run(tmp_path, *words, options=options)
    assert printed == "ready\n"
    features = report["kernel_features"]
    assert features["listener"] is listener
    assert features["landlock"] == landlock if landlock is not ... else features["landlock"] > 0
    holds = features["landlock"] > 0
    assert report["enforced"] == {"seccomp": True, "landlock": holds, "no_new_privs": True}


@pytest.mark.parametrize("name", ["openat2", "seccomp", CREATE_RULESET])
def test_a_run_that_is_refused(tmp_path: Path, name: str) -> None:
    """It is told once, with what to do, on the terminal and in the report."""
    printed, report = run(tmp_path, hidden(name))
    what = "Landlock" if name == CREATE_RULESET else name
    assert printed.startswith(
        f"cloudabi-run: {what} is missing (Function not implemented): this needs "
    )
    assert printed.count("is missing") == 1
    assert "container that lets it through" in printed
    assert report["ending"]["status"] == 125
    assert "is missing" in report["ending"]["message"]
    assert report["enforced"] == dict.fromkeys(("seccomp", "landlock", "no_new_privs"))


def test_too_many_domains(tmp_path: Path) -> None:
    printed, _ = run(tmp_path, "layers:16")
    assert "no more than 16 domains in each other" in printed
