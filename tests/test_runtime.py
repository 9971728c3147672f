# SPDX-License-Identifier: BSD-2-Clause
"""The conformance suite: each call of the interface, in programs that run under the broker."""

from __future__ import annotations

import re

import pytest

from abi import results
from abi.parser import parse_file
from conformance_harness import (
    CALLS,
    Case,
    all_cases,
    call_of,
    cases_of,
    check,
    programs,
    results_of,
)
from harness import ROOT
from machines import ALL, Machine
from recorder import Recorder
from runtime_harness import PROGRAMS

CALLS_DESCRIBED = [
    call for call in parse_file(ROOT / "abi/cloudabi.abi").calls if call.status != "none"
]
MACHINES = [pytest.param(machine, id=machine.arch) for machine in ALL]
CASES = [pytest.param(case, id=f"{case.program}-{case.name}") for case in all_cases()]

# Errors that no program can bring about in this place.
UNPROVOKED = {
    ("clock_res_get", "ENOSYS"): "all clocks of Linux tell",
    ("fd_seek", "ESPIPE"): "what has no position has no right to seek either",
    ("proc_exec", "ENOMEM"): "takes a program that is too large",
    ("thread_create", "EAGAIN"): "takes a limit: tests/test_launcher_limits.py",
    ("thread_create", "ENOMEM"): "takes a limit: tests/test_launcher_limits.py",
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("machine", MACHINES)
def test_call(machine: Machine, case: Case) -> None:
    check(case, machine)


@pytest.mark.parametrize("program", programs())
@pytest.mark.parametrize("machine", MACHINES)
def test_names(machine: Machine, program: str) -> None:
    """What the source was found to consist of is what the program has run, each case once."""
    names = [case.name for case in cases_of(program)]
    alone = [case for case in cases_of(program) if case.ends is not None]
    expected = [
        case.name for case in cases_of(program) if case not in alone and case.is_for(machine)
    ]
    results = results_of(program, machine)
    assert len(set(names)) == len(names)
    assert list(results.good) == expected[: len(results.good)]
    assert results.trouble or len(results.good) == len(expected)


def test_every_call_has_cases() -> None:
    covered = {call_of(case.program) for case in all_cases()}
    assert set(CALLS) <= covered


def test_each_error_that_a_call_has_is_expected_by_a_case() -> None:
    for call in CALLS_DESCRIBED:
        sources = [PROGRAMS / f"{name}.c" for name in programs() if call_of(name) == call.name]
        text = "".join(path.read_text() for path in sources)
        words = re.findall(r"\w+", text.replace("CLOUDABI_", ""))
        errors = {failure.error for failure in call.failures if failure.error not in words}
        assert errors == {error for name, error in UNPROVOKED if name == call.name}


# What a capability must not allow.
CAPABILITY_CASES = [case for case in all_cases() if case.program.startswith("capability_")]


def test_there_are_many_checks_of_capabilities() -> None:
    names = {f"{case.program}-{case.name}" for case in CAPABILITY_CASES}
    assert len(names) == len(CAPABILITY_CASES) >= 100


def test_each_right_that_a_call_needs_has_a_case() -> None:
    """The table says which cases there must be; what they expect stands in them."""
    names = {case.name for case in CAPABILITY_CASES}
    for call in CALLS_DESCRIBED:
        rights = {right for need in call.needs for right in need.rights}
        assert {f"{call.name}_without_{right.lower()}" for right in rights} <= names


def test_the_support_table_is_that_of_this_run(pytestconfig: pytest.Config) -> None:
    """The last test of all, which sees how the others ended."""
    recorder = pytestconfig.pluginmanager.get_plugin("recorder")
    assert isinstance(recorder, Recorder)
    found = recorder.results()
    if found is None:
        pytest.skip("only a part of the suite has been run")
    if pytestconfig.getoption("record"):
        (ROOT / results.OUTPUT).write_text(results.dump(found), encoding="utf-8")
    assert found == results.load(ROOT), "run `build_python.py test conformance -- --record`"
