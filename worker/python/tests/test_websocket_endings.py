"""How WebSockets end, or do not begin: closed, lost, refused. On the real engine."""

from __future__ import annotations

import socket as plain_socket
import struct

import gevent
import pytest
from gevent.event import Event

import acrida
from acrida import bridge
from acrida.contrib.websocket import (
    WebSocketClient,
    WebSocketClosed,
    WebSocketConnectError,
    WebSocketHandshakeError,
)
from websocket_server import (
    BINARY,
    CLOSE,
    TEXT,
    Connection,
    Server,
    after_first_message,
    close_frame,
    counts,
    frame,
)

pytestmark = pytest.mark.engine


@pytest.fixture
def server():
    server = Server()
    yield server
    server.stop()


@pytest.fixture
def events():
    bridge.current().engine.reset_stats()
    yield acrida.event.Events()


@pytest.fixture
def client(server, events):
    client = WebSocketClient(server.url, events.request, default_timeout=5.0)
    yield client
    client.close()


@pytest.mark.parametrize(("code", "failures"), [(1000, 0), (1001, 0), (1011, 1), (4321, 1)])
def test_a_close_by_the_server_raises_and_counts_unless_it_is_in_good_order(server, client, code, failures):
    server.behave = after_first_message(close_frame(code, "because"), then=Connection.read)
    ws = client.connect("/")
    ws.send("go")
    with pytest.raises(WebSocketClosed, match=f"code {code}: because") as caught:
        ws.receive(name="r")
    assert (caught.value.code, caught.value.reason) == (code, "because")
    assert isinstance(caught.value, ConnectionError)
    assert (ws.closed, ws.close_code, ws.close_reason) == (True, code, "because")
    assert counts().get(("WSR", "r"), (0, 0)) == (failures, failures)
    with pytest.raises(WebSocketClosed):
        ws.send("too late", name="s")
    assert counts()["WSS", "s"] == (1, 1)


def test_a_request_that_is_closed_instead_of_answered_is_a_failure_in_any_case(server, client):
    server.behave = after_first_message(close_frame(1000))
    with pytest.raises(WebSocketClosed):
        client.connect("/").request("?")
    assert counts()["WSC", "/"] == (1, 1)


def reset(connection):
    linger = struct.pack("ii", 1, 0)
    connection.socket.setsockopt(plain_socket.SOL_SOCKET, plain_socket.SO_LINGER, linger)
    connection.socket.close()


@pytest.mark.parametrize(
    ("end", "cause"), [(lambda connection: None, "without a close frame"), (reset, "reset by the server")]
)
def test_a_lost_connection_fails_whoever_waits_with_its_cause(server, client, end, cause):
    server.behave = after_first_message(then=end)
    ws = client.connect("/")
    with pytest.raises(WebSocketClosed, match=cause):
        ws.request("go")
    assert ws.close_code == 1006
    assert counts() == {("WS", "/"): (1, 0), ("WSC", "/"): (1, 1)}


def test_a_loss_that_nobody_waits_for_has_a_row_of_its_own(server, client):
    server.behave = after_first_message()
    ws = client.connect("/lost")
    ws.send("go")
    server.connected.get().closed.wait()
    with gevent.Timeout(5):
        while not ws.closed:
            gevent.sleep(0.01)
    assert counts()["WSD", "/lost"] == (1, 1)


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (frame(BINARY, b"x" * 2000), 1009, "longer than 1000 bytes"),
        (frame(TEXT, b"\xff\xfe"), 1007, "not UTF-8"),
        (frame(3, b""), 1002, "breaks the protocol"),
    ],
)
def test_what_a_server_may_not_send_ends_the_connection_with_the_right_code(
    server, events, data, code, words
):
    told = Event()

    def then(connection):
        connection.read()
        told.set()

    server.behave = after_first_message(data, then=then)
    client = WebSocketClient(server.url, events.request, max_message_bytes=1000)
    ws = client.connect("/")
    with pytest.raises(WebSocketClosed, match=words):
        ws.request("go")
    assert ws.close_code == code
    assert told.wait(5)
    assert server.connected.get().received[-1] == (CLOSE, struct.pack(">H", code))


def test_a_refused_handshake_is_a_failure_with_its_status(server, client):
    server.answer = b"HTTP/1.1 403 Forbidden\r\nX-Why: no\r\nContent-Length: 0\r\n\r\n"
    with pytest.raises(WebSocketHandshakeError, match="403 Forbidden") as caught:
        client.connect("/secret")
    assert caught.value.status_code == 403
    assert ("X-Why", "no") in caught.value.headers
    assert isinstance(caught.value, (WebSocketConnectError, ConnectionError))
    assert counts() == {("WS", "/secret"): (1, 1)}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"HTTP/1.1 101 X\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", "not WebSocket"),
        (
            b"HTTP/1.1 101 X\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n",
            "wrong Sec-WebSocket-Accept",
        ),
    ],
)
def test_a_wrong_answer_to_the_handshake_is_refused(server, client, answer, words):
    server.answer = answer
    with pytest.raises(WebSocketHandshakeError, match=words):
        client.connect("/")


def test_a_subprotocol_that_was_not_offered_is_refused(server, client):
    server.extra = b"Sec-WebSocket-Protocol: v9\r\n"
    with pytest.raises(WebSocketHandshakeError, match="not offered"):
        client.connect("/", subprotocols=["v1"])


def test_nobody_listening_is_a_failure_and_mistakes_of_the_script_are_not(server, client):
    url, _ = server.url, server.stop()
    with pytest.raises(WebSocketConnectError, match="Connection refused"):
        client.connect(url + "/gone")
    assert counts() == {("WS", "/gone"): (1, 1)}
    with pytest.raises(ValueError, match="header"):
        client.connect("/", headers={"bad name": "x"})
    with pytest.raises(ValueError, match="URL"):
        client.connect("ws://[::1")
    assert counts() == {("WS", "/gone"): (1, 1)}


def test_close_tells_the_server_code_and_reason_and_is_not_recorded(server, client):
    ws = client.connect("/")
    ws.close(4000, "done here")
    assert server.connected.get().received == [(CLOSE, struct.pack(">H", 4000) + b"done here")]
    assert (ws.closed, ws.close_code, ws.close_reason) == (True, 4000, "done here")
    ws.close()
    with pytest.raises(WebSocketClosed, match="the script has closed"):
        ws.send("x")
    with pytest.raises(WebSocketClosed, match="the script has closed"):
        ws.receive()
    assert counts() == {("WS", "/"): (1, 0)}
    other = client.connect("/")
    for code, reason in ((1006, ""), (999, ""), (1000, "x" * 124)):
        with pytest.raises(ValueError, match="close"):
            other.close(code, reason)
    with pytest.raises(TypeError, match="str"):
        other.send(3)
