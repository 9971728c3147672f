# SPDX-License-Identifier: BSD-2-Clause
"""Modules of the standard library that take libraries or files of their own."""

from __future__ import annotations

import json
import platform
import subprocess
import textwrap

import pytest

from harness import CLOUDABI_RUN, ROOT, python_manifest, run_python
from modules_harness import ROUND_TRIPS, TOPICS
from pybuild import modules, targets
from pybuild.targets import Target

NATIVE = [target for target in targets.TARGETS if platform.machine() in target.machines]
EMULATED = [target for target in targets.TARGETS if target not in NATIVE]
HOST_PYTHON = ROOT / "dist" / "host" / "bin" / "python3"


def run_on(target: Target, code: str, **keys: str) -> str:
    """Run Python source on a target, emulated if need be; returns what it printed.

    keys: further ones of the manifest.
    """
    manifest = python_manifest(code, **keys).replace(targets.X86_64.triple, target.triple)
    options = ["--target", target.triple, *([] if target in NATIVE else ["--emulate"])]
    result = subprocess.run(
        [CLOUDABI_RUN, *options],
        input=manifest,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("target", NATIVE, ids=lambda target: target.arch)
def test_topics(target: Target) -> None:
    """All in one run, because starting a sandbox takes longer than any of it."""
    blocks = [textwrap.dedent(code) + f"print({name!r})\n" for name, code in TOPICS.items()]
    assert run_on(target, "".join(blocks)).split() == list(TOPICS)


@pytest.mark.parametrize("target", EMULATED, ids=lambda target: target.arch)
def test_round_trips(target: Target) -> None:
    assert run_on(target, ROUND_TRIPS) == "good\n"


IMPORTS = """
    import importlib, json, sys, warnings
    warnings.simplefilter("ignore")
    found = {}
    for name in sorted(sys.stdlib_module_names):
        try:
            # These two act when they are imported.
            name in ("antigravity", "this") or importlib.import_module(name)
        except ImportError as error:
            found[name] = f"{type(error).__name__}: {error}"
        else:
            found[name] = ""
"""
FUNCTIONS = """
import os, signal, socket, time
def is_function(value):
    return callable(value) and not isinstance(value, type)
functions = {
    module.__name__: sorted(
        name for name, value in vars(module).items() if name[0] != "_" and is_function(value)
    )
    for module in (os, socket, signal, time)
}
"""
TELL = "json.dump([found, functions], sys.stdout)\n"


def test_what_is_there(request: pytest.FixtureRequest) -> None:
    """What docs/modules.md is made from."""
    inside = textwrap.dedent(IMPORTS) + FUNCTIONS + TELL
    imports, functions = json.loads(run_python(inside))
    native = f"import json, sys\nfound = 0\n{FUNCTIONS}{TELL}"
    command = (HOST_PYTHON, "-I", "-c", native)
    output = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
    _, everywhere = json.loads(output)
    absent = {name: sorted({*everywhere[name]} - {*functions[name]}) for name in everywhere}
    facts = {"modules": imports, "functions": absent}
    if request.config.getoption("record"):
        (ROOT / modules.FACTS).write_text(modules.dump(facts), encoding="utf-8")
    on_record = json.loads((ROOT / modules.FACTS).read_text(encoding="utf-8"))
    assert facts == on_record, "`build_python.py test python_modules -- --record` renews it"


def test_bytes_warnings() -> None:
    """The patches leave an interpreter that starts where comparing bytes with text is an error."""
    code = "import os; print(os.path.realpath('/'), os.fsdecode(os.path.realpath(b'/')))"
    command = (HOST_PYTHON, "-I", "-bb", "-c", code)
    output = subprocess.run(command, capture_output=True, check=True, text=True, timeout=60).stdout
    assert output == "/ /\n"
