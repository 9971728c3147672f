# SPDX-License-Identifier: BSD-2-Clause
"""YAML text as a tree of nodes that know where they stand. No object is ever constructed.

PyYAML delivers events only; composing them here bounds depth, expansion and recursion.
"""

from __future__ import annotations

from cloudabi._record import TYPE_CHECKING
from cloudabi.errors import ManifestError, Problem, Source, Span

if TYPE_CHECKING:
    from typing import Any

SIZE_MAX = 2**20  # characters
DEPTH_MAX = 64
# One for each value and for each 16 characters of it; an alias counts as what it stands for.
EXPANSION_MAX = 100_000

SCALAR = "scalar"
SEQ = "list"
MAP = "map"

_PREFIXES = (("tag:yaml.org,2002:", "!!"), ("tag:nuxi.nl,2015:cloudabi/", "!"))
_TAG_END = " \t\r\n,[]{}"


class Node:
    """A value of the document.

    kind: SCALAR, SEQ or MAP.
    tag: None if there is none; `!!x` for YAML's own, `!x` for CloudABI's, else as it is.
    text: of a scalar. is_plain: it has neither quotes nor the tag `!`.
    members: the nodes of a SEQ; keys and values of a MAP, alternating.
    """

    __slots__ = (
        "end",
        "height",
        "is_open",
        "is_plain",
        "kind",
        "members",
        "size",
        "source",
        "start",
        "tag",
        "text",
    )

    def __init__(self, source: Source, kind: str, event: Any) -> None:
        self.source = source
        self.kind = kind
        self.tag = _short_tag(event.tag)
        self.text: str = getattr(event, "value", "")
        self.is_plain = kind == SCALAR and not event.style and event.tag != "!"
        self.members: list[Node] = []
        self.start: int = event.start_mark.index
        self.end: int = event.end_mark.index
        self.is_open = kind != SCALAR
        self.size = 1 + len(self.text) // 16
        self.height = 0

    @property
    def span(self) -> Span:
        """Where the value stands; of a scalar, its own tag included."""
        return Span(self.source, self.start, self.end)

    @property
    def tag_span(self) -> Span:
        """Where the tag stands, which an anchor may precede."""
        text = self.source.text
        start = end = text.index("!", self.start)
        if text.startswith("!<", start):
            end = text.index(">", start) + 1
        while end < len(text) and text[end] not in _TAG_END:
            end += 1
        return Span(self.source, start, end)

    def pairs(self) -> list[tuple[Node, Node]]:
        """Return keys and values of a MAP."""
        return list(zip(self.members[0::2], self.members[1::2], strict=True))


def compose(source: Source) -> Node:
    """Read the single document of a text.

    Raises ManifestError: it is empty, not YAML, too large, or has an impossible alias.
    """
    if len(source.text) > SIZE_MAX:
        length = len(source.text)
        raise ManifestError(
            Problem(
                f"{source.name} has {length} characters, {SIZE_MAX} are allowed",
                helps=("keep large data in a file, and grant that with `!file`",),
            )
        )
    from yaml.error import YAMLError

    composer = _Composer(source)
    try:
        parser = _parser(source.text)
        while not composer.is_done:
            composer.take(parser.get_event())
    except YAMLError as error:
        from cloudabi._syntax import explain

        raise ManifestError(explain(source, error)) from None
    return composer.root


def _parser(text: str) -> Any:
    """Return an object whose get_event() delivers PyYAML's events, from its C parser if there."""
    try:
        from yaml._yaml import CParser
    except ImportError:
        from yaml import SafeLoader

        return SafeLoader(text)
    return CParser(text)


class _Composer:
    """Builds nodes from events, without recursion."""

    def __init__(self, source: Source) -> None:
        self.is_done = False
        self._source = source
        self._open: list[Node] = []
        self._anchors: dict[str, Node] = {}
        self._root: Node | None = None
        self._documents = 0
        self._size = 0

    @property
    def root(self) -> Node:
        """The document's value."""
        root = self._root
        if root is None or (root.is_plain and root.tag is None and root.text == ""):
            help_ = "write a value; `{}` is an empty map"
            raise ManifestError(
                Problem("the manifest is empty", Span(self._source, 0, 0), helps=(help_,))
            )
        return root

    def take(self, event: Any) -> None:
        _HANDLERS[type(event).__name__](self, event)

    def start_document(self, event: Any) -> None:
        self._documents += 1
        if self._documents > 1:
            help_ = "remove it and what follows"
            self._fail("a manifest has one document, another starts here", event, help_)

    def scalar(self, event: Any) -> None:
        self._add(Node(self._source, SCALAR, event), event)

    def start_seq(self, event: Any) -> None:
        self._start(Node(self._source, SEQ, event), event)

    def start_map(self, event: Any) -> None:
        self._start(Node(self._source, MAP, event), event)

    def end(self, event: Any) -> None:
        node = self._open.pop()
        node.is_open = False
        node.end = event.end_mark.index
        node.size += sum(member.size for member in node.members)
        node.height = 1 + max((member.height for member in node.members), default=0)

    def alias(self, event: Any) -> None:
        node = self._anchors.get(event.anchor)
        if node is None:
            help_ = f"write `&{event.anchor}` before the value that is meant, or quote the text"
            self._fail(f"no anchor `&{event.anchor}` comes before this alias", event, help_)
        elif node.is_open:
            message = f"the alias `*{event.anchor}` is inside the value that it stands for"
            self._fail(message, event, "remove the alias: no value can contain itself")
        else:
            self._attach(node, event)

    def end_stream(self, _event: Any) -> None:
        self.is_done = True

    def ignore(self, _event: Any) -> None:
        pass

    def _start(self, node: Node, event: Any) -> None:
        self._add(node, event)
        self._open.append(node)

    def _add(self, node: Node, event: Any) -> None:
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        self._attach(node, event)

    def _attach(self, node: Node, event: Any) -> None:
        self._size += node.size
        if self._size > EXPANSION_MAX:
            help_ = f"repeat less: {EXPANSION_MAX} values are allowed"
            self._fail("the manifest is too large, all aliases expanded", event, help_)
        if len(self._open) + max(node.height, node.is_open) > DEPTH_MAX:
            help_ = "put fewer lists and maps into each other"
            self._fail(f"values nest deeper than {DEPTH_MAX} levels", event, help_)
        if self._open:
            self._open[-1].members.append(node)
        else:
            self._root = node

    def _fail(self, message: str, event: Any, help_: str) -> None:
        span = Span(self._source, event.start_mark.index, event.end_mark.index)
        raise ManifestError(Problem(message, span, helps=(help_,)))


_HANDLERS = {
    "StreamStartEvent": _Composer.ignore,
    "DocumentStartEvent": _Composer.start_document,
    "ScalarEvent": _Composer.scalar,
    "SequenceStartEvent": _Composer.start_seq,
    "SequenceEndEvent": _Composer.end,
    "MappingStartEvent": _Composer.start_map,
    "MappingEndEvent": _Composer.end,
    "AliasEvent": _Composer.alias,
    "DocumentEndEvent": _Composer.ignore,
    "StreamEndEvent": _Composer.end_stream,
}


def _short_tag(tag: str | None) -> str | None:
    for prefix, short in _PREFIXES:
        if tag and tag.startswith(prefix):
            return short + tag.removeprefix(prefix)
    return None if tag == "!" else tag
