# SPDX-License-Identifier: BSD-2-Clause
"""The sandbox as seen from outside while it runs, and what Python inside it cannot do."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from broker_harness import compiled
from harness import (
    ROOT,
    STDLIB,
    TRIPLE,
    python_manifest,
    run,
    run_python,
    started,
    wait_until_gone,
)
from kernels import CONTAINER

SLEEP = """
    import time
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def sleeping(tmp_path: Path) -> Path:
    manifest = tmp_path / "sleep.yaml"
    manifest.write_text(python_manifest(SLEEP))
    return manifest


def test_confinement_seen_from_outside(sleeping: Path) -> None:
    with started(sleeping) as sandbox:
        assert sandbox.guest_status("Seccomp") == "2"
        assert sandbox.guest_status("NoNewPrivs") == "1"
        for capabilities in ("CapPrm", "CapEff", "CapInh", "CapAmb"):
            assert int(sandbox.guest_status(capabilities), 16) == 0
        assert Path(f"/proc/{sandbox.guest_pid}/environ").read_bytes() == b""
        # A session of its own: no controlling terminal to type into.
        assert os.getsid(sandbox.guest_pid) == sandbox.guest_pid
        writable_and_executable = [
            line
            for line in Path(f"/proc/{sandbox.guest_pid}/maps").read_text().splitlines()
            if line.split()[1].startswith(("rwx", "-wx"))
        ]
        assert not writable_and_executable


def test_every_thread_is_confined(tmp_path: Path) -> None:
    manifest = tmp_path / "threads.yaml"
    manifest.write_text(
        python_manifest("""
            import threading, time
            for _ in range(8):
                threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
            print("ready", flush=True)
            time.sleep(600)
        """)
    )
    with started(manifest) as sandbox:
        tasks = list(Path(f"/proc/{sandbox.guest_pid}/task").iterdir())
        assert len(tasks) == 9
        assert all("Seccomp:\t2" in (task / "status").read_text() for task in tasks)


def test_only_the_named_descriptors_are_held(sleeping: Path) -> None:
    """stdout, stderr and the library's capability; the launcher's own ones do not leak."""
    spare = [os.open("/dev/null", os.O_RDONLY) for _ in range(50)]
    for fd in spare:
        os.set_inheritable(fd, True)
    try:
        with started(sleeping) as sandbox:
            folder = Path(f"/proc/{sandbox.guest_pid}/fd")
            held = {int(link.name): os.readlink(link) for link in folder.iterdir()}
    finally:
        for fd in spare:
            os.close(fd)
    assert sorted(held) == [0, 1, 2]
    kinds = sorted(target.partition(":")[0] for target in held.values())
    assert kinds == ["pipe", "pipe", "socket"]


def test_guest_broker_and_launcher_end_together(sleeping: Path) -> None:
    with started(sleeping) as sandbox:
        os.kill(sandbox.broker_pid, signal.SIGKILL)
        wait_until_gone(sandbox.guest_pid)
    with started(sleeping) as sandbox:
        os.kill(sandbox.guest_pid, signal.SIGKILL)
        assert sandbox.launcher.wait(5) == 128 + signal.SIGKILL
    with started(sleeping) as sandbox:
        sandbox.launcher.kill()
        sandbox.launcher.wait()
        wait_until_gone(sandbox.broker_pid, sandbox.guest_pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_to_the_launcher_ends_the_run(sleeping: Path, number: int) -> None:
    with started(sleeping) as sandbox:
        sandbox.launcher.send_signal(number)
        assert sandbox.launcher.wait(5) == 128 + number
        wait_until_gone(sandbox.broker_pid, sandbox.guest_pid)


AMBIENT = {
    "open('/etc/passwd')": "ENOTCAPABLE",
    "os.listdir('/')": "ENOTCAPABLE",
    "open(f'{sys.path[0]}/../x')": "ENOTCAPABLE",
    "open(f'{sys.path[0]}/os.py', 'w')": "ENOTCAPABLE",
    "os.mkdir(f'{sys.path[0]}/new')": "ENOTCAPABLE",
    "open('relative')": "ENOTCAPABLE",
    "os.stat('/')": "ENOTCAPABLE",
    "os.listdir('/dev/fd')": "ENOTCAPABLE",
    "open('/dev/fd/999')": "EBADF",
    "open('/proc/self/environ')": "ENOTCAPABLE",
}


@pytest.mark.parametrize("expression", AMBIENT)
def test_ambient_authority_is_absent(expression: str) -> None:
    printed = run_python(f"""
        import errno, os, sys
        try:
            {expression}
        except OSError as error:
            print(errno.errorcode[error.errno])
    """)
    assert printed.strip() == AMBIENT[expression]


def test_no_connection_can_be_made() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        port = listener.getsockname()[1]
        printed = run_python(f"""
            import socket
            try:
                socket.create_connection(("127.0.0.1", {port}))
            except OSError as error:
                print(type(error).__name__)
        """)
        assert printed
        with pytest.raises(BlockingIOError):
            listener.accept()


def grants(folder: Path) -> str:
    """The same tree twice: writable below `out`, read-only as a whole."""
    return (
        f"{{whole: !file {{path: '{folder}'}}, out: !file {{path: '{folder}/out', mode: write}}}}"
    )


def test_read_only_means_read_only(tmp_path: Path) -> None:
    """Also below a writable grant of the same tree, and after that grant is closed."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").write_text("old")
    printed = run_python(
        """
        import errno, os, sys
        whole, out = sys.argdata["whole"], sys.argdata["out"]

        def attempt(what, *args, **kwargs):
            try:
                what(*args, **kwargs)
            except OSError as error:
                print(errno.errorcode[error.errno])
            else:
                print("done")

        def refused():
            attempt(open, f"{whole}/out/new", "w")
            attempt(open, f"{whole}/out/old", "a")
            attempt(os.mkdir, "out/new", dir_fd=whole)
            attempt(os.unlink, "out/old", dir_fd=whole)
            attempt(os.rename, "out/old", "out/new", src_dir_fd=whole, dst_dir_fd=whole)
            attempt(os.rename, "out/old", "new", src_dir_fd=whole, dst_dir_fd=out)
            attempt(os.rename, "old", "out/new", src_dir_fd=out, dst_dir_fd=whole)
            attempt(os.link, "out/old", "new", src_dir_fd=whole, dst_dir_fd=out)
            attempt(os.symlink, "old", "out/new", dir_fd=whole)
            attempt(os.utime, "out/old", dir_fd=whole)
            attempt(os.ftruncate, os.open("out/old", os.O_RDONLY, dir_fd=whole), 0)

        refused()
        attempt(open, f"{out}/new", "w")
        print(sorted(os.listdir(out)))
        os.close(out)
        attempt(os.listdir, out)
        refused()
        """,
        args=grants(tmp_path),
    )
    lines = printed.splitlines()
    refusals, rest, later = lines[:11], lines[11:14], lines[14:]
    assert len(later) == 11
    for line in refusals + later[:5]:
        assert line in {"ENOTCAPABLE", "EBADF", "EINVAL"}, printed
    assert rest == ["done", "['new', 'old']", "EBADF"]
    assert (tmp_path / "out" / "old").read_text() == "old"
    assert sorted(os.listdir(tmp_path)) == ["out"]


SERVER = """
    import http.server, socketserver, sys

    class Server(socketserver.BaseServer):
        def __init__(self, sock, handler):
            super().__init__(sock.getsockname(), handler)
            self.socket = sock

        def fileno(self):
            return self.socket.fileno()

        def get_request(self):
            return self.socket.accept()

    class Page(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "9")
            self.end_headers()
            self.wfile.write(b"It works!")

        def log_message(self, *args):
            pass

    class ThreadedServer(socketserver.ThreadingMixIn, Server):
        daemon_threads = True

    print("ready", flush=True)
    ThreadedServer(sys.argdata["socket"], Page).serve_forever()
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def usage(pid: int) -> tuple[int, int]:
    """Open descriptors, and resident memory in KiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return len(os.listdir(f"/proc/{pid}/fd")), int(resident.split()[1])


def test_web_server_does_not_leak(tmp_path: Path) -> None:
    """10,000 requests over 32 connections at a time: descriptors and memory stay constant."""
    port = free_port()
    manifest = tmp_path / "server.yaml"
    socket_tag = f"{{socket: !socket {{bind: '127.0.0.1:{port}'}}}}"
    manifest.write_text(python_manifest(SERVER, args=socket_tag))

    def fetch(count: int) -> None:
        for _ in range(count):
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=30) as reply:
                pages.append(reply.read())

    def fetch_all(total: int) -> None:
        threads = [threading.Thread(target=fetch, args=(total // 32,)) for _ in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    pages: list[bytes] = []
    with started(manifest) as sandbox:
        fetch_all(1600)
        before = [usage(pid) for pid in (sandbox.guest_pid, sandbox.broker_pid)]
        fetch_all(10016)
        after = [usage(pid) for pid in (sandbox.guest_pid, sandbox.broker_pid)]
        deadline = time.monotonic() + 10
        while after[0][0] > before[0][0] and time.monotonic() < deadline:
            time.sleep(0.1)  # the last answers are there before their threads have ended
            after = [usage(pid) for pid in (sandbox.guest_pid, sandbox.broker_pid)]
    assert len(pages) == 1600 + 10016
    assert set(pages) == {b"It works!"}
    for (fds_before, kib_before), (fds_after, kib_after) in zip(before, after, strict=True):
        assert fds_after <= fds_before
        assert kib_after <= kib_before + 1024


NOBODY = 65534
START = """
import sys
sys.path.insert(0, sys.argv.pop(1))
from cloudabi.__main__ import main
sys.exit(main())
"""


@pytest.fixture
def public_dist() -> Iterator[Path]:
    """A copy of dist/ in a place that every user can reach."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        for part in ("host", TRIPLE):
            shutil.copytree(ROOT / "dist" / part, folder / part, symlinks=True)
        yield folder


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_ordinary_user(public_dist: Path) -> None:
    """Without any capability, group or way to get one; files open with that user's rights."""
    identity = [f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    identity += ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    host = public_dist / "host"
    python = [str(host / "libexec/python/bin/python3.14"), "-I", "-S", "-c", START]
    launcher = [*python, str(host / "lib/python3.14/site-packages")]

    def as_nobody(manifest: str, *container: str) -> subprocess.CompletedProcess[str]:
        inside = [str(compiled("kernel")), *container, "--"] if container else []
        command = ["setpriv", *identity, *inside, *launcher]
        return subprocess.run(command, input=manifest, capture_output=True, text=True, timeout=60)

    manifest = python_manifest("print('ready', flush=True)")
    manifest = manifest.replace(str(STDLIB), str(public_dist / TRIPLE / "lib" / "python3.14"))
    result = as_nobody(manifest)
    assert (result.returncode, result.stdout, result.stderr) == (0, "ready\n", "")

    result = as_nobody(manifest, *CONTAINER)
    assert (result.returncode, result.stdout, result.stderr) == (0, "ready\n", "")

    result = as_nobody("args: !file {path: /etc/shadow}\n")
    assert result.returncode == 125
    assert "Permission denied" in result.stderr


def test_exit_status_is_passed_through() -> None:
    for status in (0, 1, 3, 126, 255):
        assert run(python_manifest(f"import sys; sys.exit({status})")).returncode == status


def test_repository_is_not_needed_by_the_guest() -> None:
    """The guest sees the library as /dev/fd/<n>/…, never where it lies on the host."""
    printed = run_python("import os, sys; print(os.__file__, sys.path[0].fileno())")
    name, number = printed.split()
    assert name == f"/dev/fd/{number}/os.py"
    assert str(ROOT) not in printed
