# SPDX-License-Identifier: BSD-2-Clause
"""The manifest: a YAML document as a value in which resources stand for descriptors.

Parsing opens nothing, and reports everything that is wrong at once.
"""

from __future__ import annotations

from cloudabi import _interpreter, _resources, _scalars
from cloudabi._record import TYPE_CHECKING, Record
from cloudabi._resources import refusal
from cloudabi._yaml import SCALAR, SEQ, Node, compose
from cloudabi.argdata import step
from cloudabi.diagnostics import listed, position, suggestion
from cloudabi.errors import ManifestError, Problem, Source, Span
from cloudabi.resources import Limits, Resource

if TYPE_CHECKING:
    from typing import Any

_COLLECTION_TAGS = ("!!seq", "!!map")


class Manifest(Record):
    """A manifest without mistakes.

    value: Python values as for argdata, with a Resource in each place of a descriptor.
    resources: each once, in the order in which the document mentions them.
    """

    source: Source
    value: Any
    resources: tuple[Resource, ...]
    limits: Limits = Limits()


def parse(data: bytes, name: str, *, for_python: bool) -> Manifest:
    """Parse a manifest.

    name: what the person calls the file.
    for_python: the program is our interpreter, whose top-level keys are known.
    Raises ManifestError: with every problem that was found.
    """
    source = _decode(data, name)
    root = compose(source)
    reader = _Reader()
    value = reader.value(root, "")
    problems = reader.problems
    limits = reader.limits(root, value) if for_python else Limits()
    if for_python:
        problems += [p for p in _interpreter.problems(root, value) if not _hides(problems, p)]
    if problems:
        raise ManifestError(*sorted(problems, key=_start))
    return Manifest(source, value, tuple(reader.resources), limits)


def _decode(data: bytes, name: str) -> Source:
    try:
        return Source(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        source = Source(name, data.decode("utf-8-sig", "replace"))
        at = len(data[: error.start].decode("utf-8-sig"))
        message = f"not UTF-8: the byte 0x{data[error.start]:02x} is out of place"
        span = Span(source, at, at + 1)
        raise ManifestError(Problem(message, span, helps=("save the file as UTF-8",))) from None


def _start(problem: Problem) -> int:
    return problem.span.start if problem.span else 0


def _hides(found: list[Problem], later: Problem) -> bool:
    """Tell whether a problem was found inside the value that a later one is about."""
    span = later.span
    return span is not None and any(span.start <= _start(p) < span.end for p in found)


class _Reader:
    """Turns nodes into values and gathers what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.resources: list[Resource] = []
        self._values: dict[Node, Any] = {}

    def value(self, node: Node, place: str) -> Any:
        """Convert a node; if aliases repeat it, all get the same value."""
        if node not in self._values:
            try:
                self._values[node] = self._convert(node, place)
            except ManifestError as error:
                self.problems += error.problems
                self._values[node] = None
        return self._values[node]

    def limits(self, root: Node, value: Any) -> Limits:
        """Take the limits out of the value of the root."""
        if isinstance(value, dict) and "limits" in value:
            del value["limits"]
            node = next(node for key, node in root.pairs() if key.text == "limits")
            try:
                return _resources.limits(node)
            except ManifestError as error:
                self.problems += error.problems
        return Limits()

    def _convert(self, node: Node, place: str) -> Any:
        make = _resources.TAGS.get(node.tag)
        if make is not None:
            resource = make(node, place.removeprefix("."))
            self.resources.append(resource)
            return resource
        if node.kind == SCALAR and node.tag in (None, *_scalars.TAGS):
            return _scalars.value_of(node)
        if node.kind == SEQ and node.tag in (None, "!!seq"):
            return [self.value(member, f"{place}[{i}]") for i, member in enumerate(node.members)]
        if node.kind not in (SCALAR, SEQ) and node.tag in (None, "!!map"):
            return self._map(node, place)
        raise _wrong_tag(node)

    def _map(self, node: Node, place: str) -> dict[Any, Any]:
        result: dict[Any, Any] = {}
        firsts: dict[Any, Node] = {}
        for key_node, value_node in node.pairs():
            key = self._key(key_node, place)
            if key in firsts:
                note = f"it is first given in line {position(firsts[key].span)[0]}"
                message = f"duplicate key `{key_node.text}`"
                self.problems.append(Problem(message, key_node.span, (note,)))
            firsts.setdefault(key, key_node)
            result[key] = self.value(value_node, place + step(key))
        return result

    def _key(self, node: Node, place: str) -> Any:
        """Convert a key; one that is impossible becomes a unique object."""
        resources = len(self.resources)
        try:
            key = _frozen(self.value(node, f"{place}(key)"))
            if node.is_plain and node.tag is None and node.text == "<<":
                raise refusal("merge keys are not supported", node, "repeat what would be merged")
            if len(self.resources) > resources:
                raise refusal("a resource cannot be part of a key", node)
            if not _is_hashable(key):
                raise refusal("a map cannot be part of a key", node)
        except ManifestError as error:
            self.problems += error.problems
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


def _wrong_tag(node: Node) -> ManifestError:
    tag = node.tag or ""
    tags = (*_scalars.TAGS, *_COLLECTION_TAGS)
    if tag in tags:
        return ManifestError(Problem(f"`{tag}` does not fit a {node.kind}", node.tag_span))
    help_ = f"known are {listed(tags)}"
    if not tag.startswith("!!"):
        help_ = suggestion(tag, _resources.PURPOSES, _resources.PURPOSES)
    return ManifestError(Problem(f"unknown tag `{tag}`", node.tag_span, helps=(help_,)))
