# SPDX-License-Identifier: BSD-2-Clause
"""Draws a plan: the program, its descriptors, and what they lead to."""

from __future__ import annotations

from cloudabi._grammar import LIMITS, written_limit
from cloudabi._record import TYPE_CHECKING
from cloudabi.diagnostics import printable

if TYPE_CHECKING:
    from cloudabi._plan import Plan, Planned

# In the units of SVG, which are pixels as a rule.
_CHARACTER = 7.3  # the width of one, at most
_LINE = 18
_ROW = 56
_MARGIN = 16
_GAP = 190


def dot(plan: Plan) -> str:
    """Write the graph for Graphviz."""
    lines = [
        "digraph grants {",
        "  rankdir=LR;",
        '  node [shape=box, fontname="monospace"];',
        '  edge [fontname="monospace"];',
        f"  program [label={_quoted(_program(plan))}];",
    ]
    for item in plan.grants:
        lines.append(f"  fd{item.number} [label={_quoted(_thing(item))}];")
        lines.append(f"  program -> fd{item.number} [label={_quoted(_edge(item))}];")
    return "\n".join([*lines, "}", ""])


def svg(plan: Plan) -> str:
    """Write the graph as a picture."""
    program = _program(plan)
    things = [_thing(item) for item in plan.grants]
    left = _width([program])
    right = _width(things)
    height = max(_ROW * len(things), _LINE * (len(program) + 1)) + 2 * _MARGIN
    x = _MARGIN + left + _GAP
    middle = height / 2
    parts = [_box(_MARGIN, middle, left, program)]
    for index, (item, thing) in enumerate(zip(plan.grants, things, strict=True)):
        y = _MARGIN + _ROW * (index + 0.5) + (height - 2 * _MARGIN - _ROW * len(things)) / 2
        parts += [_arrow(_MARGIN + left, middle, x, y, _edge(item)), _box(x, y, right, thing)]
    width = x + right + _MARGIN
    return "\n".join([_HEAD.format(width=round(width), height=round(height)), *parts, "</svg>", ""])


def _program(plan: Plan) -> list[str]:
    limits = [
        f"{key.name}: {written_limit(key.name, getattr(plan.limits, key.name))}"
        for key in LIMITS.keys or ()
    ]
    warning = [f"not enforced: {plan.emulator}"] if plan.emulator else []
    return [plan.program.rpartition("/")[2], *warning, *limits]


def _thing(item: Planned) -> list[str]:
    return [f"{', '.join(item.places)}: {item.look.kind}", item.look.target]


def _edge(item: Planned) -> list[str]:
    return [f"fd {item.number}: {item.mode or 'as it is'}"]


def _quoted(lines: list[str]) -> str:
    text = "\\n".join(printable(line).replace("\\", "\\\\").replace('"', '\\"') for line in lines)
    return f'"{text}"'


_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" \
font-family="monospace" font-size="12">
<style>rect {{ fill: #fff; stroke: #333; }} path {{ fill: none; stroke: #333; }}</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" \
orient="auto"><path d="M0 0 8 4 0 8"/></marker></defs>"""


def _width(boxes: list[list[str]]) -> float:
    return _CHARACTER * max((len(line) for box in boxes for line in box), default=0) + _LINE


def _box(x: float, y: float, width: float, lines: list[str]) -> str:
    """Draw lines in a frame, whose left edge has its middle at x and y."""
    height = _LINE * (len(lines) + 0.5)
    top = y - height / 2
    rows = [
        f'<text x="{x + _LINE / 2:.0f}" y="{top + _LINE * (i + 1):.0f}">{_escaped(line)}</text>'
        for i, line in enumerate(lines)
    ]
    frame = f'<rect x="{x:.0f}" y="{top:.0f}" width="{width:.0f}" height="{height:.0f}" rx="4"/>'
    return "\n".join([frame, *rows])


def _arrow(x1: float, y1: float, x2: float, y2: float, label: list[str]) -> str:
    """Draw a curve, with its label just above its end."""
    middle = (x1 + x2) / 2
    curve = f"M{x1:.0f} {y1:.0f} C{middle:.0f} {y1:.0f} {middle:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
    return (
        f'<path d="{curve}" marker-end="url(#tip)"/>\n'
        f'<text x="{x2 - 12:.0f}" y="{y2 - 5:.0f}" text-anchor="end">{_escaped(label[0])}</text>'
    )


def _escaped(text: str) -> str:
    return printable(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
