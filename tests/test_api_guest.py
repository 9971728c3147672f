# SPDX-License-Identifier: BSD-2-Clause
"""What works inside the sandbox for the API, here on the host's own Python."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from cloudabi import _guest
from cloudabi.argdata import Fd, Reader, Writer


@pytest.fixture(autouse=True)
def _main_module_stays() -> Iterator[None]:
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("", None),
        ("1 + 1", 2),
        ("x = 3", None),
        ("x = 3\nx * 2", 6),
        ("def f():\n  return [1]\nf()\n", [1]),
        ("'only a string'", "only a string"),
        ("x = 1; x", 1),
        ("if True:\n  5", None),
        ("__name__", "__main__"),
        ("import sys; sys.modules['__main__'].__dict__ is globals()", True),
        ("def f(): return g()\ndef g(): return 7\nf()", 7),
        ("[y for y in range(3)]", [0, 1, 2]),
        ("x = 2\n(lambda: x + 1)()", 3),
    ],
)
def test_value_of_the_last_statement(code: str, value: object) -> None:
    assert _guest.evaluate(code, "<code>") == value


def failure_of(code: str) -> dict[str, str]:
    with pytest.raises(BaseException) as caught:  # noqa: PT011 - whatever the code raises
        _guest.evaluate(code, "<code>")
    assert caught.value.__traceback__ is not None
    return _guest.describe(caught.value.with_traceback(caught.value.__traceback__.tb_next))


def test_a_traceback_shows_the_code_and_nothing_else() -> None:
    problem = failure_of("def f(x):\n    return 1 / x\n\nf(0)\n")
    assert problem["type"] == "ZeroDivisionError"
    assert problem["message"] == "division by zero"
    lines = problem["traceback"].splitlines()
    assert lines[0] == "Traceback (most recent call last):"
    assert lines[1:3] == ['  File "<code>", line 4, in <module>', "    f(0)"]
    assert "    return 1 / x" in lines
    assert "_guest" not in problem["traceback"]


def test_a_syntax_error() -> None:
    problem = failure_of("x = 1\ny = = 2\n")
    assert problem["type"] == "SyntaxError"
    assert problem["traceback"].startswith('  File "<code>", line 2\n    y = = 2\n')


@pytest.mark.parametrize(
    ("code", "name", "message"),
    [
        ("class E(Exception): pass\nraise E('x')", "__main__.E", "x"),
        ("import json; json.loads('{')", "json.decoder.JSONDecodeError", None),
        ("raise ValueError('\\ud800')", "ValueError", "\\ud800"),
        ("class E(Exception):\n  def __str__(self): 1/0\nraise E", "__main__.E", ""),
        ("raise KeyboardInterrupt", "KeyboardInterrupt", ""),
        ("def f(): f()\nf()", "RecursionError", None),
        ("raise ExceptionGroup('both', [ValueError(1), TypeError(2)])", "ExceptionGroup", None),
    ],
)
def test_what_is_told_about_exceptions(code: str, name: str, message: str | None) -> None:
    problem = failure_of(code)
    assert problem["type"] == name
    assert message is None or problem["message"] == message
    assert all(text.isascii() and len(text) < 20_000 for text in problem.values())


@contextmanager
def worker() -> Iterator[tuple[Writer, Reader]]:
    """A worker in a thread, and the host's ends of its connection."""
    here, there = socket.socketpair()
    serving = threading.Thread(target=_guest.serve, args=[there])
    serving.start()
    with there:
        with here:
            yield Writer(here), Reader(here)
        serving.join()


def task(number: int, function: str, *args: Any, **kwargs: Any) -> dict[Any, Any]:
    module, _, name = function.partition(":")
    return {"task": number, "module": module, "name": name, "args": args, "kwargs": kwargs}


def test_tasks_are_answered_in_turn_until_the_host_hangs_up() -> None:
    with worker() as (writer, reader):
        writer.send(task(1, "builtins:divmod", 7, 2))
        writer.send(task(2, "builtins:int.from_bytes", b"\1\0", byteorder="big"))
        assert reader.receive() == {"task": 1, "value": [3, 1]}
        assert reader.receive() == {"task": 2, "value": 256}


@pytest.mark.parametrize(
    ("function", "args", "kind"),
    [
        ("builtins:divmod", [1, 0], "ZeroDivisionError"),
        ("no_such_module:f", [], "ModuleNotFoundError"),
        ("math:no_such_function", [], "AttributeError"),
        ("math:pi", [], "TypeError"),
        ("sys:exit", [3], "SystemExit"),
    ],
)
def test_a_task_that_fails_leaves_the_worker_whole(
    function: str, args: list[int], kind: str
) -> None:
    with worker() as (writer, reader):
        writer.send(task(5, function, *args))
        reply: Any = reader.receive()
        assert (reply["task"], reply["error"]["type"]) == (5, kind)
        writer.send(task(6, "builtins:abs", -1))
        assert reader.receive() == {"task": 6, "value": 1}


@pytest.mark.parametrize(
    ("expression", "path", "reason"),
    [
        ("{1, 2}", "value", "a set has no argdata form"),
        ("{'a': [0, object()]}", "value.a[1]", "a object has no argdata form"),
        ("b'x' * (17 << 20)", "", "bytes, 16777216 are allowed"),
        ("__import__('cloudabi.argdata').argdata.Fd(1)", "", "has 1 descriptors, 0 are allowed"),
    ],
)
def test_a_value_that_cannot_be_sent(expression: str, path: str, reason: str) -> None:
    with worker() as (writer, reader):
        writer.send(task(1, "builtins:eval", expression))
        reply: Any = reader.receive()
        assert reply["refused"]["path"] == path
        assert reason in reply["refused"]["reason"]


def test_descriptors_are_not_taken_with_a_task() -> None:
    here, there = socket.socketpair()
    with here, there:
        Writer(here).send([Fd(0)])
        with pytest.raises(Exception, match="descriptor"):
            _guest.serve(there)
