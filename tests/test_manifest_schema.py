# SPDX-License-Identifier: BSD-2-Clause
"""The grammar of manifests and its JSON Schema, which editors check manifests with."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from cloudabi import _scalars, _synonyms
from cloudabi._grammar import (
    FILE,
    INTERPRETER,
    LIMITS,
    PROGRAM,
    SOCKET,
    TAGS,
    Form,
    written_limit,
)
from cloudabi._quantities import BYTES, COUNT, TIME, amount
from cloudabi._yaml import MAP, SCALAR, Node, compose
from cloudabi.argdata import Timestamp
from cloudabi.errors import ManifestError, Source
from cloudabi.manifest import parse
from cloudabi.resources import Limits
from harness import ROOT

MANIFESTS = ROOT / "tests" / "data" / "manifests"
SCHEMA = json.loads((ROOT / "docs" / "manifest.schema.json").read_text(encoding="utf-8"))
FORMS = (*TAGS.values(), LIMITS, PROGRAM, INTERPRETER)
WHOLE = """\
path: [!stdlib , !file {path: lib.zip, symlinks: refuse}, /dev/fd/0/lib]
args:
- !file {path: a, mode: append}
- {b: !file {path: b, rights: [FD_READ, FD_SEEK]}, c: !fd 3, d: [2001-12-14, !!binary aGVsbG8=]}
script: !file {path: script.py, mode: exec, devices: false, kernel: true}
stdin: !fd 0
stdout: !fd stdout
stderr: !socket {connect: /run/log, type: dgram}
cwd: !tmpdir
optimize: 2
debug: true
limits: {memory: 1.5 GiB, cpu: 0.5, wall: 10 min, threads: none, files: 64, output: 10000}
"""
GOOD = {
    "whole": WHOLE,
    "sockets": """\
args:
- !socket
- !socket {bind: '127.0.0.1:80', listen: 0, reuse: port}
- !socket {bind: '[::1]:80', v6only: false}
- !socket {bind: 'localhost:0', type: dgram, reuse: address}
- !socket {inherit: web.socket}
""",
    "resources": "{stdin: !executable , stdout: !tmpdir {}, stderr: !socket , cwd: !tmpdir }",
    "name": "script: lib.py\nverbose: false\n",
    **{path.name: path.read_text(encoding="utf-8") for path in ROOT.glob("examples/*.yaml")},
}
# What a schema does not tell, by the reason.
BEYOND = {
    "a key is there once for it": """
        duplicate_key duplicate_key_alike duplicate_key_file limits_twice""",
    "a key is text for it": "map_as_key merge_key resource_as_key",
    "it sees no tags": """
        long_line other_program_inside program_for_python program_inside unknown_tag unknown_tag_far
        unknown_tag_prefix unknown_tag_yaml unknown_tags_guessed wide_characters
        wrong_type_path_member""",
    "it sees no files and descriptors": """
        append_to_directory device file_create_directory file_link_out file_link_refused
        kernel_files
        missing_descriptors missing_file socket_missing""",
    "it does not compare values": """
        socket_listen_dgram socket_reuse_unix socket_seqpacket_internet socket_v6only_ipv4""",
    "it takes any character": "file_zero_byte",
}


def erased(node: Node) -> Any:
    """A document as an editor sees it: tags of ours leave what they stand before."""
    if node.kind == MAP:
        return {key.text: erased(value) for key, value in node.pairs()}
    if node.kind != SCALAR:
        return [erased(member) for member in node.members]
    value = _scalars.value_of(node) if node.tag in (None, *_scalars.TAGS) else node.text
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return node.text if isinstance(value, Timestamp) else value


def tagged(node: Node) -> Iterator[Node]:
    if node.tag in TAGS:
        yield node
    for member in node.members:
        yield from tagged(member)


def judged(text: str) -> bool:
    """Whether the schema takes a document, and each resource in it for what its tag says."""
    root = compose(Source("test.yaml", text))
    definitions = {"$defs": SCHEMA["$defs"]}
    resources = [
        (definitions | {"$ref": f"#/$defs/{(node.tag or '')[1:]}"}, node) for node in tagged(root)
    ]
    return all(
        jsonschema.Draft202012Validator(schema).is_valid(erased(node))
        for schema, node in [(SCHEMA, root), *resources]
    )


def test_it_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("name", GOOD)
def test_good_manifests_pass(name: str) -> None:
    if name != "hello_c.yaml":  # for another program
        parse(GOOD[name].encode(), name, for_python=True)
        assert judged(GOOD[name])


def judgements() -> dict[str, bool | None]:
    """What the schema says of the bad manifests; None where there is nothing to judge."""
    found: dict[str, bool | None] = {}
    for path in MANIFESTS.glob("*.yaml"):
        try:
            found[path.stem] = judged(path.read_text(encoding="utf-8"))
        except (ManifestError, UnicodeDecodeError):
            found[path.stem] = None
    return found


def test_bad_manifests_fail_as_far_as_a_schema_can_tell() -> None:
    found = judgements()
    beyond = {name for names in BEYOND.values() for name in names.split()}
    assert {name for name, passes in found.items() if passes} == beyond
    assert len([name for name, passes in found.items() if passes is False]) > 40


# The grammar itself.


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name or "interpreter")
def test_a_form_is_whole(form: Form) -> None:
    names = {key.name for key in form.keys or ()}
    assert {*form.required, *form.either, *(n for group in form.exclusive for n in group)} <= names
    for key in form.keys or ():
        assert key.doc.endswith(".")
        assert key.example
    assert {word.partition(":")[0] for word in _synonyms.KEYS.get(form.name, {}).values()} <= names
    assert not names & set(_synonyms.KEYS.get(form.name, {}))


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name or "interpreter")
def test_examples_are_good(form: Form) -> None:
    """What a message tells people to write is no mistake."""
    for key in form.keys or ():
        text = f"{form.name} {{{key.name}: {key.example}}}"
        if form is LIMITS:
            text = f"!program {{limits: {{{key.name}: {key.example}}}}}"
        for name in (*form.required, *form.either[:1]):
            if key.name not in (*form.required, *form.either):
                text = text[:-1] + f", {name}: 'localhost:1'}}"
        parse(text.strip().encode(), "example", for_python=form is INTERPRETER)
    if form.name:
        example = form.example if form is not LIMITS else f"!program {{limits: {form.example}}}"
        parse(example.encode(), "example", for_python=False)


def test_synonyms_lead_to_known_words() -> None:
    keys = {key.name: key.kind for form in FORMS for key in form.keys or ()}
    for name, synonyms in _synonyms.WORDS.items():
        words = keys[name].words or {}
        assert set(synonyms.values()) <= set(words)
        assert not set(synonyms) & set(words)
    assert set(_synonyms.TAGS.values()) <= set(TAGS)
    assert not set(_synonyms.TAGS) & set(TAGS)


def test_defaults_are_what_a_missing_key_means() -> None:
    for key in LIMITS.keys or ():
        assert key.default == written_limit(key.name, getattr(Limits(), key.name))
    given = {key.name: key.default for key in LIMITS.keys or ()}
    text = re.sub(r'"(\d+)"', r"\1", f"limits: {json.dumps(given)}")
    assert parse(text.encode(), "test.yaml", for_python=True).limits == Limits()


@pytest.mark.parametrize(
    ("start", "form"), [("path: x", FILE), ("bind: '[::1]:80'", SOCKET)], ids=["file", "socket"]
)
def test_defaults_of_resources_are_what_a_missing_key_means(start: str, form: Form) -> None:
    def fields(text: str) -> dict[str, object]:
        resource = parse(text.encode(), "test.yaml", for_python=False).value
        return {name: value for name, value in vars(resource).items() if name != "span"}

    keys = [key for key in form.keys or () if key.default]
    assert len(keys) > 2
    for key in keys:
        given = f"{form.name} {{{start}, {key.name}: {key.default}}}"
        assert fields(given) == fields(f"{form.name} {{{start}}}")


@pytest.mark.parametrize(
    ("value", "units", "expected"),
    [
        (5, BYTES, 5),
        ("64 MiB", BYTES, 2**26),
        ("64MiB", BYTES, 2**26),
        ("1.5 kB", BYTES, 1500),
        ("5. B", BYTES, 5),
        ("0.0001 B", BYTES, 0),
        (1, TIME, 10**9),
        (0.25, TIME, 250_000_000),
        ("500 ms", TIME, 5 * 10**8),
        ("2 h", TIME, 7200 * 10**9),
        ("1.000000001 s", TIME, 10**9 + 1),
        (7, COUNT, 7),
    ],
)
def test_amounts(value: object, units: dict[str, int], expected: int) -> None:
    assert amount(value, units) == expected


@pytest.mark.parametrize(
    ("value", "units"),
    [
        (True, BYTES),
        (None, BYTES),
        ("", BYTES),
        ("5", BYTES),
        ("B", BYTES),
        (". B", BYTES),
        ("1..5 kB", BYTES),
        ("1e3 B", BYTES),
        ("-1 B", BYTES),
        ("5 mb", BYTES),
        ("٥ kB", BYTES),
        ("9" * 40 + " B", BYTES),
        (1.5, BYTES),
        (float("inf"), TIME),
        (float("nan"), TIME),
        ("1:30", TIME),
        ("4", COUNT),
        (1.0, COUNT),
    ],
)
def test_what_is_no_amount(value: object, units: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="not an amount"):
        amount(value, units)
