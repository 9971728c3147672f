# SPDX-License-Identifier: BSD-2-Clause
"""Serves one page over HTTP on a socket that is handed in, or natively on a port."""

import http.server
import socket
import socketserver
import sys

import world

PAGE = b"<!DOCTYPE html><title>CloudABI</title><p>It works!\n"


class Server(socketserver.ThreadingMixIn, socketserver.BaseServer):
    """Like TCPServer, on a listening socket."""

    daemon_threads = True

    def __init__(self, listener: socket.socket) -> None:
        super().__init__(listener.getsockname(), Handler)
        self.socket = listener

    def fileno(self) -> int:
        """Return what serve_forever() polls."""
        return self.socket.fileno()

    def get_request(self) -> tuple[socket.socket, object]:
        """Accept a connection."""
        return self.socket.accept()

    def close_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Close a connection."""
        assert isinstance(request, socket.socket)
        request.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """Report what is wrong here, but not that a client left before its answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers every request with the page."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and page leave together, or delayed acknowledgements are measured

    def do_GET(self) -> None:
        """Send the page."""
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Stay silent: logging would be measured too."""


def main() -> None:
    """Serve until killed."""
    listener = world.arguments()["socket"]
    if isinstance(listener, int):
        listener = socket.create_server(("127.0.0.1", listener), backlog=128)
    world.report("ready")
    Server(listener).serve_forever()


main()
