"""A small WebSocket server on gevent that does what a test tells it, and what was recorded of it."""

from __future__ import annotations

import base64
import hashlib
import json
import struct

import gevent
from gevent.event import AsyncResult, Event
from gevent.server import StreamServer

from acrida import bridge

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(opcode, payload=b"", final=True):
    """The bytes of a frame, unmasked as a server's are."""
    head = bytes([(0x80 if final else 0) | opcode])
    size = len(payload)
    if size < 126:
        head += bytes([size])
    elif size < 65536:
        head += b"\x7e" + struct.pack(">H", size)
    else:
        head += b"\x7f" + struct.pack(">Q", size)
    return head + payload


def close_frame(code, reason=""):
    return frame(CLOSE, struct.pack(">H", code) + reason.encode())


class Connection:
    """The server's end: `headers` of the handshake, `received` frames, `closed` when the client has gone."""

    def __init__(self, socket, path, headers):
        self.socket = socket
        self.path = path
        self.headers = headers
        self.received = []
        self.closed = Event()

    def send(self, data):
        self.socket.sendall(data)

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                raise EOFError
            data += more
        return data

    def read(self):
        """(opcode, payload) of the next frame; raises EOFError."""
        first, second = self._exactly(2)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack(">H", self._exactly(2))
        elif size == 127:
            (size,) = struct.unpack(">Q", self._exactly(8))
        assert second & 0x80, "a client's frames are masked"
        mask = self._exactly(4)
        payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self._exactly(size)))
        self.received.append((first & 0x0F, payload))
        return first & 0x0F, payload

    def echo(self):
        """Answer in kind until the client closes."""
        while True:
            opcode, payload = self.read()
            if opcode == CLOSE:
                self.send(frame(CLOSE, payload))
                return
            self.send(frame(PONG if opcode == PING else opcode, payload))


class Server:
    """Runs `behave(connection)` for each connection after the handshake; the connection ends with it."""

    def __init__(self):
        self.behave = Connection.echo
        self.answer = None
        """Sent instead of a right answer to the handshake."""
        self.extra = b""
        """Headers of the answer."""
        self.early = b""
        """Frames in one piece with the answer."""
        self.connected = AsyncResult()
        """The last connection."""
        self._server = StreamServer(("127.0.0.1", 0), self._handle)
        self._server.start()

    @property
    def url(self):
        return f"ws://127.0.0.1:{self._server.server_port}"

    def stop(self):
        self._server.stop(timeout=0.1)

    def _handle(self, socket, _address):
        head = b""
        while b"\r\n\r\n" not in head:
            more = socket.recv(4096)
            if not more:
                return
            head += more
        lines = head.decode("latin1").split("\r\n")
        headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:] if line)}
        if self.answer is not None:
            socket.sendall(self.answer)
            return
        key = headers["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(key.encode()).digest())
        socket.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n" + self.extra + b"\r\n" + self.early
        )
        connection = Connection(socket, lines[0].split()[1], headers)
        self.connected.set(connection)
        try:
            self.behave(connection)
        except (EOFError, OSError):
            pass
        finally:
            connection.closed.set()


def tell_headers(connection):
    """Send what the client sent, then echo."""
    connection.send(frame(TEXT, json.dumps(connection.headers).encode()))
    connection.echo()


def after_first_message(*data, then=None):
    """Wait for a frame, send `data`, then do `then(connection)` or end the connection."""

    def behave(connection):
        connection.read()
        for piece in data:
            connection.send(piece)
        if then is not None:
            then(connection)

    return behave


def hang(_connection):
    """Neither read nor write."""
    gevent.sleep(60)


def rows():
    """{(method, name): row} of everything recorded since the test began."""
    return {
        (row["method"], row["name"]): row
        for row in bridge.current().engine.snapshot()
        if row["method"] and row["num_requests"]
    }


def counts():
    """{(method, name): (requests, failures)}."""
    return {key: (row["num_requests"], row["num_failures"]) for key, row in rows().items()}
