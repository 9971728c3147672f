# SPDX-License-Identifier: BSD-2-Clause
"""How cloudabi-run binds and connects sockets."""

from __future__ import annotations

import os
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness import CLOUDABI_RUN
from launcher_harness import opened, refusal


def option(fd: int, level: int, name: int) -> int:
    with socket.socket(fileno=os.dup(fd)) as copy:
        return copy.getsockopt(level, name)


def test_an_ephemeral_port_is_bound_on_the_loopback(tmp_path: Path) -> None:
    with opened("web: !socket", tmp_path) as (value, resources):
        fd = resources.grants[value["web"]].fd
        address = resources.addresses["web"]
        host, _, port = address.rpartition(":")
        assert host == "127.0.0.1"
        assert option(fd, socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
        assert option(fd, socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
        socket.create_connection((host, int(port))).close()


def test_connected_sockets(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        manifest = f"!socket {{connect: '127.0.0.1:{port}'}}"
        with opened(manifest, tmp_path) as (value, resources):
            server.accept()[0].close()
            fd = resources.grants[value].fd
            assert option(fd, socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1
            assert resources.addresses == {}
    assert (
        refusal(manifest, tmp_path) == f"cannot connect to `127.0.0.1:{port}`: Connection refused"
    )


@pytest.mark.parametrize(
    ("type_", "number", "accepts"),
    [
        ("stream", socket.SOCK_STREAM, 1),
        ("seqpacket", socket.SOCK_SEQPACKET, 1),
        ("dgram", socket.SOCK_DGRAM, 0),
    ],
)
def test_unix_sockets_leave_no_file(tmp_path: Path, type_: str, number: int, accepts: int) -> None:
    path = tmp_path / "socket"
    with opened(f"!socket {{bind: {path}, type: {type_}}}", tmp_path) as (value, resources):
        fd = resources.grants[value].fd
        assert option(fd, socket.SOL_SOCKET, socket.SO_TYPE) == number
        assert option(fd, socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == accepts
        assert stat.S_ISSOCK(path.stat().st_mode)
        assert refusal(f"!socket {{bind: {path}}}", tmp_path) == (
            f"cannot bind to `{path}`: Address already in use"
        )
        assert path.exists()
    assert not path.exists()


def test_files_of_sockets_are_removed_from_where_they_were_made(tmp_path: Path) -> None:
    """A program that may change the folder cannot point the launcher to another file."""
    run, other = tmp_path / "run", tmp_path / "other"
    for folder in (run, other):
        folder.mkdir()
    (other / "socket").touch()
    with opened(f"!socket {{bind: {run}/socket}}", tmp_path):
        run.rename(tmp_path / "old")
        run.symlink_to(other)
    assert (other / "socket").exists()
    assert not (tmp_path / "old" / "socket").exists()


def test_files_of_sockets_may_have_become_something_else(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with opened(f"!socket {{bind: {path}}}", tmp_path):
        path.unlink()
        path.mkdir()
    assert path.is_dir()


def test_hosts_that_are_no_single_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def two(*_: object, **__: object) -> list[Any]:
        return [(2, 1, 6, "", ("192.0.2.1", 80)), (2, 1, 6, "", ("192.0.2.2", 80))]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    assert refusal("!socket {bind: 'example:80'}", tmp_path) == (
        "`example` stands for several addresses"
    )


def test_addresses_are_printed_on_request(describe: Path, tmp_path: Path) -> None:
    manifest = tmp_path / "manifest.yaml"
    manifest.write_text(f"my_socket: !socket\nlocal: !socket {{bind: {tmp_path}/socket}}\n")
    result = subprocess.run(
        [CLOUDABI_RUN, "--print-ports", "-f", manifest, describe],
        capture_output=True,
        text=True,
        check=True,
    )
    assert re.fullmatch(
        rf"my_socket: 127\.0\.0\.1:[0-9]+\nlocal: {tmp_path}/socket\n", result.stderr
    )
    assert not (tmp_path / "socket").exists()


def test_udp(tmp_path: Path) -> None:
    with opened("!socket {bind: '127.0.0.1:0', type: dgram}", tmp_path) as (value, resources):
        fd = resources.grants[value].fd
        assert option(fd, socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_DGRAM
        address = next(iter(resources.addresses.values()))
        manifest = f"!socket {{connect: '{address}', type: dgram}}"
        with opened(manifest, tmp_path) as (other, connected):
            os.write(connected.grants[other].fd, b"hello")
            assert os.read(fd, 10) == b"hello"


def test_ipv6(tmp_path: Path) -> None:
    for v6only in (True, False):
        manifest = f"!socket {{bind: '[::]:0', v6only: {str(v6only).lower()}}}"
        with opened(manifest, tmp_path) as (value, resources):
            fd = resources.grants[value].fd
            assert option(fd, socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == v6only
            port = resources.addresses[""].rpartition(":")[2]
            socket.create_connection(("::1", int(port))).close()
            with socket.socket() as ipv4:
                assert (ipv4.connect_ex(("127.0.0.1", int(port))) == 0) == (not v6only)


def test_ports_are_shared_on_request(tmp_path: Path) -> None:
    with opened("!socket {bind: '127.0.0.1:0', reuse: port}", tmp_path) as (_, resources):
        address = resources.addresses[""]
        with opened(f"!socket {{bind: '{address}', reuse: port}}", tmp_path):
            pass
        for reuse in ("no", "address"):
            message = refusal(f"!socket {{bind: '{address}', reuse: {reuse}}}", tmp_path)
            assert message == f"cannot bind to `{address}`: Address already in use"


# Socket activation.


def activated(manifest: str, program: Path, names: str, pid: str = "$$") -> tuple[int, str]:
    """Run a manifest as systemd would, with sockets of these names from number 3 on."""
    setting = f"LISTEN_PID={pid} LISTEN_FDS={len(names.split(':'))} LISTEN_FDNAMES={names}"
    shell = f"{setting} exec {CLOUDABI_RUN} -f /dev/fd/9 {program} 9<<END\n{manifest}\nEND\n"
    code = (
        "import os, socket, sys\n"
        "servers = [socket.create_server(('127.0.0.1', 0)) for _ in range(3)]\n"
        "copies = [os.dup2(server.fileno(), 20 + i) for i, server in enumerate(servers)]\n"
        "for i, fd in enumerate(copies): os.dup2(fd, 3 + i)\n"
        "os.execv('/bin/sh', ['sh', '-c', sys.argv[1]])\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, shell], capture_output=True, text=True, check=False
    )
    return result.returncode, result.stderr.partition("\n")[0]


def test_sockets_from_socket_activation(describe: Path) -> None:
    names = "web:twice:twice"
    assert activated("a: !socket {inherit: web}", describe, names) == (0, "")
    assert activated("a: !socket {inherit: twice}", describe, names) == (
        125,
        "error: several sockets from socket activation are named `twice`",
    )
    missing = (125, "error: there is no socket `other` from socket activation")
    assert activated("a: !socket {inherit: other}", describe, names) == missing
    assert activated("a: !socket {inherit: other}", describe, "other", "1") == missing
