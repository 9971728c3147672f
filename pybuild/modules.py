# SPDX-License-Identifier: BSD-2-Clause
# docs/modules.md: what of the standard library is there.
#
# Facts are recorded by a test, reasons are written by hand; each fact must have its reason.

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pybuild.errors import CheckError

DOCUMENT = Path("docs/modules.md")
FACTS = Path("docs/modules.json")
REASONS = Path("docs/modules.toml")

HEAD = """\
<!-- SPDX-License-Identifier: BSD-2-Clause -->
<!-- Generated from docs/modules.json and .toml; `build_python.py check --fix` renews it. -->

# The standard library inside the sandbox

Everything that makes sense without ambient authority is linked into the interpreter, on all
targets. What is absent fails as it does on any system that lacks it: `ModuleNotFoundError` for a
module, `AttributeError` for a function. `python-cloudabi` itself adds `cloudabi`, `_cloudabi` and
`_cffi_backend`, and the package `tzdata`.
"""

SQLITE = """
## Databases

`sqlite3.connect()` takes `:memory:`, `/dev/fd/<n>/name` below a granted directory, or a name
below `cwd`. A journal is made beside the database, so the directory has to be granted, with mode
`write` if the database shall change. Temporary tables are in memory; extensions cannot be loaded.

CloudABI has no locks of files. **The lock of a database is a directory beside it, `<name>.lock`**,
and any number of threads, processes and sandboxes can share a database that is granted to them:

* Whoever has the lock has the database alone, to read as well; others wait until their `timeout`,
  then `database is locked` is raised. Keep transactions short, and fetch all rows of a query.
* A program that is killed while it has the lock leaves it behind, and all others get `database is
  locked`. When nobody has the database open any more, remove the empty directory `<name>.lock`.
  Never remove `<name>-journal`: the next connection takes back from it what was half done.
* Linux has other locks: no program outside may use the database at the same time.
* Below a directory that was granted for reading alone no lock can be made. The database can be
  read while nobody else has the lock; a writer that begins during a query does not wait for it.
* `WAL` is there for one connection: `PRAGMA locking_mode=EXCLUSIVE` comes first, then `PRAGMA
  journal_mode=WAL`, or whatever else if the database is in `WAL` already. With `?immutable=1` such
  a database can be read when nobody writes to it.

Who knows that no other process has the database open can do without the lock: connections of one
process share it with `file:<name>?vfs=unix-excl` and `uri=True`, in `WAL` as well; `?vfs=unix-none`
is for one connection. **Two processes that do so can destroy the database.**
"""


def document(root: Path) -> str:
    """Return the text of docs/modules.md.

    Raises CheckError: a name lacks its reason, or has one without being absent.
    """
    facts = json.loads((root / FACTS).read_text(encoding="utf-8"))
    reasons = tomllib.loads((root / REASONS).read_text(encoding="utf-8"))
    return HEAD + "".join(_sections(facts, reasons))


def dump(facts: dict[str, Any]) -> str:
    """Write facts as JSON."""
    return json.dumps(facts, indent=1, ensure_ascii=False) + "\n"


def _sections(facts: dict[str, Any], reasons: dict[str, Any]) -> Iterator[str]:
    modules: dict[str, str] = facts["modules"]
    absent = {name for name, error in modules.items() if error}
    why = _by_name(reasons["absent"], absent, "modules")
    differs: dict[str, str] = reasons["differs"]
    _compare(differs, differs.keys() & (modules.keys() - absent), "modules that differ")
    yield "\n## Modules\n\n| module | |\n| --- | --- |\n"
    for name in modules:
        what = f"absent: {why[name]}" if name in absent else differs.get(name, "works")
        what = f"differs: {what}" if name in differs else what
        yield f"| `{name}` | {what} |\n"
    yield SQLITE
    yield "\n## Functions that Linux has and the sandbox has not\n"
    for module, names in facts["functions"].items():
        groups = reasons["functions"][module]
        _by_name(groups, names, f"functions of {module}")
        yield f"\n### `{module}`\n\n"
        yield from (_group(group) for group in groups)


def _group(group: dict[str, Any]) -> str:
    names = ", ".join(f"`{name}`" for name in group["names"])
    return f"* {group['reason']}: {names}\n"


def _by_name(groups: list[dict[str, Any]], names: Iterable[str], what: str) -> dict[str, str]:
    """Turn names by reason into reasons by name; each name has exactly one."""
    pairs = [(name, group["reason"]) for group in groups for name in group["names"]]
    _compare((name for name, _ in pairs), names, what)
    return dict(pairs)


def _compare(explained: Iterable[str], found: Iterable[str], what: str) -> None:
    wrong = Counter(iter(explained))
    wrong.subtract(found)
    names = sorted(name for name, count in wrong.items() if count)
    if names:
        raise CheckError(f"{REASONS} and {FACTS} disagree on {what}: {', '.join(names)}")
