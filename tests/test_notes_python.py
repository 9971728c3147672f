# SPDX-License-Identifier: BSD-2-Clause
"""Which line of Python a refused call comes from, by the real interpreter."""

from __future__ import annotations

import os
import textwrap
import zipfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from broker_harness import abi, argdata
from cloudabi.argdata import Fd
from harness import PYTHON, STDLIB
from notes_harness import DENIED, LINE, NO_FD, NOTE, Note, denied, noting, parse
from runtime_harness import Held, opened, start_block

OUTPUT, LIBRARY = 0, 1
TEXT_MAX = 1024


@pytest.fixture(name="library", scope="module")
def _library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The standard library as one file, so that no broker is needed."""
    path = tmp_path_factory.mktemp("library") / "library.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in [*STDLIB.glob("*.py"), *STDLIB.glob("encodings/*.py")]:
            archive.write(file, file.relative_to(STDLIB))
    return path


@dataclass(frozen=True)
class Run:
    """What an interpreter has noted and printed until its end."""

    packets: list[bytes]
    first: int  # its first thread
    output: str

    def notes(self, thread: int | None = None) -> list[Note]:
        """The refusals and lines of one thread."""
        thread = self.first if thread is None else thread
        mine = (packet for packet in self.packets if NOTE.unpack_from(packet)[1] == thread)
        found = [parse(packet, thread) for packet in mine]
        return [note for note in found if note.kind in (DENIED, LINE)]

    def threads(self) -> set[int]:
        return {NOTE.unpack_from(packet)[1] for packet in self.packets}


def run(library: Path, code: str) -> Run:
    """Run Python source, traced; it must end well."""
    folder = library.parent
    (folder / "output").write_text("")
    with ExitStack() as stack:
        output = stack.enter_context(opened(folder / "output", os.O_RDWR | os.O_APPEND))
        zipped = stack.enter_context(opened(library, os.O_RDONLY))
        writing = abi.MAX_BASE_REGULAR_FILE & ~abi.RIGHTS_READING
        reading = abi.MAX_BASE_REGULAR_FILE & ~abi.RIGHTS_WRITING
        held = [
            Held(output, abi.FILETYPE_REGULAR_FILE, writing, 0),
            Held(zipped, abi.FILETYPE_REGULAR_FILE, reading, 0),
        ]
        start = {
            "command": textwrap.dedent(code),
            "path": [Fd(LIBRARY)],
            "stderr": Fd(OUTPUT),
            "stdout": Fd(OUTPUT),
        }
        block = start_block(held, argdata(start), traced=True)
        notes, alone = stack.enter_context(noting(PYTHON, held, block))
        packets = []
        while packet := notes.recv(1 << 16):
            packets.append(packet)
        text = (folder / "output").read_text()
        assert (alone.wait(), text.count("Traceback")) == (0, 0), text
        return Run(packets, alone.pid, text)


def refused(path: str) -> Note:
    return denied("file_open", NO_FD, path=path.encode())


def line(number: int, function: str = "<module>", file: str = "<string>") -> Note:
    return Note(LINE, number=number, texts=(file.encode(), function.encode()))


DEFINITIONS = """\
import threading
def attempt(path):
    try:
        open(path)
    except OSError:
        pass
"""
ATTEMPT = line(4, "attempt")


def test_a_start_is_refused_nothing(library: Path) -> None:
    done = run(library, "print('Hello')")
    assert done.output == "Hello\n"
    assert done.notes() == []


def test_innermost_line(library: Path) -> None:
    code = """
        import os
        class Reader:
            def read(self):
                try:
                    open(
                        '/etc/passwd')
                except OSError as error:
                    print(error.strerror)
        Reader().read()
    """
    done = run(library, code)
    assert done.output == "Capabilities insufficient\n"
    assert done.notes() == [refused("/etc/passwd"), line(6, "Reader.read")]


def test_refusals_of_the_runtime(library: Path) -> None:
    code = f"""
        import os
        try:
            os.write({LIBRARY}, b'x')
        except OSError as error:
            print(error.errno)
    """
    done = run(library, code)
    assert done.output == f"{abi.EBADF}\n"
    assert done.notes() == [denied("fd_write", LIBRARY, abi.RIGHT_FD_WRITE), line(4)]


def test_generators(library: Path) -> None:
    code = """
        def generate():
            for path in ['/a', '/b']:
                try:
                    open(path)
                except OSError:
                    yield path
        for path in generate():
            print(path)
    """
    place = line(5, "generate")
    assert run(library, code).notes() == [refused("/a"), place, refused("/b"), place]


def test_threads(library: Path) -> None:
    code = DEFINITIONS + textwrap.dedent("""
        threads = [threading.Thread(target=attempt, args=(f'/{i}',)) for i in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    """)
    done = run(library, code)
    others = done.threads() - {done.first}
    assert done.notes() == []
    found = [note for thread in others for note in done.notes(thread)]
    assert sorted(found, key=str) == sorted(
        [*(refused(f"/{i}") for i in range(8)), *[ATTEMPT] * 8], key=str
    )


def test_imports_are_at_the_line_of_the_program(library: Path) -> None:
    code = """
        import sys
        sys.path.append('/nowhere')
        def load():
            try:
                import missing
            except ImportError:
                pass
        load()
    """
    found = run(library, code).notes()
    assert {note.kind for note in found} == {DENIED, LINE}
    assert {note for note in found if note.kind == LINE} == {line(6, "load")}
    assert found[0].texts[0].startswith(b"/nowhere")


def test_the_end_of_the_interpreter(library: Path) -> None:
    code = DEFINITIONS + textwrap.dedent("""
        import atexit, os
        class Last:
            def __del__(self, open=os.open, OSError=OSError):
                try:
                    open('/destructor', 0)
                except OSError:
                    pass
        last = Last()
        atexit.register(attempt, '/exit')
    """)
    assert run(library, code).notes() == [
        refused("/exit"),
        ATTEMPT,
        refused("/destructor"),
        line(12, "Last.__del__"),
    ]


def test_threads_that_outlive_the_interpreter(library: Path) -> None:
    code = DEFINITIONS + textwrap.dedent("""
        def forever():
            while True:
                attempt('/thread')
        for i in range(4):
            threading.Thread(target=forever, daemon=True).start()
    """)
    for _ in range(10):
        done = run(library, code)
        found = {note for thread in done.threads() for note in done.notes(thread)}
        assert found <= {refused("/thread"), ATTEMPT}


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("dätei/€/\U0001f600.py", "dätei/€/\U0001f600.py".encode()),
        ("bytes\udcff\udc80.py", b"bytes\xff\x80.py"),
        ("half\ud800.py", b"half?.py"),
        ("n" * 5000, b"n" * (TEXT_MAX - 4)),
        ("€" * 5000, "€".encode() * ((TEXT_MAX - 4) // 3)),
        ("", b""),
    ],
)
def test_names(library: Path, name: str, written: bytes) -> None:
    code = DEFINITIONS + textwrap.dedent(f"""
        try:
            exec(compile('open("/x")', {name!r}, 'exec'))
        except OSError:
            pass
    """)
    found = run(library, code).notes()
    assert found == [refused("/x"), Note(LINE, number=1, texts=(written, b"<module>"))]


def test_deep_recursion(library: Path) -> None:
    code = DEFINITIONS + textwrap.dedent("""
        def descend(depth):
            return attempt('/deep') if depth == 0 else descend(depth - 1)
        descend(900)
    """)
    assert run(library, code).notes() == [refused("/deep"), ATTEMPT]
