# SPDX-License-Identifier: BSD-2-Clause
"""Random operations below random grants: what happens, what is told, and what is advised.

`python tests/denials_harness.py OPERATIONS [COUNT] [SEED]` does as many as wanted and prints what
was found; OPERATIONS is tests/launcher/operations.c, compiled.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from cloudabi import _abi, launcher, sandbox
from cloudabi.denials import remedy
from cloudabi.manifest import Manifest, parse
from cloudabi.outcome import Denial
from cloudabi.resources import MODES, RIGHTS, File

BATCH = 40
STEPS_MAX = 8
ERRORS = {value: name for name, value in vars(_abi).items() if re.fullmatch("E[A-Z0-9]+", name)}
# Those that a broker takes part in are also denied by the host.
DENIED_FILE = {"ENOTCAPABLE"}
DENIED_DIRECTORY = {"ENOTCAPABLE", "EACCES", "EPERM", "EROFS"}

RIGHTS_FILE = [bit for bit in RIGHTS.values() if bit & _abi.MAX_BASE_REGULAR_FILE]


@dataclass(frozen=True)
class Operation:
    """A call, with the paths that a record may name and what it needs of the tree."""

    name: str
    path: str = ""
    first: int = 0
    second: int = 0
    paths: tuple[str | None, ...] = (None,)

    @property
    def call(self) -> str:
        return "file_open" if self.name == "enter" else self.name

    def alone(self) -> Operation:
        """Make the same for a tree of the first of all files."""
        first = [re.sub("[0-9]+", "0", path) if path else path for path in self.paths]
        return Operation(self.name, first[0] or "", self.first, self.second, tuple(first))

    def yaml(self) -> list[object]:
        return [self.name, self.path, self.first, self.second]


@dataclass
class Tally:
    """What was found. mismatches: in words."""

    outcomes: Counter[str] = field(default_factory=Counter)
    denied: int = 0
    granted_after_advice: int = 0
    mismatches: list[str] = field(default_factory=list)

    @property
    def operations(self) -> int:
        return self.outcomes.total()


def at_path(name: str, path: str, first: int = 0, second: int = 0, *others: str) -> Operation:
    return Operation(name, path, first, second, (path, *others))


def directory_operation(choose: random.Random, i: int) -> Operation:
    """Make an operation on a directory; no two need the same files."""
    rights = sum(choose.sample(RIGHTS_FILE, choose.randint(1, 3)))
    flags = choose.choice([0, 0, _abi.O_TRUNC])
    file, new = f"f{i}", f"n{i}"
    return choose.choice(
        [
            at_path("file_open", file, rights, flags),
            at_path("file_open", file, rights, flags),
            at_path("file_open", new, rights | _abi.RIGHT_FD_WRITE, _abi.O_CREAT),
            at_path("file_open", f"../{new}", _abi.RIGHT_FD_READ),
            at_path("file_open", f"out/{new}", _abi.RIGHT_FD_READ),
            at_path("file_open", f"d{i}", 0, _abi.O_DIRECTORY),
            at_path("file_create", new),
            at_path("file_unlink", file),
            at_path("file_unlink", f"d{i}", _abi.UNLINK_REMOVEDIR),
            at_path("file_link", file, 0, 0, f"{file}.link"),
            at_path("file_rename", file, 0, 0, "new"),
            at_path("file_symlink", new),
            at_path("file_readlink", f"l{i}"),
            at_path("file_stat_get", file),
            at_path("file_stat_put", file),
            Operation("file_stat_fget"),
            Operation("file_stat_fput", first=_abi.FILESTAT_MTIM),
            Operation("file_readdir"),
            Operation("fd_sync"),
        ]
    )


def file_operation(choose: random.Random, _: int) -> Operation:
    """Make an operation on a file."""
    protection = choose.choice([_abi.PROT_READ, _abi.PROT_WRITE, _abi.PROT_READ | _abi.PROT_WRITE])
    sharing = choose.choice([_abi.MAP_SHARED, _abi.MAP_PRIVATE])
    return choose.choice(
        [
            *map(Operation, ("fd_read", "fd_write", "fd_sync", "fd_datasync", "file_advise")),
            *map(Operation, ("file_stat_fget", "fd_pread", "fd_pwrite")),
            Operation("fd_seek", first=choose.randint(0, 1)),
            Operation("file_allocate", first=10),
            Operation("mem_map", first=protection, second=sharing),
            Operation("file_stat_fput", first=_abi.FILESTAT_MTIM),
            Operation("file_stat_fput", first=_abi.FILESTAT_SIZE),
        ]
    )


def random_grant(choose: random.Random, is_directory: bool) -> str:
    """Write a mode, or a list of rights, for `!file`."""
    modes = [mode for mode, access in MODES.items() if not is_directory or access.directory]
    if choose.random() < 0.4:
        return f"mode: {choose.choice(modes)}"
    names = choose.sample(list(RIGHTS), choose.randint(0, len(RIGHTS)))
    names += choose.sample(["FILE_OPEN", "FD_READ", "FD_WRITE"], choose.randint(0, 3))
    return f"rights: [{', '.join(sorted(set(names)))}]"


def make_tree(folder: Path, count: int) -> None:
    """Fill a folder with what the operations of a batch need."""
    folder.mkdir()
    for i in range(count):
        (folder / f"f{i}").write_text("contents")
        (folder / f"d{i}").mkdir()
        (folder / f"l{i}").symlink_to(f"f{i}")
    (folder / "out").symlink_to("/etc")


class Case:
    """A batch of operations that start from one grant."""

    def __init__(self, program: str, folder: Path, choose: random.Random) -> None:
        """Choose grant and operations."""
        self.is_directory = choose.random() < 0.7
        self.grant = random_grant(choose, self.is_directory)
        make = directory_operation if self.is_directory else file_operation
        self._enters = self.is_directory and choose.random() < 0.5
        self.operations = [*self.preparation(), *(make(choose, i) for i in range(BATCH))]
        self._program = program
        self._folder = folder
        self._tree = folder / "tree"

    def preparation(self) -> list[Operation]:
        return [at_path("enter", "sub")] if self._enters else []

    def make_tree(self, count: int) -> None:
        """Make what the operations need; where `sub` is not entered they take place above."""
        shutil.rmtree(self._tree, ignore_errors=True)
        make_tree(self._tree, count)
        if self._enters:
            make_tree(self._tree / "sub", count)

    def run(self, grant: str, operations: list[Operation]) -> tuple[list[str], list[Denial]]:
        """Perform operations; returns the errors and the denials that were told."""
        self.make_tree(BATCH if len(operations) > 2 else 1)
        manifest = self.manifest(grant, operations)
        with sandbox.start(
            manifest,
            self._program,
            launcher.installation(),
            folder=str(self._folder),
            traces=True,
            captures={"output": None},
        ) as running:
            outcome = running.wait()
        assert (outcome.ending.kind, outcome.ending.status) == ("exited", 0), outcome
        assert outcome.lost == 0
        numbers = outcome.output["output"].split()
        return [ERRORS[int(number)] for number in numbers], list(outcome.denials)

    def manifest(self, grant: str, operations: list[Operation]) -> Manifest:
        path = "tree" if self.is_directory else "tree/f0"
        lines = [
            "output: !fd stdout",
            f"entry: !file {{path: {path}, {grant}}}",
            f"operations: {json.dumps([operation.yaml() for operation in operations])}",
        ]
        return parse("\n".join(lines).encode(), "case.yaml", for_python=False)

    def check(self, tally: Tally) -> None:
        errors, denials = self.run(self.grant, self.operations)
        tally.outcomes.update(errors)
        for operation, denial in self.matched(self.grant, self.operations, errors, denials, tally):
            tally.denied += 1
            if denial.rights:
                self.follow(operation, denial, tally)

    def matched(
        self,
        grant: str,
        operations: list[Operation],
        errors: list[str],
        denials: list[Denial],
        tally: Tally,
    ) -> list[tuple[Operation, Denial]]:
        """Find the record of each operation that was denied, and nothing else on record."""
        pairs = []
        left = list(denials)
        kinds = DENIED_DIRECTORY if self.is_directory else DENIED_FILE
        for operation, error in zip(operations, errors, strict=True):
            if error not in kinds:
                continue
            key = operation.call, error, "entry"
            fitting = [
                denial
                for denial in left
                if (denial.call, denial.error, denial.place) == key
                and denial.path in operation.paths
            ]
            if not fitting:
                tally.mismatches.append(f"{grant}: {operation}: {error} is not on record")
                continue
            left.remove(fitting[0])
            pairs.append((operation, fitting[0]))
        tally.mismatches += [f"{grant}: {denial} did not happen" for denial in left]
        return pairs

    def follow(self, operation: Operation, denial: Denial, tally: Tally) -> None:
        """Do what is advised until the operation is not denied any more."""
        grant = self.grant
        operation = operation.alone()
        operations = [*self.preparation(), operation] if operation.name != "enter" else [operation]
        for _ in range(STEPS_MAX):
            manifest = self.manifest(grant, [])
            advice = remedy(denial, manifest)
            if advice is None:
                tally.mismatches.append(f"{grant}: {operation}: no advice about {denial}")
                return
            held = next(r for r in manifest.resources if isinstance(r, File)).access
            named = sum(RIGHTS[name] for name in denial.rights)
            common = held.file & held.below & (held.directory or ~0)
            if named & common and held.flags != os.O_PATH:
                tally.mismatches.append(f"{grant}: {operation}: does not lack {denial.rights}")
                return
            grant = f"{advice.key}: {advice.value}"
            errors, denials = self.run(grant, operations)
            pairs = self.matched(grant, operations, errors, denials, tally)
            found = [denial for o, denial in pairs if o == operation and denial.rights]
            if not found:
                tally.granted_after_advice += 1
                return
            if not set(found[0].rights).isdisjoint(denial.rights):
                tally.mismatches.append(f"{grant}: {operation}: still lacks {found[0].rights}")
                return
            denial = found[0]
        tally.mismatches.append(f"{self.grant}: {operation}: advice without end")


def check_many(program: str, count: int, seed: int) -> Tally:
    """Check as many operations as wanted."""
    tally = Tally()
    choose = random.Random(seed)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        while tally.operations < count:
            Case(program, Path(folder), choose).check(tally)
    return tally


def main() -> None:
    """Check and print."""
    program, *numbers = sys.argv[1:]
    count, seed = (*(int(number) for number in numbers), *(10000, 1)[len(numbers) :])
    tally = check_many(program, count, seed)
    print(f"{tally.operations} operations, {tally.denied} denied,", end=" ")
    print(f"{tally.granted_after_advice} granted after advice, outcomes {dict(tally.outcomes)}")
    print(f"{len(tally.mismatches)} mismatches", *tally.mismatches[:20], sep="\n")
    sys.exit(bool(tally.mismatches))


if __name__ == "__main__":
    main()
