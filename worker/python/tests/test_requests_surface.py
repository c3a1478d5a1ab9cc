"""What scripts use of `requests` through `HttpUser.client`, on the real engine."""

from __future__ import annotations

import io
import shutil
import ssl

import pytest
import requests
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth, HTTPDigestAuth
from urllib3.util import Retry

from acrida import HttpUser
from acrida.exception import LocustError

pytestmark = pytest.mark.engine


@pytest.fixture
def client(make_user, target):
    return make_user(HttpUser, target.url).client


def test_digest_authentication_is_one_request_of_the_statistics(client, target, rows):
    heard = []
    client.request_event.add_listener(lambda **kwargs: heard.append(kwargs))
    response = client.get("/digest", name="signed", auth=HTTPDigestAuth("u", "p"))
    assert (response.status_code, response.text) == (200, "hello")
    assert [r.status_code for r in response.history] == [401]
    assert response.request.headers["authorization"].startswith('Digest username="u"')
    assert sum(target.connections) == 2
    assert rows() == {("signed", "GET"): (1, 0)}
    assert [(e["name"], e["exception"]) for e in heard] == [("signed", None)]


def test_digest_authentication_of_a_session_in_a_with_block(client, rows):
    client.auth = HTTPDigestAuth("u", "p")
    with client.post("/digest", data={"a": "b"}, catch_response=True) as response:
        assert response.text == "hello"
        response.failure("but wrong")
    assert client.get("/digest").ok
    assert rows() == {("/digest", "POST"): (1, 1), ("/digest", "GET"): (1, 0)}


def test_basic_authentication_by_pair_and_by_object(client):
    for auth in (("u", "p"), HTTPBasicAuth("u", "p")):
        assert client.get("/echo", auth=auth).json()["headers"]["authorization"] == "Basic dTpw"
    client.auth = HTTPBasicAuth("u", "p")
    assert not client._slow
    assert client.get("/echo").json()["headers"]["authorization"] == "Basic dTpw"


def test_a_callable_as_auth_sees_and_changes_everything(client):
    def sign(request):
        assert request.headers["X-Session"] == "1" and request.body == "a=b"
        request.headers["X-Signed"] = f"{request.method} {request.path_url}"
        request.prepare_url(request.url, {"signature": "s"})
        return request

    client.headers["X-Session"] = "1"
    sent = client.post("/echo?x=1", data={"a": "b"}, auth=sign).json()
    assert sent["headers"]["x-signed"] == "POST /echo?x=1"
    assert (sent["query"], sent["body"], sent["headers"]["x-session"]) == ("x=1&signature=s", "a=b", "1")


def test_hooks_see_each_hop_and_may_replace_the_response(client, rows):
    seen = []
    client.hooks["response"].append(lambda response, **kwargs: seen.append((response.status_code, kwargs)))
    client.get("/to?/echo", timeout=5)
    assert [status for status, _ in seen] == [302, 200]
    assert seen[0][1]["timeout"] == 5
    replaced = client.get("/status/500", hooks={"response": lambda r, **_: r.connection.send(ok(r))})
    assert replaced.ok
    assert rows()[("/status/500", "GET")] == (1, 0)


def ok(response):
    request = response.request.copy()
    request.url = request.url.replace("/status/500", "/echo")
    return request


def test_a_hook_that_raises_for_status_fails_the_request(client, rows):
    def check(response, **_):
        response.raise_for_status()

    response = client.get("/status/404", hooks={"response": check})
    assert response.status_code == 0 and isinstance(response.error, requests.HTTPError)
    assert client.get("/echo", hooks={"response": check}).ok
    with client.get("/status/404", name="caught", hooks={"response": check}, catch_response=True) as response:
        pass
    assert rows() == {
        ("/status/404", "GET"): (1, 1),
        ("/echo", "GET"): (1, 0),
        ("caught", "GET"): (1, 1),
    }


def test_a_hook_with_a_mistake_raises_in_the_task(client, rows):
    def mistaken(response, **_):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        client.get("/echo", hooks={"response": mistaken})
    assert rows() == {}


def test_prepared_requests_are_sent_but_not_recorded(client, target, rows):
    client.headers["X-Session"] = "1"
    client.cookies.set("c", "2")
    request = requests.Request(
        "POST", f"{target.url}/echo", params={"q": "1"}, data={"a": "b"}, headers={"X-Own": "3"}
    )
    prepared = client.prepare_request(request)
    assert (prepared.method, prepared.url, prepared.body) == ("POST", f"{target.url}/echo?q=1", "a=b")
    sent = client.send(prepared, timeout=5).json()
    assert (sent["body"], sent["query"]) == ("a=b", "q=1")
    assert {k: sent["headers"][k] for k in ("x-session", "x-own", "cookie")} == {
        "x-session": "1",
        "x-own": "3",
        "cookie": "c=2",
    }
    plain = client.send(requests.Request("GET", f"{target.url}/echo").prepare())
    assert "x-session" not in plain.json()["headers"]
    with pytest.raises(requests.exceptions.ConnectionError):
        client.send(requests.Request("GET", "http://127.0.0.1:1/").prepare())
    assert rows() == {}


def test_an_unfollowed_redirect_names_the_next_request(client, target):
    response = client.post("/to?/echo", data="x", allow_redirects=False)
    assert response.is_redirect and response.next.url == f"{target.url}/echo"
    assert (response.next.method, response.next.body) == ("GET", None)
    assert client.send(response.next).json()["method"] == "GET"
    assert client.get("/echo").next is None


def test_links_of_the_header(client):
    links = client.get("/links").links
    assert links["next"] == {"url": "/2", "rel": "next", "title": "two"}
    assert links["last"]["url"] == "http://other/9"
    assert client.get("/echo").links == {}


def test_raw_is_a_file_of_a_streamed_body(client):
    whole = io.BytesIO()
    shutil.copyfileobj(client.get("/gzip", stream=True).raw, whole)
    assert whole.getvalue() == b"line 1\nline 2\nline 3"
    raw = client.get("/gzip", stream=True).raw
    assert (raw.read(4), raw.readline(), list(raw)) == (b"line", b" 1\n", [b"line 2\n", b"line 3"])
    assert b"".join(client.get("/gzip", stream=True).raw.stream(5)) == whole.getvalue()
    assert (raw.status, raw.getheader("Content-Encoding")) == (200, "gzip")
    assert client.get("/gzip").raw.read() == b""


def test_text_without_a_charset_is_guessed_only_if_it_is_not_utf8(client):
    response = client.get("/latin")
    assert response.encoding is None and response.text.startswith("Sch") and "Köln" in response.text
    assert client.get("/echo").apparent_encoding == "utf-8"


def test_broken_json_raises_the_error_of_requests(client):
    with pytest.raises(requests.exceptions.JSONDecodeError):
        client.get("/").json()


def test_a_host_with_a_path_is_put_before_every_path(make_user, target, rows):
    user = make_user(HttpUser, f"{target.url}/api/v1")
    assert user.client.get("/echo").json()["path"] == "/api/v1/echo"
    assert rows() == {("/api/v1/echo", "GET"): (1, 0)}


@pytest.mark.parametrize("verb", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_may_have_a_body(client, verb):
    sent = getattr(client, verb.lower())("/echo", json={"a": 1}).json()
    assert (sent["method"], sent["body"]) == (verb, '{"a": 1}')


def test_files_are_sent_as_multipart(client):
    sent = client.post("/echo", data={"k": "v"}, files={"f": ("name.txt", b"content", "text/x")}).json()
    assert sent["headers"]["content-type"].startswith("multipart/form-data; boundary=")
    for part in ('name="k"\r\n\r\nv', 'name="f"; filename="name.txt"\r\nContent-Type: text/x\r\n\r\ncontent'):
        assert part in sent["body"]


def test_adapters_set_retries_and_pools(client, target):
    client.mount("http://", HTTPAdapter(max_retries=Retry(total=3, connect=2), pool_maxsize=7))
    assert client.get("/echo").ok
    engine_settings = client._sessions
    assert any("max_retries" in str(key) and "2" in str(key) for key in engine_settings)
    assert client.get_adapter(f"{target.url}/x").max_retries.total == 3


def test_adapters_that_cannot_be_honoured_are_refused(client):
    class Sending(HTTPAdapter):
        def send(self, *args, **kwargs):
            raise AssertionError("never called")

    for adapter in (Sending(), HTTPAdapter(max_retries=Retry(3, status_forcelist=[500]))):
        with pytest.raises(LocustError, match=r"cannot be (used|honoured)"):
            client.mount("https://", adapter)


def test_an_adapters_tls_context_is_taken_over(make_user, secure_target, certificate_files):
    class Trusting(HTTPAdapter):
        def init_poolmanager(self, *args, **kwargs):
            context = ssl.create_default_context(cafile=certificate_files[0])
            super().init_poolmanager(*args, ssl_context=context, **kwargs)

    client = make_user(HttpUser, secure_target.url).client
    assert isinstance(client.get("/echo").error, requests.exceptions.SSLError)
    client.mount("https://", Trusting())
    assert client.get("/echo").ok
