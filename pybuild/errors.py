# SPDX-License-Identifier: BSD-2-Clause
# Exit codes of build_python.py, and the errors that lead to them.

import enum


class Exit(enum.IntEnum):
    """One code per class of failure; `run` passes on the program's own status."""

    OK = 0
    USAGE = 2
    SOURCES = 3
    TOOLS = 4
    BUILD = 5
    CHECK = 6
    TESTS = 7
    PATCHES = 8
    INTERRUPTED = 130


class BuildError(Exception):
    """A failure that main() reports as text, without a traceback."""

    status = Exit.BUILD


class UsageError(BuildError):
    """The command line asks for something that does not exist."""

    status = Exit.USAGE


class SourceError(BuildError):
    """A source cannot be had, or is not the one that is pinned."""

    status = Exit.SOURCES


class ToolError(BuildError):
    """A program or package that the build needs is missing."""

    status = Exit.TOOLS


class CheckError(BuildError):
    """A style, type or generated-file check failed."""

    status = Exit.CHECK


class SuiteError(BuildError):
    """A test suite failed."""

    status = Exit.TESTS


class PatchError(BuildError):
    """The patch series does not apply, or is not in its exported form."""

    status = Exit.PATCHES
