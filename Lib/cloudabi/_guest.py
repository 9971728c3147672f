# SPDX-License-Identifier: BSD-2-Clause
"""The inside of cloudabi.run() and SandboxExecutor: runs code, or one task after the other.

Nothing here protects anybody: the host believes nothing of what it is told.
"""

from __future__ import annotations

import linecache
import sys

from cloudabi._record import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from cloudabi.argdata import Writer

START = "from cloudabi._guest import main; main()"
VALUE_MAX = 16 * 2**20  # bytes of a message, either way
_FRAMES_MAX = 1000  # of a traceback, as many as Python prints
_ONLY_AST = 0x400  # ast.PyCF_ONLY_AST; to import ast takes longer than to use it


def main() -> None:
    """Do what the host started this for; sys.argdata keeps what is the program's own."""
    start = sys.argdata  # type: ignore[attr-defined]
    sys.argdata = start["args"]  # type: ignore[attr-defined]
    if "code" in start:
        run(start["code"], start["name"], start["reply"])
    else:
        serve(start["tasks"])


def run(code: str, name: str, reply: Any) -> None:
    """Run code as a program, and tell the host its value, or why there is none."""
    try:
        value = evaluate(code, name)
        if value is not None:
            send(_writer(reply.fileno()), {"value": value})
    except SystemExit:
        raise
    except BaseException as error:
        if isinstance(error, MemoryError):
            _make_room(error)
        problem = describe(error)
        send(_writer(reply.fileno()), {"error": problem})
        if sys.stderr is not None:
            sys.stderr.write(problem["traceback"])
        raise SystemExit(1) from None


def serve(connection: Any) -> None:
    """Perform tasks until the host closes the connection."""
    from cloudabi.argdata import Reader

    reader = Reader(connection, max_bytes=VALUE_MAX)
    writer = _writer(connection)
    while True:
        try:
            task = reader.receive()
        except EOFError:
            return
        send(writer, perform(task))
        del task


def perform(task: Any) -> dict[Any, Any]:
    """Call what a task names; its number tells the host to what this is the answer."""
    try:
        function = find(task["module"], task["name"])
        return {"task": task["task"], "value": function(*task["args"], **task["kwargs"])}
    except BaseException as error:
        return {"task": task["task"], "error": describe(error)}


def find(module: str, name: str) -> Callable[..., Any]:
    """Import a module and return what has that qualified name in it."""
    __import__(module)
    found: Any = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part)
    function: Callable[..., Any] = found
    return function


def _writer(stream: Any) -> Writer:
    from cloudabi.argdata import Writer

    return Writer(stream, max_bytes=VALUE_MAX, max_fds=0)


def send(writer: Writer, reply: dict[Any, Any]) -> None:
    """Send a reply, or why it cannot be sent."""
    from cloudabi.errors import ArgdataError

    try:
        writer.send(reply)
    except ArgdataError as error:
        reply.pop("value", None)
        writer.send(reply | {"refused": {"path": error.path, "reason": error.message}})


def evaluate(code: str, name: str) -> Any:
    """Execute code as `__main__`; returns the value of its last statement if that has one.

    name: stands for a file name in tracebacks, which show the lines of the code.
    """
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    program = sys.modules["__main__"] = type(sys)("__main__")
    tree: Any = compile(code, name, "exec", _ONLY_AST, dont_inherit=True)
    last = tree.body.pop() if tree.body and type(tree.body[-1]).__name__ == "Expr" else None
    exec(compile(tree, name, "exec", dont_inherit=True), program.__dict__)
    if last is None:
        return None
    import _ast

    expression = _ast.Expression(last.value)
    return eval(compile(expression, name, "eval", dont_inherit=True), program.__dict__)


def _make_room(error: MemoryError) -> None:
    """Drop all that the program holds, as there may be no memory left to tell of its error."""
    vars(sys.modules["__main__"]).clear()
    entry = _beyond_here(error)
    while entry is not None:
        entry.tb_frame.clear()
        entry = entry.tb_next


def describe(error: BaseException) -> dict[str, str]:
    """Put an exception into the words with which Python would print it."""
    import traceback

    cls = type(error)
    module = "" if cls.__module__ == "builtins" else f"{cls.__module__}."
    shown = traceback.TracebackException(
        cls, error, _beyond_here(error), limit=-_FRAMES_MAX, compact=True
    )
    texts = {
        "type": module + cls.__qualname__,
        "message": _text(error),
        "traceback": "".join(shown.format()),
    }
    return {key: _encodable(text) for key, text in texts.items()}


def _beyond_here(error: BaseException) -> Any:
    """Return the traceback without the frames of this module."""
    entry = error.__traceback__
    while entry is not None and entry.tb_frame.f_code.co_filename == __file__:
        entry = entry.tb_next
    return entry


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def _encodable(text: str) -> str:
    return text.encode(errors="backslashreplace").decode()
