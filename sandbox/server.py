"""The HTTP side: one thread per connection, one answer per request, and a clean stop."""

import json
import re
import socketserver
import sys
import threading
import traceback
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from sandbox.gateway import Gateway, HangUp, Request, Response
from sandbox.problems import Problem

Answer = Callable[[Gateway, Request], Response]

MOST_BYTES = 65_536
MOST_EVIDENCE_BYTES = 8_000_000
DRAIN_SECONDS = 3.0
HOSTED = re.compile("^(/checkout/|/bank/)[^/]+")


class Server(ThreadingHTTPServer):
    """`answer` is the provider that is played. `is_healthy` is asked by /healthz besides the record itself."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, gateway: Gateway, background: list[threading.Thread], answer: Answer) -> None:
        self.gateway = gateway
        self.answer = answer
        self._background = background
        self._busy = 0
        self._idle = threading.Condition()
        super().__init__((gateway.config.host, gateway.config.port), Handler)

    def is_healthy(self) -> bool:
        with self.gateway.store.read() as db:
            db.execute("SELECT 1")
        return all(thread.is_alive() for thread in self._background)

    def begin(self) -> None:
        with self._idle:
            self._busy += 1

    def end(self) -> None:
        with self._idle:
            self._busy -= 1
            self._idle.notify_all()

    def drain(self) -> None:
        """Wait a little for calls that are being answered."""
        with self._idle:
            self._idle.wait_for(lambda: self._busy == 0, timeout=DRAIN_SECONDS)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of ours."""
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "sandbox"
    sys_version = ""
    timeout = 60
    disable_nagle_algorithm = True
    wbufsize = MOST_BYTES
    server: socketserver.BaseServer

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PUT = do_DELETE = do_GET

    def _serve(self) -> None:
        assert isinstance(self.server, Server)
        self.server.begin()
        try:
            request = self._read()
            self._write(_answer(self.server, request))
        except HangUp:
            self.close_connection = True
        except Problem as problem:
            self.close_connection = True
            self._write(Response(problem.status, json.dumps(problem.as_dict()).encode()))
        finally:
            self.server.end()

    def _read(self) -> Request:
        """Raises Problem for a body without a usable length, which also ends the connection."""
        length = self.headers.get("Content-Length", "0")
        if self.headers.get("Transfer-Encoding") or not length.isascii() or not length.isdigit():
            raise Problem(411, "length_required", "Give the body's Content-Length.")
        parts = urlsplit(self.path)
        most_bytes = MOST_EVIDENCE_BYTES if parts.path.endswith(("/evidence", "/files")) else MOST_BYTES
        if int(length) > most_bytes:
            raise Problem(413, "too_large", f"A body may have at most {most_bytes} bytes.")
        return Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(int(length)),
        )

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        if response.status != 204:
            self.send_header("Content-Type", response.content_type)
            self.send_header("Content-Length", str(len(response.body)))
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(response.body)
        self.wfile.flush()

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        path = HOSTED.sub(r"\1…", urlsplit(self.path).path)  # Whoever knows a hosted page's address may pay on it.
        if path != "/healthz":
            sys.stderr.write(f"{self.command} {path} {int(code)}\n")


def _answer(server: Server, request: Request) -> Response:
    if request.path == "/healthz":
        healthy = server.is_healthy()
        return Response(200 if healthy else 503, json.dumps({"status": "ok" if healthy else "failing"}).encode())
    try:
        return server.answer(server.gateway, request)
    except HangUp:
        raise
    except Exception:  # noqa: BLE001 (a bug becomes a 500 with its trace in the log, and the next call is served)
        traceback.print_exc()
        return Response(500, b'{"error": {"code": "internal_error", "message": "Something broke.", "param": null}}')
