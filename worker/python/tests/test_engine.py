"""The clients on the real engine, against a small server on 127.0.0.1."""

from __future__ import annotations

import contextlib
import gzip
import json
import time

import gevent
import pytest
from gevent.event import Event
from gevent.pool import Group, Pool
from gevent.pywsgi import WSGIServer

from acrida import FastHttpUser, HttpUser, StopUser, bridge, task
from acrida.clients import flags
from acrida.clients.http import HttpSession
from acrida.event import RequestEventHook

pytestmark = pytest.mark.engine


dripping = {}


def drip():
    """One line at once, and once told to go on, more of them until the client has gone."""
    dripping["go on"], dripping["ended"] = Event(), Event()
    try:
        for i in range(1000):
            yield f"line {i}\n".encode()
            if i == 0:
                dripping["go on"].wait(10)
            gevent.sleep(0.01)
    finally:
        dripping["ended"].set()


class Meeting:
    """Lets nobody go before all are there."""

    def __init__(self, size):
        self.size, self.there, self.complete = size, 0, Event()

    def join(self):
        self.there += 1
        if self.there == self.size:
            self.complete.set()
        return self.complete.wait(10)


meeting = Meeting(5)


def application(environ, start_response):
    path = environ["PATH_INFO"]
    body = environ["wsgi.input"].read()
    headers, status, answer = [("Content-Type", "text/plain; charset=utf-8")], "200 OK", b"hello"
    if path == "/echo":
        sent = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
        sent["content-type"] = environ.get("CONTENT_TYPE", "")
        answer = json.dumps(
            {
                "method": environ["REQUEST_METHOD"],
                "query": environ["QUERY_STRING"],
                "headers": sent,
                "body": body.decode(),
            }
        ).encode()
        headers = [("Content-Type", "application/json")]
    elif path.startswith("/status/"):
        status = f"{path[8:]} Some Reason"
    elif path == "/redirect":
        status, headers = "302 Found", [("Location", "/echo"), ("Set-Cookie", "hop=1; Path=/")]
    elif path == "/loop":
        status, headers = "302 Found", [("Location", "/loop")]
    elif path == "/gzip":
        answer = gzip.compress(b"squeezed")
        headers.append(("Content-Encoding", "gzip"))
    elif path == "/slow":
        gevent.sleep(0.3)
    elif path == "/meet":
        answer = b"all" if meeting.join() else b"some"
        headers = [("Content-Type", "text/plain")]
    elif path == "/stream":
        start_response(status, headers)
        return (f"line {i}\n".encode() for i in range(3))
    elif path == "/drip":
        start_response(status, headers)
        return drip()
    headers.append(("Content-Length", str(len(answer))))
    start_response(status, headers)
    return [answer]


@pytest.fixture(scope="module")
def server():
    wsgi = WSGIServer(("127.0.0.1", 0), application, log=None)
    wsgi.start()
    yield f"http://127.0.0.1:{wsgi.server_port}"
    wsgi.stop(timeout=0.1)


@pytest.fixture(params=["http", "fast"])
def client(request, environment, server):
    base = HttpUser if request.param == "http" else FastHttpUser
    return type("Site", (base,), {"host": server})(environment).client


@pytest.fixture
def http(environment, server):
    return type("Site", (HttpUser,), {"host": server})(environment).client


def rows(environment):
    return {key: (entry.num_requests, entry.num_failures) for key, entry in environment.stats.entries.items()}


def test_flags_are_those_of_the_engine():
    from acrida import _engine

    assert (flags.DEFER, flags.STREAM, flags.NO_REDIRECT) == (
        _engine.DEFER,
        _engine.STREAM,
        _engine.NO_REDIRECT,
    )


def test_get_and_its_row(client, environment):
    response = client.get("/")
    assert (response.status_code, response.text, response.reason) == (200, "hello", "OK")
    assert response.headers["content-type"].startswith("text/plain")
    assert rows(environment) == {("/", "GET"): (1, 0)}
    assert environment.stats.total.total_content_length == 5
    assert 0 < environment.stats.total.avg_response_time < 1000


def test_bodies_headers_and_query_arrive(client):
    response = client.post("/echo?a=1", json={"k": "ä"}, headers={"X-Test": "yes"}, params={"b": "c d"})
    sent = response.json()
    assert (sent["method"], sent["query"]) == ("POST", "a=1&b=c+d")
    assert json.loads(sent["body"]) == {"k": "ä"}
    assert (sent["headers"]["x-test"], sent["headers"]["content-type"]) == ("yes", "application/json")
    assert client.post("/echo", data={"a": "b"}).json()["body"] == "a=b"


def test_session_headers_auth_and_removed_headers(http):
    http.headers["X-S"] = "1"
    http.auth = ("u", "p")
    sent = http.get("/echo", headers={"Accept": None}).json()["headers"]
    assert (sent["x-s"], sent["authorization"]) == ("1", "Basic dTpw") and "accept" not in sent


def test_redirects_cookies_and_history(http, environment):
    response = http.get("/redirect")
    assert response.status_code == 200 and response.url.endswith("/echo")
    assert [r.status_code for r in response.history] == [302]
    assert response.json()["headers"]["cookie"] == "hop=1"
    assert http.cookies.get("hop") == "1"
    assert http.get("/redirect", allow_redirects=False).status_code == 302
    assert rows(environment) == {("/redirect", "GET"): (2, 0)}


def test_cookies_of_the_script(http):
    http.cookies.set("a", "1")
    assert http.get("/echo").json()["headers"]["cookie"] == "a=1"
    assert http.get("/echo", cookies={"b": "2"}).json()["headers"]["cookie"] == "a=1; b=2"
    http.cookies.clear()
    assert "cookie" not in http.get("/echo").json()["headers"]


def test_gzip(client):
    assert client.get("/gzip").text == "squeezed"


def test_failures_are_recorded_and_do_not_raise(client, environment):
    assert client.get("/status/404", name="missing").status_code == 404
    assert client.get("/loop", name="loop").error is not None
    refused = client.get("http://127.0.0.1:1/", name="refused")
    assert (refused.status_code, refused.ok) == (0, False)
    assert rows(environment) == {
        ("missing", "GET"): (1, 1),
        ("loop", "GET"): (1, 1),
        ("refused", "GET"): (1, 1),
    }


def test_timeouts(http, environment):
    began = time.monotonic()
    response = http.get("/slow", timeout=0.05)
    assert response.status_code == 0 and time.monotonic() - began < 0.25
    assert "imeout" in repr(response.error) or "timed out" in str(response.error)


def test_a_bad_url_raises(http):
    with pytest.raises(ValueError):
        http.get("http://")


def test_catch_response(client, environment):
    with client.get("/status/500", name="fine", catch_response=True) as response:
        response.success()
    with client.get("/", name="wrong", catch_response=True) as response:
        response.failure("not this")
    with client.get("/status/500", name="left", catch_response=True):
        pass
    with pytest.raises(KeyError), client.get("/", name="raised", catch_response=True):
        raise KeyError
    assert rows(environment) == {("fine", "GET"): (1, 0), ("wrong", "GET"): (1, 1), ("left", "GET"): (1, 1)}


def test_streams(client, environment):
    lines = list(client.get("/stream", stream=True).iter_lines())
    assert lines == [b"line 0", b"line 1", b"line 2"]
    assert rows(environment) == {("/stream", "GET"): (1, 0)}


def test_a_timeout_of_gevent_cancels_and_the_late_answer_is_dropped(client, environment):
    with gevent.Timeout(0.05, False):
        client.get("/slow")
        raise AssertionError("must not come back")
    gevent.sleep(0.4)
    assert client.get("/").text == "hello"
    assert rows(environment) == {("/", "GET"): (1, 0)}


@pytest.mark.parametrize("path", ["/slow", "/drip"])
def test_a_killed_greenlet_cancels_its_request(client, environment, path):
    greenlet = gevent.spawn(client.get, path)
    gevent.sleep(0.05)
    greenlet.kill()
    assert client.get("/").text == "hello"
    gevent.sleep(0.4)
    assert bridge.current().engine.drain() == []
    assert rows(environment) == {("/", "GET"): (1, 0)}


@pytest.mark.parametrize("how", ["kill", "timeout"])
def test_a_stream_that_is_being_read_can_be_given_up(client, how):
    received, reading = [], Event()

    def read():
        for line in client.get("/drip", stream=True).iter_lines():
            received.append(line)
            reading.set()
            if how == "timeout":
                gevent.Timeout(0.05).start()

    def read_or_give_up():
        with contextlib.suppress(gevent.Timeout):
            read()

    greenlet = gevent.spawn(read_or_give_up)
    assert reading.wait(5)
    if how == "kill":
        greenlet.kill()
    greenlet.get(timeout=5)
    assert received == [b"line 0"]
    dripping["go on"].set()
    assert dripping["ended"].wait(5)  # the server notices: the connection is closed
    assert client.get("/").text == "hello"
    assert bridge.current().engine.drain() == []


def test_requests_of_one_user_run_side_by_side(client):
    pool = Pool()
    jobs = [pool.spawn(client.get, "/meet") for _ in range(meeting.size)]
    assert [job.get(timeout=15).text for job in jobs] == ["all"] * meeting.size


def test_listeners_get_what_was_measured(client, environment, server):
    heard = []
    environment.events.request.add_listener(lambda **kwargs: heard.append(kwargs))
    client.get("/status/404?x=1")
    event = heard[0]
    assert (event["request_type"], event["name"]) == ("GET", "/status/404?x=1")
    assert event["url"] == f"{server}/status/404?x=1"
    assert event["response_time"] > 0 and "404" in str(event["exception"])


def test_the_event_of_a_custom_client_is_recorded(environment):
    environment.events.request.fire(
        request_type="X", name="y", response_time=5, response_length=1, exception=None
    )
    assert rows(environment) == {("y", "X"): (1, 0)}


def test_many_users_many_requests(environment, server):
    class Site(FastHttpUser):
        host = server
        left = 20

        @task
        def work(self):
            self.client.get("/")
            self.left -= 1
            if not self.left:
                raise StopUser()

    group = Group()
    for _ in range(20):
        Site(environment).start(group)
    assert group.join(30)
    assert environment.stats.total.num_requests == 400 and environment.stats.total.num_failures == 0


def test_rest(environment, server):
    user = type("Site", (HttpUser,), {"host": server})(environment)
    with user.rest("POST", "/echo", json={"a": 1}) as response:
        assert json.loads(response.js["body"]) == {"a": 1}
    with user.rest("GET", "/") as response:
        assert response.js is None
    assert rows(environment) == {("/echo", "POST"): (1, 0), ("/", "GET"): (1, 1)}


@pytest.mark.engine
def test_messages_are_packed_and_unpacked():
    from acrida._engine import pack, unpack

    message = {"a": [1, -(2**63), 2**64 - 1, 1.5, None, True], "b": b"\x00\xff", "c": "ü", 7: {}}
    assert unpack(pack(message)) == message
    assert unpack(pack((1, 2))) == [1, 2]
    with pytest.raises(TypeError, match="object of type set"):
        pack({"a": {1}})
    with pytest.raises(ValueError, match="64 bits"):
        pack(2**64)
    deep = []
    for _ in range(100):
        deep = [deep]
    with pytest.raises(ValueError, match="levels deep"):
        pack(deep)
    for wrong in (b"", b"\x92\x01", pack(1) + b"\x00", b"\x91" * 100 + b"\x00"):
        with pytest.raises(ValueError):
            unpack(wrong)


def test_what_cannot_travel_with_a_report_is_refused_with_its_reason(environment):
    engine = bridge.current().engine
    engine.add_to_report(1, {"mine": [1, {"deep": None}]})
    with pytest.raises(TypeError, match="object of type set"):
        engine.add_to_report(1, {"mine": {1}})
    with pytest.raises(ValueError, match="at most 1048576 are taken"):
        engine.add_to_report(1, {"mine": "x" * (1 << 21)})


def test_a_copy_of_the_process_makes_no_requests_and_counts_none(client, environment):
    engine = bridge.current().engine
    engine.close_for_copy()
    with pytest.raises(RuntimeError, match="forked from a worker"):
        client.get("/")
    engine.record("GET", "/", 1.0, 1, None)
    engine.flush()
    assert engine.shutdown(1.0) is False


def test_an_engine_that_a_greenlet_starts_sends_that_greenlets_first_request(server):
    def first_request():
        bridge.reset()
        try:
            session = HttpSession(server, RequestEventHook())
            return session.get("/text").status_code
        finally:
            bridge.reset()

    assert gevent.spawn(first_request).get(timeout=5) == 200
