# SPDX-License-Identifier: BSD-2-Clause
# What is generated whole or in part: docs/licenses.md, docs/modules.md, the tables in README.md,
# and that of targets for the launcher.

import json
from collections.abc import Iterator
from pathlib import Path

from abi import results
from pybuild import ROOT, licenses, modules
from pybuild.errors import CheckError
from pybuild.stages import Driver
from pybuild.targets import TARGETS

README = Path("README.md")
LAUNCHER_TABLE = Path("Lib/cloudabi/_targets.py")
LAUNCHER_HEAD = """\
# SPDX-License-Identifier: BSD-2-Clause
# Generated from pybuild/targets.py by `build_python.py check --fix`: edit that, not this.
\"\"\"The fields of each cloudabi._installation.Target.\"\"\"

ROWS: tuple[tuple[str, str, tuple[int, int], tuple[str, ...], str], ...] = (
"""

BEGIN = "<!-- begin of the table generated from {} -->\n"
END = "<!-- end of the generated table -->\n"


def stale(driver: Driver) -> list[str]:
    """Say which documents differ from what they are generated from."""
    return [
        f"{path} is stale; run `build_python.py check --fix`"
        for path, text in _documents(driver).items()
        if not (driver.root / path).exists() or (driver.root / path).read_text() != text
    ]


def renew(driver: Driver) -> None:
    """Write the documents anew."""
    for path, text in _documents(driver).items():
        (driver.root / path).write_text(text)


def _documents(driver: Driver) -> dict[Path, str]:
    readme = (driver.root / README).read_text()
    readme = _with_table(readme, "pybuild/targets.py", target_table())
    readme = _with_table(readme, results.OUTPUT, support_table())
    return {
        licenses.DOCUMENT: licenses.document(driver.catalogue),
        modules.DOCUMENT: modules.document(driver.root),
        README: readme,
        LAUNCHER_TABLE: "".join(_launcher_table()),
    }


def _with_table(text: str, source: str, table: str) -> str:
    begin = BEGIN.format(source)
    head, found, rest = text.partition(begin)
    _, end, tail = rest.partition(END)
    if not (found and end):
        raise CheckError(f"README.md lacks the marks of the table generated from {source}")
    return f"{head}{begin}{table}{END}{tail}"


def target_table() -> str:
    """Tell where the programs of each target run, as a Markdown table."""
    rows = [["target", "confined on machines of type", "elsewhere, not confined, under"]]
    for target in TARGETS:
        rows.append([f"`{target.triple}`", ", ".join(target.machines), f"`{target.emulator}`"])
    return _markdown(rows)


def support_table() -> str:
    """Tell how many cases of each call pass on each target, as a Markdown table."""
    found = results.load(ROOT)
    rows = [["call", *results.targets(found)]]
    rows += [[f"`{call}`", *results.cells(row)] for call, row in found.items()]
    return _markdown(rows)


def _markdown(rows: list[list[str]]) -> str:
    head, *rest = rows
    return "".join(f"| {' | '.join(row)} |\n" for row in [head, ["---"] * len(head), *rest])


def _launcher_table() -> Iterator[str]:
    yield LAUNCHER_HEAD
    for target in TARGETS:
        elf = (target.pointer_bits // 32, target.elf_machine)
        row = (target.triple, target.arch, elf, target.machines, target.emulator)
        yield f"    (\n{''.join(f'        {_literal(value)},{chr(10)}' for value in row)}    ),\n"
    yield ")\n"


def _literal(value: str | int | tuple[str | int, ...]) -> str:
    if not isinstance(value, tuple):
        return json.dumps(value)
    items = ", ".join(map(_literal, value))
    return f"({items},)" if len(value) == 1 else f"({items})"
