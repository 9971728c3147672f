# SPDX-License-Identifier: BSD-2-Clause
"""TLS inside the sandbox: in memory, and over granted sockets to a peer on the host."""

from __future__ import annotations

import socket
import ssl
import subprocess
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness import run_python
from pybuild import targets
from pybuild.targets import Target
from test_python_modules import run_on

NAME = "example.test"
SIZE = 1_000_000
TIMEOUT_SECONDS = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that nobody else vouches for, and with its key in `both.pem`."""
    folder = tmp_path_factory.mktemp("certificate")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command: list[str | Path] = ["openssl", "req", "-x509", "-nodes", "-days", "2"]
    command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-subj", f"/CN={NAME}"]
    command += ["-addext", f"subjectAltName=DNS:{NAME}", "-keyout", key, "-out", certificate]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "both.pem").write_text(key.read_text() + certificate.read_text())
    return folder


def served(folder: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


def asking(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / "certificate.pem"))


# In front of all that runs inside.
BEGIN = f"""
    import asyncio, os, ssl, sys
    NAME, SIZE = "{NAME}", {SIZE}
    folder = os.fspath(sys.argdata["folder"])
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(folder + "/both.pem")
    asking = ssl.create_default_context(cafile=folder + "/certificate.pem")
    def receive(stream):
        count = 0
        while count < SIZE:
            count += len(stream.recv(65536))
"""

MEMORY = """
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = asking.wrap_bio(back, there, server_hostname=NAME)
    server = served.wrap_bio(there, back, server_side=True)
    waiting = [client, server]
    while waiting:
        end = waiting.pop(0)
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            waiting.append(end)
    client.write(b"question")
    assert server.read() == b"question"
    server.write(b"answer")
    assert client.read() == b"answer"
    print(client.version(), client.getpeercert()["subject"][0][0][1])
"""

SERVER = """
    with served.wrap_socket(sys.argdata["peer"], server_side=True) as stream:
        receive(stream)
        stream.sendall(b"x" * SIZE)
        stream.unwrap()
    print("good")
"""

CLIENT = """
    with asking.wrap_socket(sys.argdata["peer"], server_hostname=NAME) as stream:
        stream.sendall(b"x" * SIZE)
        receive(stream)
        stream.unwrap()
    print("good")
"""

ASYNCHRONOUS = """
    async def ask():
        reader, writer = await asyncio.open_connection(
            sock=sys.argdata["peer"], ssl=asking, server_hostname=NAME)
        writer.write(b"x" * SIZE)
        assert await reader.readexactly(SIZE) == b"x" * SIZE
        writer.close()
        await writer.wait_closed()
    asyncio.run(ask())
    print("good")
"""

DISTRUSTING = """
    context = ssl.create_default_context()
    assert context.get_ca_certs() == []
    try:
        context.wrap_socket(sys.argdata["peer"], server_hostname=NAME)
    except ssl.SSLCertVerificationError as error:
        print(error.verify_message)
"""


def inside(code: str) -> str:
    return textwrap.dedent(BEGIN) + textwrap.dedent(code)


@pytest.mark.parametrize("target", targets.TARGETS, ids=lambda target: target.arch)
def test_in_memory(folder: Path, target: Target) -> None:
    args = f"{{folder: !file {{path: {folder}}}}}"
    assert run_on(target, inside(MEMORY), args=args) == f"TLSv1.3 {NAME}\n"


def talk(folder: Path, code: str, *, is_server: bool) -> str:
    """Run Python source beside a peer on the host that sends back as much as it has got.

    Returns what the source printed.
    """

    def answer() -> None:
        stream, _ = listener.accept()
        stream.settimeout(TIMEOUT_SECONDS)
        context = served(folder) if is_server else asking(folder)
        name = None if is_server else NAME
        with context.wrap_socket(stream, server_side=is_server, server_hostname=name) as peer:
            if not is_server:
                peer.sendall(b"x" * SIZE)
            count = 0
            while count < SIZE:
                count += len(peer.recv(65536))
            if is_server:
                peer.sendall(b"x" * SIZE)
            peer.unwrap().close()

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        listener.settimeout(TIMEOUT_SECONDS)
        port = listener.getsockname()[1]
        answered = pool.submit(answer)
        peer = f"peer: !socket {{connect: '127.0.0.1:{port}'}}"
        args = f"{{folder: !file {{path: {folder}}}, {peer}}}"
        printed = run_python(inside(code), args=args)
        answered.result()
    return printed


def test_a_server(folder: Path) -> None:
    assert talk(folder, SERVER, is_server=False) == "good\n"


@pytest.mark.parametrize("code", [CLIENT, ASYNCHRONOUS], ids=["blocking", "asyncio"])
def test_a_client(folder: Path, code: str) -> None:
    assert talk(folder, code, is_server=True) == "good\n"


def test_nobody_is_trusted_unasked(folder: Path) -> None:
    with pytest.raises(ssl.SSLError, match="unknown ca"):
        talk(folder, DISTRUSTING, is_server=True)


def test_certificates_come_from_what_was_granted() -> None:
    """There is no way to the host's, not even by their names."""
    code = """
        import ssl
        context = ssl.create_default_context()
        for name in ("/etc/ssl/certs/ca-certificates.crt", "/dev/fd/99/certificates"):
            try:
                context.load_verify_locations(name)
            except OSError as error:
                print(error.strerror)
    """
    assert run_python(code) == "Capabilities insufficient\nBad file descriptor\n"
