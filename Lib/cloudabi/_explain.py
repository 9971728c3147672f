# SPDX-License-Identifier: BSD-2-Clause
"""Tells a plan to a person, as text, or to a program, as JSON."""

from __future__ import annotations

from textwrap import wrap

from cloudabi._grammar import LIMITS, written_limit
from cloudabi._plan import Plan, Planned
from cloudabi._record import TYPE_CHECKING
from cloudabi.argdata import Fd
from cloudabi.diagnostics import printable
from cloudabi.resources import ALL, RIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Any

_HARD = ("hard: what kernel and broker hold the program to, whatever code it runs",)
_WIDTH = 100
_SHORT = 60
_HEAD = ("fd", "place", "kind", "mode", "rights", "hard", "path or address")


def table(plan: Plan) -> str:
    """Write the effective grants as a table, and the limits."""
    sets = _rights_sets(plan.grants)
    hard = () if plan.emulator else _HARD
    rows = [
        (
            str(item.number),
            ", ".join(item.places),
            item.look.kind,
            item.mode or "-",
            sets[_bounds(item)],
            item.hard,
            item.look.target,
        )
        for item in plan.grants
    ]
    lines = [f"{plan.program} is granted nothing", ""]
    if rows:
        lines = [f"Grants to {plan.program}", *_indented(_columns([_HEAD, *rows])), ""]
        lines += ["Rights", *_indented([*_legend(plan.grants, sets), *hard]), ""]
    return _text([*_emulation(plan), *lines, *_limits(plan)])


def dry_run(plan: Plan) -> str:
    """Write what a run would open, and what the program would see."""
    rows = [(place or "(all)", _leaf(leaf)) for place, leaf in plan.value]
    return table(plan) + _text(["", "The program would see", *_indented(_columns(rows))])


def document(plan: Plan) -> dict[str, object]:
    """Return a plan for JSON."""
    return {
        "program": plan.program,
        "enforced": not plan.emulator,
        "emulator": plan.emulator or None,
        "grants": [_record(item) for item in plan.grants],
        "limits": {
            key.name: {
                "value": getattr(plan.limits, key.name),
                "text": written_limit(key.name, getattr(plan.limits, key.name)),
                "is_default": _is_default(plan, key.name),
                "enforced": not _is_void(plan, key.name),
            }
            for key in LIMITS.keys or ()
        },
        "value": [
            {"place": place, "descriptor": leaf.number}
            if isinstance(leaf, Fd)
            else {"place": place, "value": repr(leaf)}
            for place, leaf in plan.value
        ],
    }


def names_of(rights: int) -> list[str]:
    """Name the rights of a set."""
    return [name for name, right in RIGHTS.items() if rights & right]


def _record(item: Planned) -> dict[str, object]:
    return {
        "descriptor": item.number,
        "places": item.places,
        "kind": item.look.kind,
        "target": item.look.target,
        "mode": item.mode or None,
        "rights": names_of(item.grant.rights),
        "inheriting": names_of(item.grant.inheriting),
        "hard": item.hard,
        "soft": names_of(item.soft),
    }


def _bounds(item: Planned) -> tuple[int, int, int]:
    return item.grant.rights, item.grant.inheriting, item.soft


def _rights_sets(grants: Iterable[Planned]) -> dict[tuple[int, int, int], str]:
    """Give each different set of rights a name."""
    names = {(ALL, ALL, 0): "all"}
    for item in grants:
        names.setdefault(_bounds(item), f"R{len(names)}")
    return names


def _legend(grants: Iterable[Planned], sets: dict[tuple[int, int, int], str]) -> Iterator[str]:
    used = {_bounds(item) for item in grants}
    for bounds, name in sets.items():
        if bounds not in used:
            continue
        rights, below, soft = map(names_of, bounds)
        if name == "all":
            yield f"{name:<5}all that fit what it is"
            continue
        yield from _filled(f"{name:<5}", rights)
        if below:
            yield from _filled("     below: ", ["the same"] if below == rights else below)
        if soft:
            yield from _filled("     withheld by the runtime inside the sandbox alone: ", soft)


def _filled(head: str, names: Sequence[str]) -> list[str]:
    text = " ".join(names) or "none"
    return wrap(text, _WIDTH - 2, initial_indent=head, subsequent_indent=" " * 7)


def _emulation(plan: Plan) -> Iterator[str]:
    if plan.emulator:
        yield f"Not enforced: `{plan.emulator}` would run the program, and nothing confine it"
        yield ""


def _limits(plan: Plan) -> Iterator[str]:
    yield "Limits"
    rows = []
    for key in LIMITS.keys or ():
        amount = written_limit(key.name, getattr(plan.limits, key.name))
        notes = ["default"] if _is_default(plan, key.name) else []
        notes += ["not enforced"] if _is_void(plan, key.name) else []
        rows.append((key.name, amount, f"({', '.join(notes)})" if notes else ""))
    yield from _indented(_columns(rows))


def _is_default(plan: Plan, limit: str) -> bool:
    return bool(getattr(plan.limits, limit) == getattr(type(plan.limits), limit))


def _is_void(plan: Plan, limit: str) -> bool:
    """Tell whether a limit does not hold: an emulator's memory cannot be told from a program's."""
    return bool(plan.emulator) and limit == "memory"


def _leaf(leaf: Any) -> str:
    if isinstance(leaf, Fd):
        return f"descriptor {leaf.number}"
    text = repr(leaf)
    return text if len(text) <= _SHORT else f"{text[: _SHORT - 1]}…"


def _columns(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(
            f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)
        ).rstrip()


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _text(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
