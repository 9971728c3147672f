# SPDX-License-Identifier: BSD-2-Clause
# What programs for CloudABI cannot call: read from libc/ambient.toml, cut out of musl's headers.

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DEFINE = re.compile(r"#\s*define\s+(\w+)(?:\([^)]*\))?\s*(\w*)")
POINTER_RESULT = re.compile(r"\(\s*\*\s*(\w+)\s*\(")
ATTRIBUTE = re.compile(r"__attribute__\s*\(\(.*?\)\)")
FUNCTION = re.compile(r"(\w+)\s*\((?!\s*\*)")
VARIABLE = re.compile(r"extern\b[^;]*?(\w+)\s*;")


@dataclass(frozen=True)
class Ambient:
    """Headers that do not exist, and functions and constants that others do not have."""

    headers: frozenset[str]
    functions: frozenset[str]
    constants: frozenset[str]

    def prune(self, folder: Path) -> None:
        """Remove headers and declarations below a folder of header files."""
        for header in self.headers:
            (folder / header).unlink()
        for path in folder.rglob("*.h"):
            text = path.read_text(encoding="utf-8")
            path.write_text("".join(self._kept(text)), encoding="utf-8")
        _remove_unused_bits(folder)

    def _kept(self, text: str) -> Iterator[str]:
        for piece in pieces(text):
            if piece.startswith("#"):
                if not self._is_gone(DEFINE.match(piece)):
                    yield piece
            elif declared(piece) not in self.functions:
                yield piece

    def _is_gone(self, define: re.Match[str] | None) -> bool:
        gone = self.functions | self.constants
        return define is not None and (define[1] in gone or define[2] in self.functions)


def load(path: Path) -> Ambient:
    """Read libc/ambient.toml, whose tables are reasons."""
    reasons = tomllib.loads(path.read_text(encoding="utf-8")).values()
    return Ambient(
        *(
            frozenset(name for reason in reasons for name in reason.get(kind, ()))
            for kind in ("headers", "functions", "constants")
        )
    )


def pieces(text: str) -> Iterator[str]:
    """Split a header into preprocessor lines, and declarations up to their `;`, `{` or `}`."""
    piece = ""
    for line in re.findall(r"(?:[^\n]*\\\n)*[^\n]*\n", text):
        if line.lstrip().startswith("#"):
            yield from filter(None, (piece, line.lstrip(" \t")))
            piece = ""
            continue
        *complete, piece = re.split(r"(?<=[;{}])(?!\n)", piece + line)
        yield from complete
        if re.search(r"[;{}]\n$|^\n$", piece):
            yield piece
            piece = ""
    if piece:
        yield piece


def declared(declaration: str) -> str:
    """Return the name of the function or variable that a piece declares, or an empty string."""
    if not declaration.rstrip().endswith(";"):
        return ""
    declaration = ATTRIBUTE.sub("", declaration)
    patterns = (POINTER_RESULT, FUNCTION, VARIABLE)
    found = next(filter(None, (pattern.search(declaration) for pattern in patterns)), None)
    return found[1] if found else ""


def _remove_unused_bits(folder: Path) -> None:
    """Remove the parts of headers that are gone, and folders without any header."""
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.h")]
    used = {name for text in texts for name in re.findall(r"#\s*include <(bits/\w+\.h)>", text)}
    for path in (folder / "bits").glob("*.h"):
        if f"bits/{path.name}" not in used:
            path.unlink()
    for path in filter(Path.is_dir, list(folder.iterdir())):
        if not any(path.iterdir()):
            path.rmdir()
