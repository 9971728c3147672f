# SPDX-License-Identifier: BSD-2-Clause
"""Every public function has an example, and examples do what they say."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import cloudabi
from cloudabi import argdata
from harness import ROOT

DOCUMENTS = ("docs/api.md",)


def public_functions() -> Iterator[tuple[str, Any]]:
    """Functions and methods that users may call, with their names."""
    things = {f"cloudabi.{name}": getattr(cloudabi, name) for name in cloudabi.__all__}
    things |= {
        f"cloudabi.argdata.{name}": getattr(argdata, name)
        for name in ("Fd", "Reader", "Timestamp", "Writer", "decode", "encode")
    }
    for name, thing in things.items():
        if inspect.isclass(thing):
            yield from methods(name, thing)
        else:
            yield name, thing


def methods(name: str, cls: type) -> Iterator[tuple[str, Any]]:
    """The public methods that a class itself defines, and the class unless it is an exception."""
    for key, member in vars(cls).items():
        if not key.startswith("_") and callable(getattr(member, "__func__", member)):
            yield f"{name}.{key}", getattr(cls, key)
    if not issubclass(cls, Exception):
        yield name, cls


@pytest.mark.parametrize(
    ("name", "thing"),
    list(public_functions()),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_public_function_has_an_example(name: str, thing: Any) -> None:
    examples = doctest.DocTestParser().get_examples(inspect.getdoc(thing) or "")
    assert examples, f"the docstring of {name} lacks an example"


def test_examples_in_docstrings() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--doctest-modules", "Lib/cloudabi"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", DOCUMENTS)
def test_examples_in_documents(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    failed, attempted = doctest.testfile(str(ROOT / name), module_relative=False)
    assert attempted > 0
    assert failed == 0
