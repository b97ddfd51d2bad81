"""An origin whose answers do not end until the test says so, and what asks it through the proxy."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import h2.config
import h2.connection
import h2.events

PATIENCE = 20.0
MEGABYTE = 1024 * 1024
Send = Callable[[bytes], None]


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Clients leave before the end, and refuse certificates: that is what is tested."""


class StreamingOrigin:
    """Answers each path with what was given for it: a content type, more fields, and a function that sends the body in chunks."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        """
        Args:
            context: for an origin that speaks TLS.
        """
        self.answers: dict[str, tuple[str, dict[str, str], Callable[[Send], None]]] = {}
        self.go_on = threading.Event()
        """What a body waits for before it goes on: set by the test when it has seen the beginning."""
        self.received: list[int] = []
        """Lengths of uploads that came whole."""
        self.arriving = threading.Event()
        """Set when the first bytes of an upload are here."""
        origin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                kind, fields, body = origin.answers[self.path]
                self.send_response(200)
                self.send_header("content-type", kind)
                for name, value in fields.items():
                    self.send_header(name, value)
                chunked = "content-length" not in fields
                if chunked:
                    self.send_header("transfer-encoding", "chunked")
                self.end_headers()

                def send(data: bytes) -> None:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data) if chunked else data)
                    self.wfile.flush()

                body(send)
                if chunked:
                    self.wfile.write(b"0\r\n\r\n")

            def do_POST(self) -> None:
                left = int(self.headers["content-length"])
                whole = 0
                while whole < left and (data := self.rfile.read1(min(MEGABYTE, left - whole))):
                    whole += len(data)
                    origin.arriving.set()
                origin.received.append(whole)
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        if context is not None:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def begins(self, path: str, kind: str, first: bytes, rest: bytes, **fields: str) -> None:
        """An answer that sends its beginning, and the rest when it may go on."""

        def body(send: Send) -> None:
            send(first)
            if self.go_on.wait(PATIENCE):
                send(rest)

        self.answers[path] = (kind, {name.replace("_", "-"): value for name, value in fields.items()}, body)

    def close(self) -> None:
        self.go_on.set()
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def requested(proxy: int, url: str, *fields: str, body: bytes = b"") -> Iterator[socket.socket]:
    """A request through the proxy; the socket on which its answer comes."""
    host = url.split("/")[2]
    method = "POST" if body else "GET"
    head = "\r\n".join([f"{method} {url} HTTP/1.1", f"host: {host}", "connection: close", *fields, "", ""])
    with closing(socket.create_connection(("127.0.0.1", proxy), timeout=PATIENCE)) as connection:
        connection.sendall(head.encode() + body)
        yield connection


def until(connection: socket.socket, wanted: bytes) -> bytes:
    """What came, up to what is waited for; an error if it does not come."""
    found = b""
    while wanted not in found:
        data = connection.recv(65536)
        if not data:
            raise AssertionError(f"the connection ended before {wanted!r}: {found[-300:]!r}")
        found += data
    return found


def to_the_end(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65536), b""))


def dechunked(body: bytes) -> bytes:
    found, at = b"", 0
    while at < len(body):
        end = body.index(b"\r\n", at)
        length = int(body[at:end], 16)
        found += body[end + 2 : end + 2 + length]
        at = end + 4 + length
    return found


def gzip_pieces(*texts: bytes) -> list[bytes]:
    """Texts as one gzip body, each flushed, as servers send a page that they are still making."""
    compressor = zlib.compressobj(wbits=31)
    pieces = [compressor.compress(text) + compressor.flush(zlib.Z_SYNC_FLUSH) for text in texts]
    return [*pieces[:-1], pieces[-1] + compressor.flush()]


def gzipped(text: bytes) -> bytes:
    return gzip.compress(text)


def peak_bytes(process: int) -> int:
    """The most memory that a process has had."""
    status = Path(f"/proc/{process}/status").read_text()
    return 1024 * int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def descendants(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [each for child in map(int, children) for each in (child, *descendants(child))]


class RpcOrigin:
    """A gRPC server of one method: a message at once, and another when it may go on."""

    def __init__(self, context: ssl.SSLContext) -> None:
        context.set_alpn_protocols(["h2"])
        self.go_on = threading.Event()
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self.go_on.set()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(accepted,), daemon=True).start()

    def _answer(self, accepted: socket.socket) -> None:
        try:
            connection = self._context.wrap_socket(accepted, server_side=True)
        except OSError:
            return
        state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        state.initiate_connection()
        connection.sendall(state.data_to_send())
        while data := connection.recv(65536):
            for event in state.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    kind = [(":status", "200"), ("content-type", "application/grpc")]
                    state.send_headers(event.stream_id, kind)
                    state.send_data(event.stream_id, b"\0\0\0\0\5first")
                    connection.sendall(state.data_to_send())
                    self.go_on.wait(PATIENCE)
                    state.send_data(event.stream_id, b"\0\0\0\0\6second")
                    state.send_headers(event.stream_id, [("grpc-status", "0")], end_stream=True)
            connection.sendall(state.data_to_send())


def rpc(proxy: int, authority: str) -> Iterator[h2.events.Event]:
    """Calls a method whose request does not end either: what comes back, event by event."""
    with closing(socket.create_connection(("127.0.0.1", proxy), timeout=PATIENCE)) as plain:
        plain.sendall(f"CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n\r\n".encode())
        until(plain, b"\r\n\r\n")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        connection = context.wrap_socket(plain, server_hostname=authority.partition(":")[0])
        state = h2.connection.H2Connection()
        state.initiate_connection()
        fields = [
            (":method", "POST"),
            (":scheme", "https"),
            (":path", "/events.Events/Listen"),
            (":authority", authority),
        ]
        state.send_headers(1, [*fields, ("content-type", "application/grpc"), ("te", "trailers")])
        state.send_data(1, b"\0\0\0\0\2go")
        connection.sendall(state.data_to_send())
        while data := connection.recv(65536):
            yield from state.receive_data(data)
            connection.sendall(state.data_to_send())
