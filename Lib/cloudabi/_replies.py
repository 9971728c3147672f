# SPDX-License-Identifier: BSD-2-Clause
"""What programs reply, of which nothing is believed unchecked."""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING
from cloudabi.failures import ProgramError, ResultError

if TYPE_CHECKING:
    from cloudabi.argdata import Value


def value_of(reply: object) -> Value:
    """Return the value in a reply.

    Raises ProgramError, ResultError: there is none.
    """
    if not isinstance(reply, dict):
        raise ResultError("", "the program's reply is no map")
    if "refused" in reply:
        raise ResultError(*_texts(reply["refused"], "path", "reason"))
    if "error" in reply:
        raise ProgramError(*_texts(reply["error"], "type", "message", "traceback"))
    value: Value = reply.get("value")
    return value


def _texts(problem: object, *keys: str) -> list[str]:
    found = [problem.get(key) for key in keys] if isinstance(problem, dict) else []
    texts = [text for text in found if isinstance(text, str)]
    if len(texts) < len(keys):
        raise ResultError("", "the program's reply makes no sense")
    return texts
