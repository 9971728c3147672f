# SPDX-License-Identifier: BSD-2-Clause
"""What can go wrong before a program runs: exit statuses, problems and exceptions."""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING, Record

if TYPE_CHECKING:
    from cloudabi.api import Result


class Exit:
    """Statuses of our own failures; any other status is the program's."""

    POLICY = 123  # ended for a system call that the sandbox refuses
    LIMIT = 124  # ended by a limit
    LAUNCHER = 125
    NOT_RUNNABLE = 126
    NOT_FOUND = 127
    SIGNAL = 128  # plus the signal's number


class Source(Record):
    """A text that a person wrote, and the name by which the person knows it."""

    name: str
    text: str


class Span(Record):
    """A part of a source; start and end count characters."""

    source: Source
    start: int
    end: int


class Problem(Record):
    """One thing that is wrong, in the words of the house style.

    notes: further facts. helps: what to write or do instead.
    """

    message: str
    span: Span | None = None
    notes: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()


class CloudabiError(Exception):
    """Base of all errors here; carries every problem that was found.

    problems: in the order in which a person should read them.
    """

    status = Exit.LAUNCHER

    def __init__(self, *problems: Problem) -> None:
        super().__init__(*problems)
        self.problems = problems

    def __str__(self) -> str:
        return "; ".join(problem.message for problem in self.problems)


class ArgdataError(CloudabiError):
    """A value that has no argdata form, or bytes that are no argdata.

    message: what is wrong.
    path: the place in the value, such as `args.dirs[1]`; empty for the value itself.
    offset: of the first offending byte; None when encoding.
    """

    def __init__(self, message: str, path: str = "", offset: int | None = None) -> None:
        where = [f"at {path}"] if path else []
        where += [f"byte {offset}"] if offset is not None else []
        super().__init__(Problem(": ".join([", ".join(where), message] if where else [message])))
        self.message = message
        self.path = path
        self.offset = offset


class ManifestError(CloudabiError):
    """The manifest is not what it has to be, or what it names cannot be opened."""


class NotRunnableError(CloudabiError):
    """The program exists, but cannot be run."""

    status = Exit.NOT_RUNNABLE


class NotFoundError(CloudabiError):
    """The program does not exist."""

    status = Exit.NOT_FOUND


class RunError(CloudabiError):
    """The program was started, and did not end as it should.

    status: what cloudabi-run ends with.
    result: what is known of a run all the same that cloudabi.run() made; else None.
    """

    def __init__(self, problem: Problem, status: int) -> None:
        super().__init__(problem)
        self.status = status
        self.result: Result | None = None


class UsageError(CloudabiError):
    """The command line makes no sense."""
