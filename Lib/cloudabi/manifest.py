# SPDX-License-Identifier: BSD-2-Clause
"""The manifest: a YAML document as a value in which resources stand for descriptors.

Parsing opens nothing, and reports everything that is wrong at once.
"""

from __future__ import annotations

from cloudabi import _grammar, _resources, _scalars
from cloudabi._checking import map_problems, shape_problems
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi._resources import refusal
from cloudabi._yaml import MAP, SCALAR, SEQ, Node, compose
from cloudabi.argdata import step
from cloudabi.errors import ManifestError, Problem, Source, Span
from cloudabi.resources import Limits, Resource

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from cloudabi._grammar import Form

_PROBLEMS_MAX = 1000
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Manifest(Record):
    """A manifest without mistakes.

    value: Python values as for argdata, with a Resource in each place of a descriptor.
    resources: each once, in the order in which the document mentions them.
    """

    source: Source
    value: Any
    resources: tuple[Resource, ...]
    limits: Limits = Limits()


def parse(data: bytes, name: str, *, for_python: bool, library: str = "") -> Manifest:
    """Parse a manifest.

    name: what the person calls the file.
    for_python: the program is our interpreter, whose top-level keys are known.
    library: the folder that `!stdlib` stands for; that of this machine's own Python without it.
    Raises ManifestError: with every problem that was found, or very many of them.
    """
    source = _decode(data, name)
    root = compose(source)
    reader = _Reader(library)
    try:
        value, limits = reader.document(root, for_python=for_python)
    except _Enough:
        value, limits = None, Limits()
    if reader.problems:
        raise ManifestError(*sorted(reader.problems, key=_start))
    return Manifest(source, value, tuple(reader.resources), limits)


def _decode(data: bytes, name: str) -> Source:
    data = data.removeprefix(_BYTE_ORDER_MARK)
    try:
        return Source(name, data.decode())
    except UnicodeDecodeError as error:
        source = Source(name, data.decode(errors="replace"))
        at = len(data[: error.start].decode())
        message = f"not UTF-8: the byte 0x{data[error.start]:02x} is out of place"
        span = Span(source, at, at + 1)
        raise ManifestError(Problem(message, span, helps=("save the file as UTF-8",))) from None


def _start(problem: Problem) -> int:
    return problem.span.start if problem.span else 0


def _hides(starts: list[int], later: Problem) -> bool:
    """Tell whether a problem was found inside the value that a later one is about.

    starts: where the known problems are, in order.
    """
    from bisect import bisect_left

    if later.span is None:
        return False
    inside = bisect_left(starts, later.span.start)
    return inside < len(starts) and starts[inside] < max(later.span.end, later.span.start + 1)


class _Enough(Exception):  # noqa: N818
    """More problems than anybody reads."""


class _Reader:
    """Turns nodes into values and gathers what is wrong with them."""

    def __init__(self, library: str) -> None:
        self._library = library
        self.problems: list[Problem] = []
        self.resources: list[Resource] = []
        self._values: dict[Node, Any] = {}

    def document(self, root: Node, *, for_python: bool) -> tuple[Any, Limits]:
        """Convert the root: what the program gets, and its limits."""
        if for_python:
            value = self._formed(_grammar.INTERPRETER, root, "") or {}
            return value, value.pop("limits", Limits())
        if root.tag == _grammar.PROGRAM.name:
            value = self._formed(_grammar.PROGRAM, root, "") or {}
            return value.get("args"), value.get("limits", Limits())
        return self.value(root, ""), Limits()

    def value(self, node: Node, place: str) -> Any:
        """Convert a node; if aliases repeat it, all get the same value."""
        if node not in self._values:
            try:
                self._values[node] = self._convert(node, place)
            except ManifestError as error:
                self._add(error.problems)
                self._values[node] = None
        return self._values[node]

    def _convert(self, node: Node, place: str) -> Any:
        if node.tag in _grammar.TAGS:
            return self._resource(node, place)
        if node.kind == SCALAR and node.tag in (None, *_scalars.TAGS):
            return _scalars.value_of(node)
        if node.kind == SEQ and node.tag in (None, "!!seq"):
            return [self.value(member, f"{place}[{i}]") for i, member in enumerate(node.members)]
        if node.kind == MAP and node.tag in (None, "!!map"):
            return self._map(node, place)
        from cloudabi._mistakes import wrong_tag

        raise ManifestError(wrong_tag(node))

    def _resource(self, node: Node, place: str) -> Resource | None:
        tag = node.tag or ""
        value = self._formed(_grammar.TAGS[tag], node, place)
        if value is None:
            return None
        if tag == "!stdlib":
            value = {"path": self._library}
        resource = _resources.MAKERS[tag](node, place.removeprefix("."), value)
        self.resources.append(resource)
        return resource

    def _formed(self, form: Form, node: Node, place: str) -> dict[Any, Any] | None:
        """Convert a node that has to fit a form; None if it does not."""
        before = len(self.problems)
        if node.tag not in (None, "!!map", form.name):
            self.value(node, place)  # finds out what is wrong with the tag
        self._note(before, shape_problems(form, node))
        value: dict[Any, Any] = {}
        if len(self.problems) == before and node.kind == MAP:
            value = self._map(node, place, form)
            self._note(before, map_problems(form, node, value))
        return value if len(self.problems) == before else None

    def _note(self, before: int, problems: Iterable[Problem]) -> None:
        """Add problems, but for those that others since `before` explain already."""
        known = sorted(_start(problem) for problem in self.problems[before:])
        for problem in problems:
            if not (known and _hides(known, problem)):
                self._add((problem,))

    def _add(self, problems: Iterable[Problem]) -> None:
        self.problems += problems
        if len(self.problems) >= _PROBLEMS_MAX:
            raise _Enough

    def _map(self, node: Node, place: str, form: Form | None = None) -> dict[Any, Any]:
        """Convert a map; of keys that are equal, the first counts."""
        result: dict[Any, Any] = {}
        firsts: dict[Any, Node] = {}
        for key_node, value_node in node.pairs():
            key = self._key(key_node, place)
            if key in firsts:
                from cloudabi._mistakes import duplicate_key

                self._add((duplicate_key(key_node, firsts[key]),))
            firsts.setdefault(key, key_node)
            # The program does not see the map with its arguments and limits, only the arguments.
            inside = "" if form is _grammar.PROGRAM else place + step(key)
            inner = form.inner(key) if form else None
            value = self._limits(inner, value_node) if inner else self.value(value_node, inside)
            result.setdefault(key, value)
        return result

    def _limits(self, form: Form, node: Node) -> Limits | None:
        value = self._formed(form, node, "")
        return None if value is None else _resources.limits(value)

    def _key(self, node: Node, place: str) -> Any:
        """Convert a key; one that is impossible becomes a unique object."""
        resources = len(self.resources)
        try:
            key = _frozen(self.value(node, f"{place}(key)"))
            if node.is_plain and node.tag is None and node.text == "<<":
                raise refusal("merge keys are not supported", node, "repeat what would be merged")
            if len(self.resources) > resources:
                raise refusal("a resource cannot be part of a key", node, "make it a value")
            if not _is_hashable(key):
                raise refusal(
                    "a map cannot be part of a key", node, "quote text that begins with `{`"
                )
        except ManifestError as error:
            self._add(error.problems)
            key = object()
        return key


def _frozen(value: Any) -> Any:
    """Turn lists into tuples, as argdata does with keys."""
    return tuple(_frozen(member) for member in value) if isinstance(value, list) else value


def _is_hashable(value: object) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True
