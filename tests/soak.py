# SPDX-License-Identifier: BSD-2-Clause
"""Runs sandboxes of many kinds, checks each result, and watches what the host process holds.

`dist/host/bin/python3 tests/soak.py [RUNS]` prints a line now and then, and a summary at the end or
when it is interrupted; its exit status is 1 if anything was wrong.
"""

from __future__ import annotations

import ctypes
import gc
import hashlib
import itertools
import os
import re
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import cloudabi
from cloudabi import Connect, Directory, File, Limits, SandboxExecutor, TemporaryDirectory

Scenario = Callable[[], object]

PR_SET_CHILD_SUBREAPER = 36
THREADS = 2
CENSUS_RUNS = 250
# However few runs there are, so many times what is held is counted.
CENSUSES = 4
# What takes little time is run more often.
QUICK, QUICK_TIMES = {"value", "threads", "output", "exit"}, 4
PATIENCE_S = 20.0
# What a host process may grow by in the second half of the runs, when its heap has all its pieces.
# From 40,000 runs on, 100 KB for each 1,000 of them are more than that.
GROWTH_BYTES = 1 << 20
GROWTH_BYTES_A_RUN = 50
DIST = Path(__file__).parents[1] / "dist"
CLOUDABI_RUN = DIST / "host" / "bin" / "cloudabi-run"
SYSROOT = DIST / "x86_64-unknown-cloudabi"
DIVIDED = [[5, 0], [3, 0], [2, 1], [2, 0], [1, 4]]
MANIFEST = """\
stderr: !fd stderr
path: [!stdlib ]
args: !fd stdout
command: import os, sys; os.write(sys.argdata.fileno(), b"42")
"""

THREADING = """
import queue, threading
numbers, results = queue.Queue(), []
def work():
    while (number := numbers.get()) is not None:
        results.append(number * number)
workers = [threading.Thread(target=work) for _ in range(4)]
for worker in workers: worker.start()
for number in [*range(100), *[None] * 4]: numbers.put(number)
for worker in workers: worker.join()
sum(results)
"""

ASYNCIO = """
import asyncio, socket
async def echo(reader, writer):
    writer.write((await reader.readline()).upper())
    writer.close()
async def main():
    ours, theirs = socket.socketpair()
    reader, writer = await asyncio.open_connection(sock=ours)
    answering = asyncio.create_task(echo(*await asyncio.open_connection(sock=theirs)))
    writer.write(b"hello\\n")
    line, *_ = await asyncio.gather(reader.readline(), answering, asyncio.sleep(0.001))
    writer.close()
    return line
asyncio.run(main())
"""

FILES = """
import hashlib, os, pathlib, sys
folder = pathlib.Path(sys.argdata)
for number in range(10):
    (folder / str(number)).write_bytes(bytes([number]) * 5000)
(folder / "0").rename(folder / "first")
(folder / "below").mkdir()
os.link(folder / "9", folder / "below" / "nine")
(folder / "9").unlink()
found = {str(p.relative_to(folder)): p.stat().st_size for p in folder.rglob("*") if p.is_file()}
[sorted(found), sum(found.values()), hashlib.sha256((folder / "first").read_bytes()).hexdigest()]
"""

HTTP = """
import http.client, sys
connection = http.client.HTTPConnection("host")
connection.sock = sys.argdata
connection.request("GET", "/double?21")
connection.getresponse().read()
"""

SUBINTERPRETERS = """
from concurrent import interpreters
numbers = interpreters.create_queue()
other = interpreters.create()
other.prepare_main(numbers=numbers)
other.exec("numbers.put(sum(range(10)))")
found = numbers.get()
other.close()
found
"""

PROCESSES = """
import cloudabi, sys
given = {"command": "raise SystemExit(21)", "path": [sys.argdata["library"]]}
with cloudabi.spawn(sys.argdata["python"], given) as process:
    status = process.wait()
status
"""


def expect(found: object, expected: object) -> None:
    if found != expected:
        raise AssertionError(f"{found!r} instead of {expected!r}")


def value_of(code: str, expected: object, **given: object) -> None:
    """Run code of which the value is known."""
    result = cloudabi.run(code, **given)  # type: ignore[arg-type]
    expect(result.value, expected)


def failure_of(code: str, failure: type[Exception], text: str, limits: Limits) -> None:
    """Run code that fails in a known way."""
    try:
        result = cloudabi.run(code, limits=limits)
    except failure as error:
        if text not in str(error):
            raise
    else:
        raise AssertionError(f"no failure, but {result!r}")


def files() -> None:
    names = sorted(["first", *map(str, range(1, 9)), "below/nine"])
    digest = hashlib.sha256(bytes(5000)).hexdigest()
    value_of(FILES, [names, 50000, digest], args=TemporaryDirectory())


def output() -> None:
    result = cloudabi.run("import sys\nfor n in range(20000): print(n)\nprint(1, file=sys.stderr)")
    expect(result.stdout, b"".join(b"%d\n" % number for number in range(20000)))
    expect(result.stderr, b"1\n")


def processes() -> None:
    python = File(SYSROOT / "bin" / "python3", "exec")
    args = {"python": python, "library": Directory(SYSROOT / "lib" / "python3.14")}
    value_of(PROCESSES, 21, args=args, limits=Limits(processes=2))


def executor() -> None:
    with SandboxExecutor(max_workers=1, max_tasks_per_child=3) as workers:
        expect(list(workers.map(divmod, range(5, 10), range(1, 6))), DIVIDED)


def command(manifest: Path) -> None:
    words = (CLOUDABI_RUN, "-f", manifest)
    # Ctrl-C is not for this one, which would end with a status and say nothing.
    done = subprocess.run(words, capture_output=True, check=False, start_new_session=True)
    expect((done.returncode, done.stdout, done.stderr), (0, b"42", b""))


class Doubling(BaseHTTPRequestHandler):
    """The peer of the scenario `http`."""

    def do_GET(self) -> None:
        answer = b"%d" % (2 * int(self.path.partition("?")[2]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Be quiet."""


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    request_queue_size = 64


@contextmanager
def scenarios() -> Iterator[dict[str, Scenario]]:
    """What is run, by name."""
    with ExitStack() as stack:
        server = stack.enter_context(Server(("127.0.0.1", 0), Doubling))
        stack.callback(server.shutdown)
        threading.Thread(target=server.serve_forever).start()
        peer = Connect(("127.0.0.1", server.server_address[1]))
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        manifest = folder / "soak.yaml"
        manifest.write_text(MANIFEST)
        none, little = Limits(), Limits(memory="200 MiB")
        yield {
            "value": lambda: value_of("sum(range(100))", 4950),
            "threads": lambda: value_of(THREADING, 328350),
            "asyncio": lambda: value_of(ASYNCIO, b"HELLO\n"),
            "files": files,
            "http": lambda: value_of(HTTP, b"42", args=peer),
            "subinterpreters": lambda: value_of(SUBINTERPRETERS, 45),
            "processes": processes,
            "output": output,
            "exception": lambda: failure_of("1 / 0", cloudabi.ProgramError, "division", none),
            "exit": lambda: failure_of("raise SystemExit(7)", cloudabi.ExitError, "7", none),
            "processor": lambda: failure_of(
                "while True: pass", cloudabi.LimitError, "processor", Limits(cpu="30 ms")
            ),
            "memory": lambda: failure_of(
                "bytearray(1 << 28)", cloudabi.ProgramError, "MemoryError", little
            ),
            "executor": executor,
            "command": lambda: command(manifest),
        }


@dataclass(frozen=True)
class Census:
    """What the host process holds while nothing runs.

    unwaited: processes that had ended, and for which nobody had waited; now we have.
    """

    descriptors: int
    children: int
    unwaited: int
    temporary: int
    memory_bytes: int

    def complaints(self, now: Census) -> list[str]:
        """What there is more of than there was."""
        counts = ("descriptors", "children", "temporary")
        found = [
            f"{name}: {getattr(self, name)} -> {getattr(now, name)}"
            for name in counts
            if getattr(now, name) > getattr(self, name)
        ]
        return [*found, *([f"unwaited: {now.unwaited}"] if now.unwaited else [])]

    def growth(self, now: Census, runs: int) -> list[str]:
        """Whether memory grew by more than it may in so many runs."""
        growth = now.memory_bytes - self.memory_bytes
        limit = GROWTH_BYTES + runs * GROWTH_BYTES_A_RUN
        return [f"memory grew by {growth} bytes"] if growth > limit else []


def census() -> Census:
    """Wait for processes that are about to end, orphans among them, and count."""
    gc.collect()
    deadline = time.monotonic() + PATIENCE_S
    unwaited = _reap()
    while (children := _children()) and time.monotonic() < deadline:
        time.sleep(0.01)
        unwaited += _reap()
    rollup = Path("/proc/self/smaps_rollup").read_text()
    return Census(
        descriptors=len(os.listdir("/proc/self/fd")),
        children=children,
        unwaited=unwaited,
        temporary=len(os.listdir(tempfile.gettempdir())),
        memory_bytes=int(rollup.partition("Anonymous:")[2].split()[0]) << 10,
    )


def _reap() -> int:
    """Wait for what has ended, and count it."""
    count = 0
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            count += 1
    return count


def _children() -> int:
    tasks = Path("/proc/self/task").glob("*/children")
    return sum(len(task.read_text().split()) for task in tasks)


@dataclass
class Soak:
    """The runs so far, and what was wrong with them."""

    scenarios: Mapping[str, Scenario]
    counts: Counter[str] = field(default_factory=Counter)
    complaints: Counter[str] = field(default_factory=Counter)
    started: float = field(default_factory=time.monotonic)
    censuses: list[Census] = field(default_factory=list)

    def run(self, runs: int, report: Callable[[str], object]) -> None:
        """Run everything in turn, with a census now and then, and judge all of these.

        An interruption ends the runs; what was found until then is judged.
        """
        often = [name for name in self.scenarios if name in QUICK] * (QUICK_TIMES - 1)
        names = itertools.cycle([*self.scenarios, *often])
        share = min(CENSUS_RUNS, max(1, runs // CENSUSES))
        try:
            for start in range(0, runs, share):
                self._together([next(names) for _ in range(min(share, runs - start))])
                self.censuses.append(census())
                report(self.line())
        except KeyboardInterrupt:
            self._forget_interrupted()
        self._judge(share)

    def _forget_interrupted(self) -> None:
        """Ctrl-C is for sandboxes too, and for a broker that has yet to get ready for it."""
        for complaint in [one for one in self.complaints if re.search(r"signal 2\b", one)]:
            del self.complaints[complaint]

    def _judge(self, share: int) -> None:
        """Compare: counts with the first census, memory with that in the middle."""
        for later in self.censuses:
            self.complaints.update(self.censuses[0].complaints(later))
        if self.censuses:
            middle = len(self.censuses) // 2
            base, last = self.censuses[middle], self.censuses[-1]
            runs = (len(self.censuses) - 1 - middle) * share
            self.complaints.update(base.growth(last, runs))

    def line(self) -> str:
        """The state in short."""
        seconds, total = time.monotonic() - self.started, self.counts.total()
        wrong = self.complaints.total()
        return f"{total} runs, {total / seconds:.1f}/s, {wrong} wrong, {self.censuses[-1]}"

    def _together(self, names: Sequence[str]) -> None:
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self._one, names))

    def _one(self, name: str) -> None:
        try:
            self.scenarios[name]()
        except Exception as error:
            self.complaints[f"{name}: {type(error).__name__}: {error}"[:300]] += 1
        self.counts[name] += 1


def main() -> None:
    """Run many and print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with tempfile.TemporaryDirectory() as folder, scenarios() as mix:
        tempfile.tempdir = folder
        soak = Soak(mix)
        soak.run(runs, lambda line: print(line, flush=True))
    seconds = time.monotonic() - soak.started
    print(f"{soak.counts.total():8} runs in {seconds:.0f} s")
    for name, count in soak.counts.items():
        print(f"{count:8} {name}")
    for complaint, count in soak.complaints.items():
        print(f"{count:8} times wrong: {complaint}")
    sys.exit(bool(soak.complaints) or soak.counts.total() < runs)


if __name__ == "__main__":
    main()
