#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Runs the probes against any sandbox, and prints what came of each.

usage: run.py [options] -- COMMAND...

COMMAND starts a program in the sandbox and passes its descriptors 1 and 3 to 8 on:

  {program}   the Linux program, or with --cloudabi that for CloudABI
  {words}     one argument for it
  {manifest}  a manifest with these words and descriptors, for cloudabi-run
  {folder}    the folder in which the granted directories are, tree and tree/room

Examples:
  run.py --cloudabi -- dist/host/bin/cloudabi-run -f {manifest} {program}
  run.py -- bwrap --ro-bind / / --bind {folder} {folder} --unshare-all {program} {words}
  run.py -- {program} {words}
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from queue import SimpleQueue

if __package__ in (None, ""):  # run as a file
    sys.path[:0] = [
        str(Path(__file__).resolve().parents[1]),
        str(Path(__file__).resolve().parents[2]),
    ]

from escape import corpus, judge
from escape.corpus import Probe
from escape.host import hosted
from escape.judge import Finding
from escape.sandbox import Command, Place

WORKERS = 2


class Corpus:
    """Workers with a host each, and the findings that they will come to."""

    def __init__(self, places: Sequence[Place], probes: Sequence[Probe]) -> None:
        self._free: SimpleQueue[Place] = SimpleQueue()
        for place in places:
            self._free.put(place)
        self._pool = ThreadPoolExecutor(len(places))
        self.findings: dict[str, Future[Finding]] = {
            probe.name: self._pool.submit(self._try, probe) for probe in probes
        }

    def _try(self, probe: Probe) -> Finding:
        place = self._free.get()
        try:
            return judge.try_probe(place, probe)
        finally:
            self._free.put(place)

    def stop(self) -> None:
        self._pool.shutdown(cancel_futures=True)


@contextmanager
def running(
    command: Command, program: Path, linux: Path, probes: Sequence[Probe], workers: int = WORKERS
) -> Iterator[Corpus]:
    """Begin to run probes; each finding is there once its future is done."""
    with ExitStack() as stack:
        places = []
        for _ in range(workers):
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="escape-")))
            host = stack.enter_context(hosted(folder))
            place = Place(command, program, linux, host)
            stack.callback(place.close)
            places.append(place)
        found = Corpus(places, probes)
        stack.callback(found.stop)
        yield found


def table(findings: Sequence[Finding]) -> str:
    """One line for each, and a sum."""
    rows = [("probe", "class", "unconfined", "sandboxed", "verdict")]
    rows += [(f.name, str(f.row), f.unconfined, f.sandboxed, f.verdict) for f in findings]
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    counts = Counter(finding.verdict for finding in findings)
    lines.append(", ".join(f"{count} {verdict}" for verdict, count in counts.most_common()))
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage=argparse.SUPPRESS,
    )
    parser.add_argument("--target", default=corpus.CONFINED[0].arch, help="the kind of machine")
    parser.add_argument("--cloudabi", action="store_true", help="run the program for CloudABI")
    parser.add_argument("--only", default="", help="probes whose name contains this")
    parser.add_argument("--json", type=Path, help="a file for the findings")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    target = next(target for target in corpus.CONFINED if target.arch == options.target)
    with tempfile.TemporaryDirectory() as folder:
        programs = corpus.build(target, Path(folder))
        Path(folder).chmod(0o755)
        probes = [p for p in corpus.probes(programs.linux) if options.only in p.name]
        program = programs.cloudabi if options.cloudabi else programs.linux
        with running(Command(options.command), program, programs.linux, probes) as found:
            findings = [future.result() for future in found.findings.values()]
    print(table(findings))
    if options.json:
        result = {"host": judge.name_of_host(), "probes": [f.as_json() for f in findings]}
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0 if all(finding.verdict in judge.OK for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
