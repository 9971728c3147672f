# SPDX-License-Identifier: BSD-2-Clause
"""What all tests share: a finished build, and signals that programs react to."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from harness import CLOUDABI_RUN, PYTHON
from launcher_harness import compiled
from libc_harness import on
from machines import ALL, X86_64, Machine
from recorder import Recorder

# Whatever starts the tests in the background has these ignored, and programs inherit it.
SIGNALS = (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM)

# A busy machine is no mistake of a test's.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--target", default="", help="run only those tests on targets that are on it")
    parser.addoption("--record", action="store_true", help="write what documents say of results")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Recorder(), "recorder")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about other targets than the one that is wanted."""
    wanted = config.getoption("target")
    others = [item for item in items if wanted and _triple(item) not in ("", wanted)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


def _triple(item: pytest.Item) -> str:
    callspec = getattr(item, "callspec", None)
    target = callspec.params.get("target", callspec.params.get("machine")) if callspec else None
    return getattr(target, "triple", "")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Have everything about the C library run on each machine."""
    if metafunc.module.__name__.startswith("test_libc"):
        ids = [machine.arch for machine in ALL]
        metafunc.parametrize("machine", ALL, indirect=True, ids=ids, scope="session")


@pytest.fixture(scope="session", autouse=True)
def machine(request: pytest.FixtureRequest) -> Iterator[Machine]:
    wanted = getattr(request, "param", X86_64)
    with on(wanted):
        yield wanted


def pytest_sessionstart() -> None:
    """Prepare, or stop at once instead of failing in every test."""
    missing = [path for path in (CLOUDABI_RUN, PYTHON) if not path.exists()]
    if missing:
        names = ", ".join(map(str, missing))
        pytest.exit(f"no {names}; run `./build_python.py build` first", returncode=2)
    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_IGN:
            is_ctrl_c = number == signal.SIGINT
            signal.signal(number, signal.default_int_handler if is_ctrl_c else signal.SIG_DFL)


@pytest.fixture(scope="session")
def describe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program tests/launcher/describe.c."""
    return compiled("describe", tmp_path_factory.mktemp("launcher"))
