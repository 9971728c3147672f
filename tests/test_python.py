# SPDX-License-Identifier: BSD-2-Clause
"""What Python sees inside the sandbox."""

from __future__ import annotations

import shutil
import socket
import subprocess
import zipfile
from pathlib import Path

import pytest

from harness import CLOUDABI_RUN, PYTHON, STDLIB, python_manifest, run, run_python


def manifest(*lines: str, stdlib: bool = True) -> str:
    """A manifest with standard output and error, and the library unless there is a path."""
    head = ["stdout: !fd stdout", "stderr: !fd stderr"]
    path = [f"path: [!file {{path: '{STDLIB}'}}]"] if stdlib else []
    return "\n".join([*head, *path, *lines]) + "\n"


def run_ok(text: str) -> str:
    result = run(text)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout


def file(path: Path, mode: str = "") -> str:
    return f"!file {{path: '{path}'{f', mode: {mode}' if mode else ''}}}"


def test_executable_is_for_cloudabi() -> None:
    described = subprocess.run(["file", PYTHON], capture_output=True, text=True, check=True).stdout
    assert "Nuxi CloudABI" in described
    assert "statically linked" in described or "static-pie linked" in described


# sys


def test_nothing_ambient_in_sys() -> None:
    printed = run_python("""
        import os, sys
        assert not hasattr(sys, "argv")
        assert sys.platform == "cloudabi"
        for name in ("executable", "prefix", "base_prefix", "exec_prefix", "base_exec_prefix"):
            assert getattr(sys, name) is None, name
        assert len(os.environ) == 0
        os.environ["KEY"] = "value"
        assert os.environ["KEY"] == "value"
        assert sys.stdin is None
        assert sys.argdata is None
        print(sys.flags.isolated, sys.flags.hash_randomization, sys.flags.utf8_mode)
    """)
    assert printed == "1 1 1\n"


def test_streams_are_none_unless_injected() -> None:
    text = f"path: [{file(STDLIB)}]\nargs: !fd stdout\ncommand: |\n  import sys\n"
    text += "  sys.argdata.write(repr((sys.stdin, sys.stdout, sys.stderr)).encode())\n"
    assert run_ok(text) == "(None, None, None)"


def test_path_entries_are_integers_and_paths() -> None:
    assert (
        run_python("""
        import os, sys
        entry = sys.path[0]
        assert isinstance(entry, int) and entry.fileno() == entry + 0
        assert os.fspath(entry) == str(entry) == f"{entry}" == "/dev/fd/%d" % entry
        assert os.path.isfile(os.path.join(entry, "os.py"))
        assert "os.py" in os.listdir(entry) and os.path.isdir(entry)
        print(repr(entry) == f"PathDescriptor({entry:d})", os.__file__ == f"{entry}/os.py")
    """)
        == "True True\n"
    )


def test_modules_know_where_they_are(tmp_path: Path) -> None:
    package = tmp_path / "package"
    (package / "sub").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "data.txt").write_text("content")
    (package / "sub" / "module.py").write_text("value = 6 * 7")
    text = (
        manifest(f"args: {file(tmp_path)}", "command: |")
        + """
  import importlib.resources, inspect, os, pkgutil, sys
  sys.path.append(int(sys.argdata))
  import package
  import package.sub.module as module
  assert module.value == 42
  place = f"/dev/fd/{sys.argdata:d}/package"
  assert package.__path__ == [place], package.__path__
  assert module.__file__ == f"{place}/sub/module.py"
  assert inspect.getsource(module).strip() == "value = 6 * 7"
  with open(os.path.join(os.path.dirname(package.__file__), "data.txt")) as stream:
      assert stream.read() == "content"
  assert importlib.resources.files(package).joinpath("data.txt").read_text() == "content"
  assert pkgutil.get_data("package", "data.txt") == b"content"
  print([found.name for found in pkgutil.iter_modules([sys.argdata, int(sys.argdata)])])
"""
    )
    assert run_ok(text) == "['package']\n"


def test_modules_in_a_zip_file_given_as_descriptor(tmp_path: Path) -> None:
    archive = tmp_path / "modules.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("inside.py", "def fail():\n    raise LookupError('from the zip')\n")
    path = f"path: [{file(archive)}, {file(STDLIB)}]"
    result = run(manifest(path, "command: import inside; inside.fail()", stdlib=False))
    assert result.returncode == 1
    assert "raise LookupError('from the zip')\nLookupError: from the zip" in result.stderr


# What is run


SCRIPT = """\
import sys
def fail():
    raise LookupError("as planned")
print(__name__, __file__)
fail()
"""


def check_script(result: subprocess.CompletedProcess[str], name: str) -> None:
    assert result.returncode == 1
    assert result.stdout.startswith("__main__ /dev/fd/")
    assert result.stdout.endswith(f"{name}\n")
    assert '    raise LookupError("as planned")\nLookupError: as planned\n' in result.stderr


def test_script_as_descriptor(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    check_script(run(manifest(f"script: {file(script)}")), "")


@pytest.mark.parametrize("place", ["cwd", "path"])
def test_script_by_name(tmp_path: Path, place: str) -> None:
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "program.py").write_text(SCRIPT)
    lines = {
        "cwd": [f"cwd: {file(tmp_path)}", f"path: [{file(STDLIB)}]"],
        "path": [f"path: [{file(STDLIB)}, {file(tmp_path)}]"],
    }
    result = run(manifest(*lines[place], "script: scripts/program.py", stdlib=False))
    check_script(result, "/scripts/program.py")


def test_script_that_is_a_zip_file(tmp_path: Path) -> None:
    archive = tmp_path / "program.zip"
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("__main__.py", "import helper; print(helper.word)")
        zipped.writestr("helper.py", "word = 'helped'")
    assert run_ok(manifest(f"script: {file(archive)}")) == "helped\n"


def test_module_as_program() -> None:
    assert run_ok(manifest("module: this")).startswith("The Zen of Python")
    result = run(manifest("module: no_such_module"))
    assert (result.returncode, result.stderr) == (1, "python3: No module named no_such_module\n")


def test_exit_status_is_the_programs() -> None:
    assert run(manifest("command: raise SystemExit(7)")).returncode == 7
    assert run(manifest("command: 1/0")).returncode == 1


@pytest.mark.parametrize(
    ("line", "expression", "value"),
    [
        ("optimize: true", "sys.flags.optimize", "1"),
        ("optimize: 2", "sys.flags.optimize", "2"),
        ("optimize: false", "sys.flags.optimize", "0"),
        ("debug: true", "sys.flags.debug", "1"),
        ("bytescompare: 2", "sys.flags.bytes_warning", "2"),
        ("dontwritebytecode: true", "sys.dont_write_bytecode", "True"),
        ("dontwritebytecode: false", "sys.dont_write_bytecode", "False"),
        ("unbufferedstdio: true", "sys.stdout.write_through", "True"),
        ("unbufferedstdio: false", "sys.stdout.write_through", "False"),
        ("inspect: true", "sys.flags.inspect", "1"),
        ("inspect: false", "sys.flags.inspect", "0"),
    ],
)
def test_options_have_their_values(line: str, expression: str, value: str) -> None:
    result = run(manifest(line, f"command: import sys; print({expression})"))
    assert (result.returncode, result.stdout) == (0, f"{value}\n")


@pytest.mark.parametrize("writable", [False, True])
def test_compiled_modules_are_kept_where_there_is_a_place(writable: bool, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text("")
    path = f"path: [{file(STDLIB)}, {file(tmp_path, 'write' if writable else '')}]"
    code = "command: import sys, module; print(sys.dont_write_bytecode)"
    assert run_ok(manifest(path, code, stdlib=False)) == f"{not writable}\n"
    assert (tmp_path / "__pycache__").exists() == writable


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy, which the launcher does not know as Python, so that it leaves the keys alone."""
    return Path(shutil.copy(PYTHON, tmp_path_factory.mktemp("copy") / "python3"))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("comand: pass", "unknown start-up key 'comand'"),
        ("1: 2", "a start-up key is not a str"),
        ("command: 1", "start-up key 'command' is not a str without null characters"),
        ("script: [x]", "start-up key 'script' is not a descriptor or a str without null"),
        ("stdin: 0", "start-up key 'stdin' is not a descriptor"),
        ("optimize: -1", "start-up key 'optimize' is not a bool or a level"),
        ("debug: 1", "start-up key 'debug' is not a bool"),
        ("cwd: !fd stdout", "cannot be the current directory"),
        ("script: no/such.py", "there is no script 'no/such.py' below cwd or a directory of"),
        ("command: pass\nmodule: this", "only one of 'command', 'module' and 'script' can be run"),
    ],
)
def test_start_up_mistakes(interpreter: Path, lines: str, message: str) -> None:
    result = run(manifest(lines), interpreter)
    assert result.returncode == 2
    assert result.stderr.startswith("python3: ")
    assert message in result.stderr


def test_verbose() -> None:
    assert "import 'encodings'" in run(manifest("verbose: 1", "command: pass")).stderr


def test_standard_input() -> None:
    text = python_manifest("import sys; print(sys.stdin.read().upper(), end='')", stdin="!fd 3")
    command = (
        f"exec 3< <(printf 'some words'); exec {Path(PYTHON).parents[2]}/host/bin/cloudabi-run"
    )
    result = subprocess.run(["bash", "-c", command], input=text, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "SOME WORDS", "")


# Values


def test_argdata_as_python_values() -> None:
    args = (
        "args: {null: null, flag: true, small: -1, large: 18446744073709551615, real: 1.5,"
        " text: Grüße, list: [1, [two]], map: {deep: {er: 3}}, moment: 2017-07-14T02:40:00.25Z,"
        " bytes: !!binary AP8Q}"
    )
    text = manifest(args, "command: |") + "  import sys\n  print(sys.argdata)\n"
    expected = (
        "{None: None, 'flag': True, 'small': -1, 'large': 18446744073709551615, 'real': 1.5,"
        " 'text': 'Grüße', 'list': [1, ['two']], 'map': {'deep': {'er': 3}}, 'moment':"
        " datetime.datetime(2017, 7, 14, 2, 40, 0, 250000, tzinfo=datetime.timezone.utc),"
        " 'bytes': b'\\x00\\xff\\x10'}\n"
    )
    assert run_ok(text) == expected


def test_descriptors_as_python_objects(tmp_path: Path) -> None:
    (tmp_path / "read").write_text("read me")
    (tmp_path / "write").write_text("")
    args = (
        f"args: {{read: {file(tmp_path / 'read')}, write: {file(tmp_path / 'write', 'write')},"
        f" folder: {file(tmp_path)}, again: {file(tmp_path)}, out: !fd stdout, too: !fd stdout}}"
    )
    assert (
        run_python(
            """
        import io, os, sys
        given = sys.argdata
        assert type(given["read"]) is type(given["out"]) is io.FileIO
        assert given["read"].mode == "rb" and given["write"].mode == "rb+", given
        assert given["out"] is given["too"] and not given["out"].closefd
        assert given["read"].read() == b"read me"
        given["write"].write(b"written")
        assert type(given["folder"]).__name__ == "PathDescriptor"
        assert sorted(os.listdir(given["folder"])) == ["read", "write"]
        given["read"].close()
        given["out"].close()
        print("still there")
    """,
            args=args.removeprefix("args: "),
        )
        == "still there\n"
    )
    assert (tmp_path / "write").read_text() == "written"


# The library


def test_extension_modules_work() -> None:
    assert (
        run_python("""
        import array, binascii, bisect, cmath, csv, datetime, decimal, fractions, hashlib, heapq
        import json, math, mmap, pickle, random, re, struct, unicodedata, zlib, zoneinfo
        import xml.etree.ElementTree as etree
        assert zlib.decompress(zlib.compress(b"x" * 9999)) == b"x" * 9999
        assert str(decimal.Decimal(2).sqrt()).startswith("1.41421356237309504880168872")
        assert hashlib.sha256(b"").hexdigest().startswith("e3b0c442")
        assert hashlib.blake2b(b"").hexdigest().startswith("786a02f7")
        assert unicodedata.name("é") == "LATIN SMALL LETTER E WITH ACUTE"
        assert etree.fromstring("<a><b/></a>")[0].tag == "b"
        with mmap.mmap(-1, 10000) as memory:
            memory[5000:5003] = b"abc"
            assert memory.find(b"abc") == 5000
        assert random.getrandbits(64) != random.getrandbits(64)
        print("all right")
    """)
        == "all right\n"
    )


def test_threads() -> None:
    assert (
        run_python("""
        import concurrent.futures, queue, threading
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(pow, range(1000), [2] * 1000)) == 332833500
        event, items = threading.Event(), queue.Queue()
        thread = threading.Thread(target=lambda: (event.wait(), items.put("done")))
        thread.start()
        assert not event.wait(0.01)
        event.set()
        print(items.get(timeout=5))
        thread.join()
    """)
        == "done\n"
    )


def test_deep_recursion_is_an_error_and_no_crash() -> None:
    assert (
        run_python("""
        import threading
        def probe():
            nested = []
            for _ in range(200_000):
                nested = [nested]
            try:
                repr(nested)
            except RecursionError:
                print("RecursionError")
        probe()
        thread = threading.Thread(target=probe)
        thread.start()
        thread.join()
    """)
        == "RecursionError\nRecursionError\n"
    )


def test_asyncio_streams() -> None:
    assert (
        run_python("""
        import asyncio, socket
        async def serve(reader, writer):
            writer.write((await reader.readline()).upper())
            await writer.drain()
            writer.close()
        async def main():
            ours, theirs = socket.socketpair()
            reader, writer = await asyncio.open_connection(sock=ours)
            other = await asyncio.open_connection(sock=theirs)
            task = asyncio.create_task(serve(*other))
            writer.write(b"hello\\n")
            print((await reader.readline()).decode(), end="")
            await task
            writer.close()
            await asyncio.wait_for(asyncio.to_thread(print, "thread"), 5)
            await asyncio.sleep(0.01)
        asyncio.run(main())
    """)
        == "HELLO\nthread\n"
    )


def test_files_below_a_granted_directory(tmp_path: Path) -> None:
    assert run_python(
        """
        import os, pathlib, shutil, stat, sys, tempfile
        root = pathlib.Path(sys.argdata)
        (root / "a" / "b").mkdir(parents=True)
        (root / "a" / "file").write_text("text")
        os.symlink("file", root / "a" / "link")
        os.link(root / "a" / "file", root / "a" / "hard")
        os.rename(root / "a" / "hard", root / "a" / "b" / "moved")
        status = os.stat(root / "a" / "link")
        assert stat.S_ISREG(status.st_mode) and status.st_size == 4 and status.st_nlink == 2
        assert status.st_uid is None and status.st_gid is None
        assert os.readlink(root / "a" / "link") == "file"
        os.utime(root / "a" / "file", (1, 2))
        assert os.stat(root / "a" / "file").st_mtime == 2
        with tempfile.TemporaryDirectory(dir=root) as scratch:
            with tempfile.NamedTemporaryFile(dir=scratch) as stream:
                stream.write(b"x")
            shutil.copytree(root / "a", os.path.join(scratch, "copy"), symlinks=True)
        found = [(os.path.relpath(top, root), sorted(names), sorted(files))
                 for top, names, files in os.walk(root)]
        print(found)
        shutil.rmtree(root / "a")
        assert os.listdir(root) == []
    """,
        args=file(tmp_path, "write"),
    ) == ("[('.', ['a'], []), ('a', ['b'], ['file', 'link']), ('a/b', [], ['moved'])]\n")


def test_temporary_and_mapped_files(tmp_path: Path) -> None:
    code = """
        import mmap, os, sys, tempfile
        folder = sys.argdata
        with tempfile.TemporaryFile(dir=folder) as stream:
            stream.write(bytes(9000))
            stream.flush()
            with mmap.mmap(stream.fileno(), 0) as memory:
                memory[4095:4098] = b"abc"
                memory.flush()
            assert os.pread(stream.fileno(), 5, 4094) == b"\\0abc\\0"
            with mmap.mmap(stream.fileno(), 4096, access=mmap.ACCESS_COPY) as memory:
                memory[4095] = 0
            with mmap.mmap(stream.fileno(), 4096, offset=4096, access=mmap.ACCESS_READ) as memory:
                assert memory[:2] == b"bc"
        with tempfile.SpooledTemporaryFile(10, dir=folder) as stream:
            stream.write(b"more than ten bytes")
            stream.seek(0)
            assert stream.read(4) == b"more"
        assert os.listdir(folder) == []
        try:
            print(tempfile.gettempdir() == os.getcwd())
        except FileNotFoundError as error:
            print(error.strerror[:29])
    """
    folder = file(tmp_path, "write")
    assert run_python(code, args=folder) == "No usable temporary directory\n"
    assert run_python(code, args=folder, cwd=folder) == "True\n"


def test_real_paths(tmp_path: Path) -> None:
    assert (
        run_python(
            """
        import io, os, pathlib, sys, tarfile
        root = pathlib.Path(sys.argdata)
        (root / "file").write_text("text")
        (root / "link").symlink_to("file")
        assert (root / "link").resolve(strict=True) == root / "file"
        try:
            (root / "absent").resolve(strict=True)
        except FileNotFoundError:
            print("absent")
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.add(root / "file", "member")
        archive.seek(0)
        with tarfile.open(fileobj=archive) as tar:
            tar.extractall(root)
        print((root / "member").read_text())
    """,
            args=file(tmp_path, "write"),
        )
        == "absent\ntext\n"
    )


def test_current_directory(tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "file").write_text("found")
    assert (
        run_python(
            """
        import os
        start = os.getcwd()
        os.chdir("below")
        assert os.getcwd() == start + "/below"
        print(open("file").read(), os.path.abspath("file") == f"{start}/below/file")
        os.chdir("..")
        assert os.getcwd() == start
    """,
            cwd=file(tmp_path),
        )
        == "found True\n"
    )


def test_what_needs_authority_is_an_error() -> None:
    assert (
        run_python("""
        import os, signal, socket, subprocess, sys
        for attempt in (
            os.getcwd,
            lambda: os.chdir("/"),
            lambda: open("relative"),
            lambda: socket.socket(),
            lambda: socket.create_connection(("localhost", 80)),
            lambda: socket.getaddrinfo("localhost", 80),
        ):
            try:
                attempt()
            except OSError:
                continue
            raise AssertionError(attempt)
        absent = [(signal, "signal"), (os, "getuid"), (os, "killpg"), (os, "execv"), (os, "system")]
        print([name for module, name in absent if hasattr(module, name)])
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
        try:
            subprocess.run(["true"])
        except (OSError, RuntimeError, ImportError):
            print("no subprocess")
    """)
        == "[]\nno subprocess\n"
    )


SOCKETSERVER = """
    import socket, socketserver, sys
    class Handler(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(self.rfile.readline()[::-1])
    class Server(socketserver.BaseServer):
        def __init__(self, listener):
            super().__init__(listener.getsockname(), Handler)
            self.socket = listener
        def fileno(self):
            return self.socket.fileno()
        def get_request(self):
            return self.socket.accept()
    listener = sys.argdata
    assert listener.type == socket.SOCK_STREAM
    print(listener.getsockname()[1], flush=True)
    Server(listener).handle_request()
"""
ASYNCIO = """
    import asyncio, sys
    async def main():
        done = asyncio.Event()
        async def handle(reader, writer):
            writer.write((await reader.readline())[::-1])
            writer.close()
            await writer.wait_closed()
            done.set()
        server = await asyncio.start_server(handle, sock=sys.argdata)
        print(sys.argdata.getsockname()[1], flush=True)
        await done.wait()
        server.close()
    asyncio.run(main())
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("code", [SOCKETSERVER, ASYNCIO], ids=["socketserver", "asyncio"])
def test_server_on_an_injected_socket(code: str, host: str) -> None:
    address = f"[{host}]:0" if ":" in host else f"{host}:0"
    text = python_manifest(code, args=f"!socket {{bind: '{address}'}}")
    with subprocess.Popen(
        [CLOUDABI_RUN], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(text)
        process.stdin.close()
        port = int(process.stdout.readline())
        with socket.create_connection((host, port), timeout=5) as client:
            client.sendall(b"olleh\n")
            assert client.recv(100) == b"\nhello"
        assert process.wait(5) == 0
