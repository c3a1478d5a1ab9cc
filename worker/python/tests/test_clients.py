"""The HTTP clients on the fake engine: what they submit, what they return, what they record."""

from __future__ import annotations

import io
import json

import gevent
import pytest

from acrida import FastHttpUser, HttpUser
from acrida.clients.body import add_params, encode_body
from acrida.clients.catch import Caught
from acrida.clients.response import charset_of
from acrida.clients.structures import CaseInsensitiveDict
from acrida.exception import CatchResponseError, LocustError, ResponseError, StopTest
from fake_engine import HOLD, FakeCompletion, FakeSession


class Site(HttpUser):
    host = "http://target"


class FastSite(FastHttpUser):
    host = "http://target"


@pytest.fixture(params=[Site, FastSite])
def client(request, env):
    return request.param(env).client


@pytest.fixture
def http(env):
    return Site(env).client


@pytest.fixture
def fast(env):
    return FastSite(env).client


def answer(engine, **kwargs):
    engine.responder = lambda request: kwargs


def last(engine):
    return engine.submitted[-1]


def last_session(engine):
    return FakeSession(engine, {"base_url": "http://h"}, {})


def test_a_plain_get_is_recorded_by_the_engine(client, engine):
    answer(engine, content=b"hello", headers=[("Content-Type", "text/plain; charset=utf-8")])
    response = client.get("/x")
    assert (response.status_code, response.text, response.ok) == (200, "hello", True)
    assert [r[:2] for r in engine.records] == [("GET", "/x")]
    assert last(engine)["flags"] == 0


@pytest.mark.parametrize("verb", ["get", "post", "put", "patch", "delete", "head", "options"])
def test_every_verb_sends_its_method(client, engine, verb):
    getattr(client, verb)("/x")
    assert last(engine)["method"] == verb.upper()


def test_a_user_without_host_stops_the_test(env):
    class NoHost(HttpUser):
        pass

    with pytest.raises(StopTest, match="--host"):
        NoHost(env)


def test_names_come_from_the_argument_or_rename_request(client, engine):
    client.get("/x", name="mine")
    assert last(engine)["name"] == "mine"
    with client.rename_request("group"):
        client.get("/y")
        client.post("/y")
        assert [r["name"] for r in engine.submitted[-2:]] == ["group", "group"]
    client.get("/z")
    assert last(engine)["name"] is None


def test_listeners_hear_of_requests_and_nothing_is_recorded_twice(client, engine, env):
    heard = []
    env.events.request.add_listener(lambda **kwargs: heard.append(kwargs))
    answer(engine, status=404, reason="Not Found")
    client.get("/x", context={"a": 1})
    assert len(engine.records) == 1
    event = heard[0]
    assert (event["request_type"], event["name"], event["context"]) == ("GET", "/x", {"a": 1})
    assert "404" in str(event["exception"])


def test_catch_response_default_outcome(client, engine):
    answer(engine, status=500, reason="Oops")
    with client.get("/x", catch_response=True):
        assert engine.records == []
    assert engine.records[0][4] == "status 500"


def test_catch_response_success_and_failure(client, engine):
    answer(engine, status=500, reason="Oops")
    with client.get("/x", catch_response=True) as r:
        r.success()
    with client.get("/x", catch_response=True) as r:
        r.failure("wrong")
    with client.post("/x", catch_response=True) as r:
        r.failure(KeyError("k"))
    assert [r[4] for r in engine.records] == [None, "CatchResponseError('wrong')", "KeyError('k')"]


def test_response_error_in_a_block_is_a_failure_and_other_exceptions_are_not_recorded(client, engine):
    with client.get("/x", catch_response=True):
        raise ResponseError("nope")
    with pytest.raises(KeyError), client.get("/x", catch_response=True):
        raise KeyError("k")
    assert [r[4] for r in engine.records] == ["ResponseError('nope')"]


def test_an_exception_after_failure_is_recorded_and_raised(client, engine):
    with pytest.raises(KeyError), client.get("/x", catch_response=True) as r:
        r.failure("first")
        raise KeyError("k")
    assert [r[4] for r in engine.records] == ["CatchResponseError('first')"]


def test_request_meta_can_be_changed(client, engine):
    with client.get("/x", catch_response=True) as r:
        r.request_meta["name"] = "other"
        r.request_meta["response_time"] = 7.0
    assert engine.records[0][:3] == ("GET", "other", 7.0)


def test_with_and_success_need_catch_response(client):
    response = client.get("/x")
    with pytest.raises(LocustError, match="catch_response=True"):
        response.success()
    caught = client.get("/x", catch_response=True)
    assert isinstance(caught, Caught)
    with pytest.raises(LocustError, match="with-block"):
        caught.failure("x")


def test_a_block_without_catch_response_is_an_error_for_http_users_only(http, fast):
    with pytest.raises(LocustError, match="catch_response=True"), http.get("/x"):
        pass
    with fast.get("/x") as response:
        assert response.status_code == 200


def test_a_block_reports_to_listeners_what_the_engine_would_have(client, engine, env):
    heard = []
    env.events.request.add_listener(
        lambda exception, name, **_: heard.append((name, type(exception).__name__))
    )
    for status in (200, 404):
        answer(engine, status=status, reason="r")
        with client.get("/x", catch_response=True):
            pass
    assert [name for name, _ in heard] == ["/x", "/x"]
    assert heard[0][1] == "NoneType"
    assert heard[1][1] in ("HTTPError", "LocustBadStatusCode")


def test_listeners_get_the_url_that_was_asked_for(client, engine, env):
    heard = []
    env.events.request.add_listener(lambda url, **_: heard.append(url))
    first = FakeCompletion(last_session(engine), "GET", "http://h/first", "n")
    answer(engine, history=[first])
    client.get("/x")
    assert heard == ["http://h/first"]


def test_a_stream_in_a_block_counts_the_announced_length(client, engine):
    answer(engine, chunks=[b"one"], headers=[("Content-Length", "3")])
    with client.get("/x", stream=True, catch_response=True) as r:
        r.success()
    assert engine.records[-1][3] == 3


def test_fast_responses_are_always_true_and_http_ones_if_they_are_ok(http, fast, engine):
    answer(engine, status=404)
    assert (bool(fast.get("/x")), bool(http.get("/x"))) == (True, False)


def test_fast_says_what_kind_of_body_it_sends(fast, engine):
    for data, kind in (("t", "text/plain; charset=utf-8"), (b"b", "application/octet-stream")):
        fast.post("/x", data=data)
        assert dict(last(engine)["headers"]) == {"Content-Type": kind}
    fast.post("/x", data=b"b", headers={"content-type": "own/type"})
    assert last(engine)["headers"] == [("content-type", "own/type")]


def test_fast_takes_time_outs_and_cookies_and_ignores_what_else_requests_knows(fast, engine, caplog):
    fast.get("/x", timeout=(1, 2), cookies={"a": "b"}, verify=False)
    assert last(engine)["timeouts"] == (1, 2)
    assert last(engine)["headers"] == [("Cookie", "a=b")]
    assert "verify" in caplog.text


def test_raise_for_status_in_a_block_respects_what_was_said(client, engine):
    answer(engine, status=404, reason="Not Found")
    with client.get("/x", catch_response=True) as r:
        r.success()
        r.raise_for_status()
    with pytest.raises(CatchResponseError), client.get("/x", catch_response=True) as r:
        r.failure("f")
        r.raise_for_status()


def test_a_killed_wait_cancels_the_request(client, engine):
    engine.responder = lambda request: HOLD
    for stop in ("kill", "timeout"):
        if stop == "kill":
            greenlet = gevent.spawn(client.get, "/x")
            gevent.sleep(0)
            greenlet.kill()
        else:
            with gevent.Timeout(0.01, False):
                client.get("/x", headers={"a": "b"})
    assert engine.cancelled == [1, 2]


def test_failed_http_request(http, engine):
    answer(engine, status=0, error=("refused", "ConnectionRefusedError(111, 'Connection refused')"))
    r = http.get("/x")
    assert (r.status_code, r.text, r.content, r.url, r.ok) == (0, "", None, None, False)
    assert dict(r.headers) == {}
    with pytest.raises(type(r.error)):
        r.raise_for_status()
    with pytest.raises(json.JSONDecodeError):
        r.json()
    import requests

    assert isinstance(r.error, requests.exceptions.ConnectionError)


def test_failed_fast_request(fast, engine):
    answer(engine, status=0, error=("refused", "ConnectionRefusedError(111, 'Connection refused')"))
    r = fast.get("/x")
    assert (r.status_code, r.text, r.content, r.headers, r.url) == (0, None, None, None, "http://target/x")
    with pytest.raises(ConnectionRefusedError):
        r.raise_for_status()


@pytest.mark.parametrize(
    ("kind", "text", "error", "reported"),
    [
        ("reset", "ConnectionResetError(104, 'x')", "ConnectionError", "ConnectionResetError(104, 'x')"),
        ("connect_timeout", "ConnectTimeout('x')", "ConnectTimeout", "ConnectTimeout('x')"),
        (
            "malformed",
            "MalformedResponse('x')",
            "ConnectionError",
            "ConnectionError(\"MalformedResponse('x')\")",
        ),
        ("dns", "strange", "ConnectionError", "ConnectionError('strange')"),
    ],
)
def test_errors_have_the_classes_of_requests_and_listeners_get_the_cause(
    http, engine, env, kind, text, error, reported
):
    heard = []
    env.events.request.add_listener(lambda exception, **kwargs: heard.append(exception))
    answer(engine, status=0, error=(kind, text))
    assert type(http.get("/x").error).__name__ == error
    assert repr(heard[0]) == reported


def test_bad_urls_raise(http, fast):
    import requests

    with pytest.raises(requests.exceptions.InvalidURL):
        http.get("bad:x")
    with pytest.raises(ValueError):
        fast.post("bad:x")


def test_http_error_reads_like_requests(http, engine):
    import requests

    answer(engine, status=404, reason="Not Found")
    with pytest.raises(
        requests.exceptions.HTTPError, match="404 Client Error: Not Found for url: http://target/x"
    ):
        http.get("/x").raise_for_status()


def test_fast_bad_status_has_an_error(fast, engine):
    answer(engine, status=404, reason="Not Found")
    assert repr(fast.get("/x").error) == "LocustBadStatusCode(code=404)"


def test_session_headers_are_sent_and_request_headers_override_them(http, engine):
    http.headers["X-A"] = "1"
    http.headers.update({"Authorization": "token"})
    http.get("/x")
    assert last(engine)["headers"] == [("X-A", "1"), ("Authorization", "token")]
    http.get("/x", headers={"x-a": "2", "Accept": None})
    assert dict(last(engine)["headers"]) == {"x-a": "2", "Authorization": "token", "Accept": None}
    del http.headers["x-a"], http.headers["Authorization"], http.headers["User-Agent"]
    http.get("/x")
    assert last(engine)["headers"] == [("User-Agent", None)]


def test_auth_of_session_and_request(http, engine):
    http.auth = ("u", "p")
    http.get("/x")
    assert last(engine)["headers"] == [("Authorization", "Basic dTpw")]
    http.get("/x", auth=("a", "b"))
    assert last(engine)["headers"] == [("Authorization", "Basic YTpi")]

    def bearer(request):
        request.headers["Authorization"] = f"Bearer {request.method}"
        return request

    http.auth = bearer
    http.get("/x")
    assert ("Authorization", "Bearer GET") in last(engine)["headers"]


def test_session_params_and_request_params_are_merged(http, engine):
    http.params = {"a": 1}
    http.get("/x?z=0", params={"b": [1, 2]})
    assert last(engine)["url"] == "http://target/x?z=0&a=1&b=1&b=2"


def test_cookies(http, engine):
    http.cookies.set("a", "1")
    http.cookies["b"] = "2"
    assert http.cookies.get_dict() == {"a": "1", "b": "2"}
    del http.cookies["a"]
    assert "a" not in http.cookies and http.cookies["b"] == "2"
    http.get("/x", cookies={"c": "3"})
    assert last(engine)["headers"] == [("Cookie", "b=2; c=3")]
    answer(engine, headers=[("Set-Cookie", "sid=xyz; Path=/"), ("Set-Cookie", "n=1")])
    assert http.get("/x").cookies.get_dict() == {"sid": "xyz", "n": "1"}


def test_verify_and_cert_make_another_profile_with_the_same_cookies(http, engine):
    http.cookies["a"] = "1"
    http.get("/x", verify=False)
    assert engine.profiles[-1]["verify"] is False
    assert last(engine)["session"].cookies() == [("a", "1", "", "/")]
    http.verify = "/ca.pem"
    http.get("/x")
    assert (engine.profiles[-1]["verify"], engine.profiles[-1]["ca_file"]) == (True, "/ca.pem")
    http.get("/x", cert=("c.pem", "k.pem"))
    assert engine.profiles[-1]["client_cert"] == ("c.pem", "k.pem")


def test_equal_users_share_a_profile(env, engine):
    Site(env), Site(env)
    assert len(engine.profiles) == 1


def test_timeouts_redirects_and_bodies(http, engine):
    http.get("/x", timeout=3)
    assert last(engine)["timeouts"] == (3, 3)
    http.get("/x", timeout=(1, 2), allow_redirects=False)
    assert (last(engine)["timeouts"], last(engine)["flags"]) == ((1, 2), 4)
    http.head("/x")
    assert last(engine)["flags"] == 4
    http.post("/x", {"a": "ä b", "c": [1, 2]})
    assert last(engine)["body"] == b"a=%C3%A4+b&c=1&c=2"
    http.post("/x", json={"a": None})
    assert last(engine)["body"] == b'{"a": null}'
    assert last(engine)["headers"] == [("Content-Type", "application/json")]


def test_fast_json_asks_for_json(fast, engine):
    fast.post("/x", json={})
    assert dict(last(engine)["headers"]) == {"Content-Type": "application/json", "Accept": "application/json"}


def test_fast_user_settings_reach_the_engine(env, engine):
    class Tuned(FastHttpUser):
        host = "http://target"
        network_timeout = 5
        connection_timeout = 2
        max_retries = 3
        insecure = False
        default_headers = {"X-A": "1"}

    Tuned(env)
    profile = engine.profiles[-1]
    assert (profile["read_timeout"], profile["connect_timeout"], profile["max_retries"]) == (5, 2, 3)
    assert profile["verify"] is True and ("X-A", "1") in profile["headers"]


def test_streams_are_read_in_lines(client, engine):
    answer(engine, chunks=[b"one\ntw", b"o\r\nthree"], headers=[("Content-Length", "14")])
    response = client.get("/x", stream=True)
    assert [r[:2] + r[3:] for r in engine.records] == [("GET", "/x", 14, None)]
    assert list(response.iter_lines()) == [b"one", b"two", b"three"]


@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_json_may_come_in_any_charset_that_json_may_have(client, engine, charset):
    answer(engine, content='{"a": "ä"}'.encode(charset))
    assert client.get("/x").json() == {"a": "ä"}
    answer(engine, content=b"{'no': json}")
    with pytest.raises(json.JSONDecodeError, match="line 1 column 2"):
        client.get("/x").json()


def test_streams_give_their_whole_content(client, engine):
    answer(engine, chunks=[b"one", b"two"])
    assert client.get("/x", stream=True).content == b"onetwo"


def test_fast_iter_lines(fast, engine):
    answer(engine, chunks=[b"a\nb", b"c\n"])
    assert list(fast.iter_lines("/x")) == ["a", "bc"]


def test_hooks_are_called(http):
    seen = []
    http.hooks["response"].append(lambda r, **kw: seen.append("session"))
    http.get("/x", hooks={"response": lambda r, **kw: seen.append("request")})
    assert seen == ["session", "request"]


def test_rest_marks_failed_assertions(env, engine):
    user = Site(env)
    answer(engine, content=b'{"a": 1}')
    with user.rest("GET", "/x") as r:
        raise AssertionError("a is wrong,")
    with user.rest_("POST", "/x?y=1", json={}) as r:
        _ = r.js["missing"]
    answer(engine, content=b"<html>")
    with user.rest("GET", "/x") as r:
        assert r.js is None
    errors = [r[4] for r in engine.records]
    assert errors[0] == "CatchResponseError('a is wrong, response was {\"a\": 1}')"
    assert (
        "KeyError:" in errors[1] and "test_clients.py" in errors[1] and engine.records[1][1] == "/x?y=1&_=..."
    )
    assert "Could not parse response as JSON" in errors[2]


def test_request_and_history_of_a_response(http, engine):
    r = http.post("/x?q=1", data=b"abc", headers={"X-A": "1"})
    assert (r.request.method, r.request.url, r.request.body) == ("POST", "http://target/x?q=1", b"abc")
    assert r.request.path_url == "/x?q=1" and r.request.headers["x-a"] == "1"
    assert r.history == [] and r.elapsed.total_seconds() == 0.0015


def test_charsets():
    assert charset_of("text/html") == "ISO-8859-1"
    assert charset_of('text/html; charset="koi8-r"') == "koi8-r"
    assert charset_of("application/json") == "utf-8"
    assert charset_of("image/png") is None


def test_text_uses_an_assigned_encoding(http, engine):
    answer(engine, content="ä".encode(), headers=[("Content-Type", "text/plain")])
    r = http.get("/x")
    assert r.text == "Ã¤"
    r.encoding = "utf-8"
    assert r.text == "ä"


def test_headers_compare_without_case_and_join():
    headers = CaseInsensitiveDict.joined([("X-A", "1"), ("x-a", "2"), ("B", "3")])
    assert headers["x-A"] == "1, 2" and "b" in headers and headers.get("c") is None
    assert headers == {"x-a": "1, 2", "B": "3"}


def test_params():
    assert add_params("/x#f", {"a": None, "b": "c d"}) == "/x?b=c+d#f"
    assert add_params("/x", b"a=1") == "/x?a=1"
    assert add_params("/x", {}) == "/x"


def test_multipart():
    upload = io.BytesIO(b"data")
    body, content_type = encode_body(
        {"field": "v"}, None, {"up": ("n.txt", upload, "text/plain"), "raw": b"r"}
    )
    boundary = content_type.partition("boundary=")[2].encode()
    parts = body.split(b"--" + boundary)
    assert parts[1] == b'\r\nContent-Disposition: form-data; name="field"\r\n\r\nv\r\n'
    assert b'name="up"; filename="n.txt"\r\nContent-Type: text/plain\r\n\r\ndata\r\n' in parts[2]
    assert b'name="raw"; filename="raw"\r\n\r\nr\r\n' in parts[3]
    assert parts[4] == b"--\r\n"


def test_bodies_of_every_kind():
    assert encode_body(io.StringIO("x"), None, None) == (b"x", None)
    assert encode_body([("a", 1), ("a", 2)], None, None) == (b"a=1&a=2", "application/x-www-form-urlencoded")
    assert encode_body((c for c in [b"a", "b"]), None, None) == (b"ab", None)
    assert encode_body("", {"a": 1}, None) == (b'{"a": 1}', "application/json")
