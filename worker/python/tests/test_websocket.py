"""WebSockets on the real engine, against a small server on 127.0.0.1."""

from __future__ import annotations

import json
import re
import socket as plain_socket
import struct
import time

import gevent
import pytest
from gevent.event import Event
from gevent.pool import Group

import acrida
from acrida import WebSocketUser, bridge, task
from acrida.contrib.websocket import (
    WebSocketClient,
    WebSocketClosed,
    WebSocketConnectError,
    WebSocketError,
    WebSocketHandshakeError,
    WebSocketTimeout,
)
from acrida.env import Environment
from acrida.exception import LocustError
from websocket_server import (
    BINARY,
    CLOSE,
    PING,
    PONG,
    TEXT,
    Connection,
    Server,
    after_first_message,
    close_frame,
    frame,
    hang,
    tell_headers,
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


def test_text_and_binary_come_back_as_what_they_are_and_each_operation_has_a_row(client):
    with client.connect("/chat?room=1", name="chat") as ws:
        ws.send("grüße")
        assert ws.receive() == "grüße"
        ws.send(b"\x00\xff", name="bytes")
        assert ws.receive(name="bytes") == b"\x00\xff"
        assert ws.request("question") == "question"
        ws.send(bytearray(b"ab"), name="bytes")
        assert ws.receive(name="bytes") == b"ab"
    assert counts() == {
        ("WS", "chat"): (1, 0),
        ("WSS", "chat"): (1, 0),
        ("WSR", "chat"): (1, 0),
        ("WSS", "bytes"): (2, 0),
        ("WSR", "bytes"): (2, 0),
        ("WSC", "chat"): (1, 0),
    }
    assert rows()["WSS", "chat"]["total_content_length"] == len("grüße".encode())
    assert rows()["WSR", "bytes"]["total_content_length"] == 4
    assert rows()["WSC", "chat"]["total_content_length"] == 8


def test_the_connect_row_is_called_as_path_and_query_unless_it_has_a_name(client):
    client.connect("/a?b=c").close()
    assert counts() == {("WS", "/a?b=c"): (1, 0)}


def test_headers_cookies_and_subprotocols_go_with_the_handshake(server, events):
    server.behave = tell_headers
    server.extra = b"Sec-WebSocket-Protocol: v2\r\nSet-Cookie: seen=1; Path=/\r\n"
    client = WebSocketClient(server.url, events.request, headers={"X-All": "a"}, subprotocols=["v1", "v2"])
    ws = client.connect("/", headers={"X-One": "b"})
    sent = json.loads(ws.receive())
    assert (sent["x-all"], sent["x-one"], sent["sec-websocket-protocol"]) == ("a", "b", "v1, v2")
    assert (sent["connection"], sent["upgrade"], sent["sec-websocket-version"]) == (
        "Upgrade",
        "websocket",
        "13",
    )
    assert "sec-websocket-extensions" not in sent
    assert ws.subprotocol == "v2"
    assert ("Set-Cookie", "seen=1; Path=/") in ws.headers
    again = json.loads(client.connect("/").receive())
    assert again["cookie"] == "seen=1"
    assert client.cookies["seen"] == "1"


def test_cookies_of_an_http_client_can_be_shared(server, events):
    server.behave = tell_headers
    http = acrida.clients.http.HttpSession("http://127.0.0.1", events.request)
    http.cookies["session"] = "s1"
    client = WebSocketClient(server.url, events.request, cookies_of=http)
    assert json.loads(client.connect("/").receive())["cookie"] == "session=s1"


def test_a_message_in_one_piece_with_the_handshake_is_not_lost(server, client):
    server.early = frame(TEXT, b"welcome")
    assert client.connect("/").receive() == "welcome"


def test_fragments_make_one_message_and_pings_of_the_server_are_answered(server, client):
    pieces = frame(TEXT, b"one ", False) + frame(PING, b"there?") + frame(0, b"message")
    server.behave = after_first_message(pieces, then=Connection.echo)
    ws = client.connect("/")
    assert ws.request("go") == "one message"
    assert ws.request("still there") == "still there"
    assert (PONG, b"there?") in server.connected.get().received


def test_ping_gives_the_round_trip(client):
    round_trip_ms = client.connect("/p").ping()
    assert 0 < round_trip_ms < 5000
    assert counts()["WSP", "/p"] == (1, 0)
    assert rows()["WSP", "/p"]["total_response_time"] == pytest.approx(round_trip_ms, abs=1)


def test_the_time_of_a_receive_is_what_was_waited(server, client):
    go = Event()

    def push(connection):
        connection.send(frame(TEXT, b"first"))
        connection.send(frame(PONG, connection.read()[1]))
        go.wait()
        gevent.sleep(0.1)
        connection.send(frame(TEXT, b"second"))
        connection.echo()

    server.behave = push
    ws = client.connect("/")
    ws.ping()  # what was sent before its pong is here
    assert ws.receive(name="waiting already") == "first"
    go.set()
    assert ws.receive(name="to come") == "second"
    assert rows()["WSR", "waiting already"]["max_response_time"] < 5
    assert 80 < rows()["WSR", "to come"]["max_response_time"] < 2000


@pytest.mark.parametrize(
    ("match", "found"),
    [
        ("id: 2", "id: 2, a"),
        (re.compile(r"id: \d, b"), "id: 3, b"),
        (lambda message: message.endswith("c"), "id: 4, c"),
        (b"raw", b"raw bytes"),
    ],
)
def test_receive_with_match_skips_other_messages_which_are_pushes(server, client, match, found):
    messages = ["id: 1, x", "id: 2, a", "id: 3, b", "id: 4, c"]
    frames = [frame(TEXT, message.encode()) for message in messages] + [frame(BINARY, b"raw bytes")]
    server.behave = after_first_message(*frames, then=Connection.echo)
    ws = client.connect("/m")
    ws.send("go")
    assert ws.receive(match=match) == found
    everything = [*messages, b"raw bytes"]
    skipped = everything.index(found)
    assert counts()["WSR", "/m"] == (1, 0)
    assert rows()["WSR", "/m"]["total_content_length"] == len(found)
    assert counts().get(("WSR", "push"), (0, 0)) == (skipped, 0)
    if skipped:
        assert rows()["WSR", "push"]["num_none_requests"] == skipped
    if skipped + 1 < len(everything):
        assert ws.receive() == everything[skipped + 1], "what comes later is still there"


def test_a_match_of_another_type_is_a_mistake(client):
    ws = client.connect("/")
    with pytest.raises(TypeError, match="match is a str"):
        ws.receive(match=3)


def test_pushes_can_be_left_out_or_renamed(server, events):
    server.behave = after_first_message(frame(TEXT, b"a"), frame(TEXT, b"b"), then=Connection.echo)
    for push_name, expected in ((None, None), ("news", (1, 0))):
        client = WebSocketClient(server.url, events.request, push_name=push_name)
        assert client.connect("/").request("go", match="b") == "b"
        assert counts().get(("WSR", "news")) == expected
        assert ("WSR", "push") not in counts()


def test_the_answer_to_a_request_is_none_that_came_before(server, client):
    server.early = frame(TEXT, b"welcome")
    ws = client.connect("/")
    ws.ping()  # what was sent before its pong is here
    assert ws.request("hello", name="ask") == "hello"
    assert counts()["WSC", "ask"] == (1, 0)
    assert counts()["WSR", "push"] == (1, 0)


def test_a_request_with_match_is_one_row_with_its_round_trip(server, client):
    def behave(connection):
        while True:
            _, payload = connection.read()
            connection.send(frame(TEXT, b"noise"))
            gevent.sleep(0.1)
            connection.send(frame(TEXT, b"answer to " + payload))

    server.behave = behave
    ws = client.connect("/")
    assert ws.request("7", match="answer to 7", name="ask") == "answer to 7"
    row = rows()["WSC", "ask"]
    assert (row["num_requests"], row["total_content_length"]) == (1, 11)
    assert 80 < row["max_response_time"] < 2000


def test_nothing_in_time_is_a_failure_and_the_connection_goes_on(server, client):
    def behave(connection):
        connection.read()
        connection.send(frame(TEXT, b"other"))
        connection.echo()

    server.behave = behave
    ws = client.connect("/")
    began = time.monotonic()
    with pytest.raises(WebSocketTimeout, match="no message within"):
        ws.receive(timeout=0.1, name="nothing")
    assert 0.1 <= time.monotonic() - began < 2
    with pytest.raises(WebSocketTimeout, match="no matching answer"):
        ws.request("go", match="never", timeout=0.1, name="no match")
    assert isinstance(WebSocketTimeout("x"), (TimeoutError, WebSocketError))
    assert ws.request("fine") == "fine"
    assert not ws.closed
    assert counts()["WSR", "nothing"] == (1, 1)
    assert counts()["WSC", "no match"] == (1, 1)
    assert 100 <= rows()["WSC", "no match"]["max_response_time"] < 2000


def test_no_pong_and_no_handshake_in_time_are_failures(server, client):
    server.behave = hang
    ws = client.connect("/")
    with pytest.raises(WebSocketTimeout, match="no pong"):
        ws.ping(timeout=0.1)
    assert counts()["WSP", "/"] == (1, 1)
    with plain_socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"ws://127.0.0.1:{silent.getsockname()[1]}/silent"
        with pytest.raises(WebSocketTimeout, match="no connection within"):
            client.connect(url, timeout=0.1)
    assert counts()["WS", "/silent"] == (1, 1)


def test_a_server_that_does_not_read_holds_senders_back_until_their_time_out(server, client):
    server.behave = hang
    ws = client.connect("/")
    with pytest.raises(WebSocketTimeout, match="could not be sent"):
        for _ in range(100):
            ws.send(b"x" * 1_000_000, timeout=0.3)
    assert counts()["WSS", "/"][1] == 1


def test_a_user_who_does_not_read_holds_the_server_back(server, client):
    sent = []

    def flood(connection):
        for number in range(200):
            connection.send(frame(BINARY, b"x" * 100_000))
            sent.append(number)
        connection.echo()

    server.behave = flood
    ws = client.connect("/")
    gevent.sleep(0.5)
    assert len(sent) < 200
    for _ in range(200):
        assert len(ws.receive()) == 100_000


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


def test_iteration_ends_when_the_server_closes_in_good_order(server, client):
    data = [frame(TEXT, b"a"), frame(TEXT, b"b"), close_frame(1000)]
    server.behave = after_first_message(*data, then=Connection.read)
    ws = client.connect("/")
    ws.send("go")
    assert list(ws) == ["a", "b"]
    assert counts()["WSR", "/"] == (2, 0)


def test_a_waiting_receive_does_not_hold_up_others_and_may_be_given_up(server, client):
    ws = client.connect("/")
    receiving = gevent.spawn(ws.receive, timeout=None)
    gevent.sleep(0.05)
    with pytest.raises(LocustError, match="another greenlet"):
        ws.receive()
    receiving.kill()
    with gevent.Timeout(0.05, False):
        ws.receive(timeout=None)
        pytest.fail("nothing was sent")
    ws.send("late")
    assert ws.receive() == "late", "a message goes to who waits for it"
    assert counts()["WSR", "/"] == (1, 0)


def test_on_message_gets_what_nobody_waits_for(server, client):
    got, all_here = [], Event()

    def on_message(ws, message):
        got.append(message)
        if message == "boom":
            raise RuntimeError("a handler's own mistake")
        if len(got) == 3:
            all_here.set()

    ws = client.connect("/", on_message=on_message, name="n")
    for message in ("a", "boom", "b"):
        ws.send(message)
    assert all_here.wait(5)
    assert ws.request("q", match="q") == "q"
    waiting = [gevent.spawn(ws.receive, match=wanted, name=wanted) for wanted in ("x", "y")]
    gevent.sleep(0)
    ws.send("y1")
    ws.send("x1")
    assert [w.get(timeout=5) for w in waiting] == ["x1", "y1"]
    with pytest.raises(WebSocketTimeout, match="no matching message"):
        ws.receive(match="never", timeout=0.05, name="never")
    assert got == ["a", "boom", "b"]
    recorded = counts()
    assert recorded["WSR", "push"] == (3, 0)
    assert recorded["WSC", "n"] == (1, 0)
    assert (recorded["WSR", "x"], recorded["WSR", "y"], recorded["WSR", "never"]) == ((1, 0), (1, 0), (1, 1))
    ws.close()
    with pytest.raises(WebSocketClosed):
        ws.receive()


def test_a_loss_with_on_message_fails_who_waits_or_has_its_own_row(server, client):
    server.behave = after_first_message()
    ws = client.connect("/", on_message=lambda ws, message: None, name="a")
    with pytest.raises(WebSocketClosed, match="without a close frame"):
        ws.request("go", match="never")
    other = client.connect("/", on_message=lambda ws, message: None, name="b")
    other.send("go")
    with gevent.Timeout(5):
        while ("WSD", "b") not in counts():
            gevent.sleep(0.02)
    assert counts()["WSC", "a"] == (1, 1)
    assert ("WSD", "a") not in counts()


def test_listeners_hear_of_every_operation(server, events):
    heard = []
    events.request.add_listener(lambda **arguments: heard.append(arguments))
    client = WebSocketClient(server.url, events.request)
    server.behave = after_first_message(frame(TEXT, b"push"), frame(TEXT, b"answer"), then=Connection.echo)
    ws = client.connect("/", context={"k": "v"})
    assert ws.request("go", match="answer", name="ask") == "answer"
    ws.send("x")
    ws.receive()
    ws.ping()
    with pytest.raises(WebSocketTimeout):
        ws.receive(timeout=0.05)
    kinds = [(h["request_type"], h["name"], h["response_length"], h["response"]) for h in heard]
    assert kinds == [
        ("WS", "/", 0, None),
        ("WSR", "push", 4, "push"),
        ("WSC", "ask", 6, "answer"),
        ("WSS", "/", 1, "x"),
        ("WSR", "/", 1, "x"),
        ("WSP", "/", 0, None),
        ("WSR", "/", 0, None),
    ]
    assert [type(h["exception"]) for h in heard] == [type(None)] * 6 + [WebSocketTimeout]
    assert heard[1]["response_time"] is None and heard[2]["response_time"] > 0
    assert all(h["context"] == {"k": "v"} and h["start_time"] for h in heard)


def test_a_user_closes_its_sockets_when_it_is_stopped(server):
    started = Event()

    class Chat(WebSocketUser):
        host = server.url
        headers = {"X-User": "1"}

        @task
        def wait_for_messages(self):
            ws = self.connect("/held")
            started.set()
            ws.receive(timeout=None)

    user = Chat(Environment(user_classes=[Chat]))
    group = Group()
    user.start(group)
    assert started.wait(5)
    user.stop(force=True)
    connection = server.connected.get()
    assert connection.closed.wait(5)
    assert connection.received == [(CLOSE, struct.pack(">H", 1000))]
    assert connection.headers["x-user"] == "1"


def test_a_socket_that_nobody_holds_any_more_is_closed(server, client):
    ws = client.connect("/")
    del ws
    connection = server.connected.get()
    assert connection.closed.wait(5)
    assert connection.received == [(CLOSE, struct.pack(">H", 1000))]


def test_the_names_are_there_under_locusts_roof():
    import locust
    import locust.contrib.websocket

    assert locust.WebSocketUser is WebSocketUser
    assert locust.contrib.websocket.WebSocketClosed is WebSocketClosed
    assert WebSocketUser.abstract
