# SPDX-License-Identifier: BSD-2-Clause
"""Writes the JSON Schema of manifests, for editors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cloudabi._grammar import INTERPRETER, LIMITS, TAGS

if TYPE_CHECKING:
    from cloudabi._grammar import Form, Key, Kind

OUTPUT = "docs/manifest.schema.json"
_COMMENT = (
    "Generated from Lib/cloudabi/_grammar.py by docs/generate.py: edit that, not this. Describes a"
    " manifest as an editor sees it, where a tag stands for nothing and leaves the value behind it;"
    " cloudabi-run --check is stricter."
)


def emit() -> str:
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": _COMMENT,
        "title": "Manifest of a Python program for cloudabi-run",
        **_map(INTERPRETER),
        "$defs": {
            "resource": {"anyOf": [{"$ref": f"#/$defs/{tag[1:]}"} for tag in TAGS]},
            **{tag[1:]: _form(form) for tag, form in TAGS.items()},
            LIMITS.name: _map(LIMITS),
        },
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _form(form: Form) -> dict[str, Any]:
    forms = [_map(form)] if form.keys is not None else []
    if form.scalar is not None:
        forms.append(dict(form.scalar.schema))
    title = {"title": f"{form.name}, {form.purpose}"}
    return title | (forms[0] if len(forms) == 1 else {"anyOf": forms})


def _map(form: Form) -> dict[str, Any]:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {key.name: _key(key) for key in form.keys or ()},
        "additionalProperties": False,
    }
    if form.required:
        schema["required"] = list(form.required)
    if form.either:
        schema["anyOf"] = [{"required": [name]} for name in form.either]
    pairs = [(a, b) for group in form.exclusive for a in group for b in group if a < b]
    if pairs:
        schema["allOf"] = [{"not": {"required": list(pair)}} for pair in pairs]
    return schema


def _key(key: Key) -> dict[str, Any]:
    default = f" Default: {key.default}." if key.default else ""
    return {"description": key.doc + default, **_kind(key.kind)}


def _kind(kind: Kind) -> dict[str, Any]:
    members = {"items": _kind(kind.member)} if kind.member else {}
    return {**kind.schema, **members}
