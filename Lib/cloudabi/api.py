# SPDX-License-Identifier: BSD-2-Clause
"""Running Python code in a sandbox of its own, and waiting for what comes of it."""

from __future__ import annotations

import os
from contextlib import ExitStack

from cloudabi._embedding import Given, fixed_file, reading_file, start
from cloudabi._framing import HEADER_SIZE
from cloudabi._guest import VALUE_MAX
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi._replies import value_of
from cloudabi.argdata import Reader
from cloudabi.errors import ArgdataError, RunError
from cloudabi.failures import ResultError, failure
from cloudabi.grants import within
from cloudabi.resources import ALL, Descriptor, Inherited

if TYPE_CHECKING:
    from asyncio import Future
    from collections.abc import Mapping, Sequence
    from types import TracebackType
    from typing import Any

    from cloudabi._embedding import Args
    from cloudabi.argdata import Value
    from cloudabi.grants import Grant
    from cloudabi.outcome import Denial, Outcome, Usage
    from cloudabi.resources import Limits
    from cloudabi.sandbox import Sandbox

OUTPUT_MAX = 16 * 2**20
_OUTPUTS = {"stdout": 1, "stderr": 2}


class Result(Record):
    """What came of a run.

    value: of the code's last statement if that is an expression, else None.
    stdout, stderr: what the program wrote. exit: its exit status, or what `cloudabi-run` would
        have ended with. usage: time and memory. denials: what it was refused, if that was traced.
    error: what run() raises unless it is told not to; None if all went well.

    >>> import cloudabi
    >>> result = cloudabi.run("print('hello', end=''); 6 * 7")
    >>> result.value, result.stdout, result.exit, result.error
    (42, b'hello', 0, None)
    """

    value: Value
    stdout: bytes
    stderr: bytes
    exit: int
    usage: Usage
    denials: tuple[Denial, ...]
    error: RunError | None


def run(
    code: str | os.PathLike[str],
    *,
    args: Args = None,
    files: Mapping[str, Grant] | None = None,
    sockets: Mapping[str, Grant] | None = None,
    path: Sequence[Grant] = (),
    limits: Limits | None = None,
    stdin: bytes | str | None = None,
    timeout: float | None = None,
    check: bool = True,
    traces: bool = False,
    target: str | None = None,
    emulate: bool = False,
) -> Result:
    """Run Python code in a new sandbox, and wait for its end.

    code: the source, or the path of a file with it.
    args: becomes `sys.argdata`: values of argdata, with grants wherever the code needs something.
    files, sockets: further grants, added to args by name.
    path: directories and zip files with modules, after the standard library.
    limits: see Limits; of output, OUTPUT_MAX bytes are kept of each stream where it has no limit.
    stdin: what the code reads from standard input; without it, there is none.
    timeout: seconds; a wall time limit.
    check: raise what went wrong, instead of returning it.
    traces: gather denials.
    target: triple or short name of the machine whose Python runs, if it is not this one.
    emulate: go on where that takes an emulator, under which nothing is enforced.
    Raises GrantError: something that is granted does not exist, or cannot be had.
    Raises ArgdataError: args have no argdata form. OSError: there is no such file with code.
    Raises RunError: the program failed; each way has its subclass.
    Raises CloudabiError: the target is not there, or takes an emulator.

    >>> import cloudabi
    >>> cloudabi.run("import sys; sum(sys.argdata['numbers'])", args={"numbers": [1, 2, 3]}).value
    6
    >>> cloudabi.run("1 / 0")
    Traceback (most recent call last):
    cloudabi.failures.ProgramError: ZeroDivisionError: division by zero
    in the sandbox:
      Traceback (most recent call last):
        File "<code>", line 1, in <module>
          1 / 0
          ~~^~~
      ZeroDivisionError: division by zero
    """
    given = Given(args, files, sockets, path, target, emulate)
    with _Run(code, given, stdin) as prepared:
        with prepared.start(within(limits, timeout), traces) as running:
            outcome = running.wait()
        return prepared.result(outcome, check)


async def run_async(
    code: str | os.PathLike[str],
    *,
    args: Args = None,
    files: Mapping[str, Grant] | None = None,
    sockets: Mapping[str, Grant] | None = None,
    path: Sequence[Grant] = (),
    limits: Limits | None = None,
    stdin: bytes | str | None = None,
    timeout: float | None = None,
    check: bool = True,
    traces: bool = False,
    target: str | None = None,
    emulate: bool = False,
) -> Result:
    """Do as run() does, while the event loop goes on. Cancelling it ends the program.

    What is granted is opened right away: a host name that has to be looked up, or a slow peer,
    keeps the loop waiting; Inherit a socket instead.

    >>> import asyncio, cloudabi
    >>> async def squares():
    ...     runs = [cloudabi.run_async(f"{n} ** 2") for n in (2, 3)]
    ...     return [result.value for result in await asyncio.gather(*runs)]
    >>> asyncio.run(squares())
    [4, 9]
    """
    given = Given(args, files, sockets, path, target, emulate)
    with _Run(code, given, stdin) as prepared:
        with prepared.start(within(limits, timeout), traces) as running:
            outcome = await _ended(running)
        return prepared.result(outcome, check)


class _Run:
    """Our side of a run: the code and what it reads, and the file that its reply comes back in.

    The reply is a file in memory, of a fixed size: whatever a program does with it, nobody waits
    for it, and nobody reads it before everything has ended.
    """

    def __init__(self, code: str | os.PathLike[str], given: Given, stdin: bytes | str | None):
        """Make the files, which a context manager closes."""
        source, name = _source(code)
        self._given = given
        self._own: dict[str, Any] = {"code": source, "name": name}
        with ExitStack() as files:
            self._reply = fixed_file(HEADER_SIZE + VALUE_MAX)
            files.callback(os.close, self._reply)
            self._own["reply"] = Descriptor(None, "reply", self._reply, ALL, 0)
            if stdin is not None:
                data = reading_file(stdin.encode() if isinstance(stdin, str) else stdin)
                files.callback(os.close, data)
                self._own["stdin"] = Descriptor(None, "stdin", data, ALL, 0)
            self._files = files.pop_all()
        for stream, number in _OUTPUTS.items():
            self._own[stream] = Inherited(None, stream, number)

    def __enter__(self) -> _Run:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._files.close()

    def start(self, limits: Limits, traces: bool) -> Sandbox:
        captures = dict.fromkeys(_OUTPUTS, OUTPUT_MAX if limits.output is None else None)
        return start(self._given, self._own, limits, traces=traces, captures=captures)

    def result(self, outcome: Outcome, check: bool) -> Result:
        """Put together what came of the run."""
        value: Value = None
        error = failure(outcome.ending)
        if outcome.ending.kind == "exited":
            try:
                value = self._value()
            except RunError as refusal:
                error = refusal
        stdout, stderr = (outcome.output[stream] for stream in _OUTPUTS)
        ending, usage = outcome.ending, outcome.usage
        result = Result(value, stdout, stderr, ending.status, usage, outcome.denials, error)
        if error is not None:
            error.result = result
            if check:
                raise error
        return result

    def _value(self) -> Value:
        os.lseek(self._reply, 0, os.SEEK_SET)
        try:
            reply = Reader(self._reply, max_bytes=VALUE_MAX).receive()
        except ArgdataError as error:
            raise ResultError(error.path, error.message) from None
        return None if reply is None else value_of(reply)


def _source(code: str | os.PathLike[str]) -> tuple[str, str]:
    """Return source and its name in tracebacks."""
    if isinstance(code, str):
        return code, "<code>"
    import tokenize

    with tokenize.open(code) as file:
        return file.read(), os.fspath(code)


async def _ended(running: Sandbox) -> Outcome:
    from asyncio import get_running_loop

    loop = get_running_loop()
    ended: Future[Outcome] = loop.create_future()

    def advance() -> None:
        try:
            outcome = None if ended.done() else running.step()
        except Exception as error:
            ended.set_exception(error)
        else:
            if outcome is not None:
                ended.set_result(outcome)

    loop.add_reader(running.fileno(), advance)
    try:
        return await ended
    finally:
        loop.remove_reader(running.fileno())
