"""What scripts use of `FastHttpUser` beyond plain requests, on the real engine."""

from __future__ import annotations

import gc
import ssl

import gevent
import pytest
from gevent.pool import Pool

from acrida import FastHttpUser, HttpUser
from acrida.contrib import fasthttp
from acrida.exception import LocustError

pytestmark = pytest.mark.engine


@pytest.fixture
def client(make_user, target):
    return make_user(FastHttpUser, target.url).client


def test_headers_that_occur_several_times_are_lists(client):
    headers = client.get("/cookies").headers
    assert headers["set-cookie"] == ["a=1; Path=/", "b=2; Path=/"] == headers.getlist("Set-Cookie")
    assert headers["content-type"].startswith("text/plain") and headers.get_all("X-None") is None
    assert client.get("/cookies").info()["Content-Length"] == "5"


def test_the_response_reads_like_one_of_geventhttpclient(client):
    response = client.get("/gzip")
    assert (response.status, response.data) == ("200", b"line 1\nline 2\nline 3")
    assert len(response) == int(response.headers["content-length"])
    streamed = client.get("/gzip", stream=True)
    assert not streamed.isclosed() and streamed.readline() == b"line 1\n"
    streamed.release()


def test_a_tls_context_of_the_script_is_honoured(make_user, secure_target, certificate_files):
    def trusting():
        return ssl.create_default_context(cafile=certificate_files[0])

    for insecure in (True, False):
        checked = make_user(FastHttpUser, secure_target.url, insecure=insecure, ssl_context_factory=trusting)
        assert checked.client.get("/echo").ok
        strict = {"insecure": insecure, "ssl_context_factory": staticmethod(ssl.create_default_context)}
        refused = make_user(FastHttpUser, secure_target.url, **strict)
        assert "unknown issuer" in repr(refused.client.get("/echo").error)
    open_one = staticmethod(fasthttp.insecure_ssl_context_factory)
    assert make_user(FastHttpUser, secure_target.url, ssl_context_factory=open_one).client.get("/echo").ok


def test_a_client_certificate_of_a_context_is_taken_over(make_user, target, certificate_files, tmp_path):
    def showing():
        context = ssl.create_default_context()
        context.load_cert_chain(*certificate_files)
        return context

    client = make_user(FastHttpUser, target.url, ssl_context_factory=showing).client
    assert client._settings["client_cert"] == certificate_files
    gc.collect()
    assert make_user(FastHttpUser, target.url, ssl_context_factory=showing).client.get("/echo").ok


def old():
    context = ssl.create_default_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def with_ciphers():
    context = ssl.create_default_context()
    context.set_ciphers("ECDHE+AESGCM")
    return context


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(
    "factory, why", [(old, "TLS 1.2 and 1.3"), (with_ciphers, "set_ciphers"), (lambda: 5, "must return")]
)
def test_a_context_that_cannot_be_honoured_stops_the_user_at_its_start(make_user, target, factory, why):
    with pytest.raises(ValueError, match=why):
        make_user(FastHttpUser, target.url, ssl_context_factory=staticmethod(factory))


def test_names_that_scripts_import():
    names = """FAILURE_EXCEPTIONS ErrorResponse FastHttpSession FastHttpUser FastRequest FastResponse
        LocustBadStatusCode LocustUserAgent ResponseContextManager RestResponseContextManager
        absolute_http_url_regexp insecure_ssl_context_factory"""
    for name in names.split():
        assert hasattr(fasthttp, name), name
    with pytest.raises(LocustError, match="catch_response"):
        fasthttp.LocustUserAgent.valid_response_codes = frozenset([404])
    with pytest.raises(LocustError, match="cannot be subclassed"):
        type("Mine", (fasthttp.LocustUserAgent,), {})


def test_failures_are_among_the_documented_exceptions(client):
    for path in ("http://127.0.0.1:1/", "/status/500"):
        error = client.get(path, name="x").error
        assert isinstance(error, (*fasthttp.FAILURE_EXCEPTIONS, fasthttp.LocustBadStatusCode)), error


@pytest.mark.parametrize("kind", [HttpUser, FastHttpUser])
def test_requests_of_one_user_run_side_by_side_and_keep_their_names(make_user, target, rows, kind):
    user = make_user(kind, target.url)
    pool = Pool()
    for number in range(5):
        pool.spawn(user.client.get, "/wait", name=f"n{number}")
    with gevent.Timeout(5):
        while target.waiting < 5:
            gevent.sleep(0.005)
    target.release.set()
    assert pool.join(5)
    assert rows() == {(f"n{number}", "GET"): (1, 0) for number in range(5)}


@pytest.mark.parametrize("kind", [HttpUser, FastHttpUser])
def test_assertions_in_rest_are_failures_and_the_task_goes_on(make_user, target, environment, rows, kind):
    heard = []
    environment.events.request.add_listener(lambda **kwargs: heard.append(kwargs))
    user = make_user(kind, target.url)
    with user.rest("POST", "/echo", json={"a": 1}, name="good", context={"k": 1}) as response:
        assert response.js["body"] == '{"a": 1}'
    with user.rest("GET", "/echo", name="bare") as response:
        assert response.js is None
    with user.rest("GET", "/echo", name="said") as response:
        raise AssertionError("too much,")  # not `assert`, whose text pytest rewrites
    with user.rest("GET", "/echo", name="raised") as response:
        response.js["missing"]
    with user.rest("GET", "/", name="no json") as response:
        pass
    with user.rest_("GET", "/echo?x=1") as response:
        assert "_=" in response.js["query"]
    assert rows() == {
        ("good", "POST"): (1, 0),
        ("bare", "GET"): (1, 1),
        ("said", "GET"): (1, 1),
        ("raised", "GET"): (1, 1),
        ("no json", "GET"): (1, 1),
        ("/echo?x=1&_=...", "GET"): (1, 0),
    }
    texts = {event["name"]: str(event["exception"]) for event in heard}
    assert texts["bare"].startswith("Assertion failed") or "assert" in texts["bare"]
    assert texts["said"].startswith("too much, response was {")
    assert texts["raised"].startswith("KeyError: 'missing' at ")
    assert heard[0]["context"] == {"k": 1}


@pytest.mark.parametrize("kind", [HttpUser, FastHttpUser])
def test_the_users_context_and_the_requests_own_reach_listeners(make_user, target, environment, kind):
    heard = []
    environment.events.request.add_listener(lambda context, **_: heard.append(context))
    user = make_user(kind, target.url, context=lambda self: {"user": 1, "both": "user"})
    user.client.get("/echo", context={"own": 2, "both": "own"})
    with user.client.get("/echo", catch_response=True) as response:
        response.request_meta["context"]["late"] = 3
    assert heard == [{"user": 1, "both": "own", "own": 2}, {"user": 1, "both": "user", "late": 3}]


@pytest.mark.parametrize("kind", [HttpUser, FastHttpUser])
def test_a_with_block_fails_with_a_text_an_exception_or_nothing(make_user, target, environment, kind):
    heard = []
    environment.events.request.add_listener(lambda **kwargs: heard.append(repr(kwargs["exception"])))
    client = make_user(kind, target.url).client
    with client.get("/echo", catch_response=True) as response:
        response.failure(ValueError("mine"))
    with client.get("/status/500", catch_response=True) as response:
        response.success()
    with client.get("/echo", catch_response=True) as response:
        response.failure("text")
        response.success()
    assert heard == ["ValueError('mine')", "None", "None"]
    with pytest.raises(LocustError, match="catch_response"):
        client.get("/echo").failure("x")


def test_a_response_without_an_answer_is_an_error_response(client):
    assert isinstance(client.get("http://127.0.0.1:1/"), fasthttp.ErrorResponse)
    assert not isinstance(client.get("/echo"), fasthttp.ErrorResponse)
    assert issubclass(fasthttp.ErrorResponse, fasthttp.FastResponse)
