# SPDX-License-Identifier: BSD-2-Clause
# Documents that are generated whole or in part: docs/licenses.md and the table in README.md.

from pathlib import Path

from pybuild import licenses
from pybuild.errors import CheckError
from pybuild.stages import Driver
from pybuild.targets import FEATURES, TARGETS

README = Path("README.md")
BEGIN = "<!-- begin of the table generated from pybuild/targets.py -->\n"
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
    return {
        licenses.DOCUMENT: licenses.document(driver.catalogue),
        README: _with_table((driver.root / README).read_text()),
    }


def _with_table(text: str) -> str:
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise CheckError("README.md lacks the marks of the generated table")
    return f"{head}{BEGIN}{support_table()}{END}{tail}"


def support_table() -> str:
    """Tell what works on which target, as a Markdown table."""
    rows = [["target", *FEATURES], ["---"] * (len(FEATURES) + 1)]
    for target in TARGETS:
        cells = ["yes" if feature in target.works else "no" for feature in FEATURES]
        rows.append([f"`{target.triple}`", *cells])
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)
