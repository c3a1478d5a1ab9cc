"""Proxies of both clients, on the real engine."""

from __future__ import annotations

import socket

import pytest
import requests
from requests.exceptions import InvalidProxyURL

from acrida import FastHttpUser, HttpUser
from acrida.clients import HttpSession
from servers import Proxy

pytestmark = pytest.mark.engine


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def test_a_requests_own_proxy_gets_the_whole_url(make_user, target, proxy, rows):
    client = make_user(HttpUser, target.url).client
    response = client.get("/echo?x=1", proxies={"http": proxy.url})
    assert response.json()["query"] == "x=1"
    assert proxy.asked[0][0] == f"GET {target.url}/echo?x=1 HTTP/1.1"
    assert "proxy-authorization" not in proxy.asked[0][1]
    # What is recorded and said of the request does not change.
    assert response.url == response.request.url == f"{target.url}/echo?x=1"
    assert rows() == {("/echo?x=1", "GET"): (1, 0)}
    client.get("/echo")
    assert len(proxy.asked) == 1


@pytest.mark.parametrize("spelling", ["all", "http", "http://127.0.0.1", "all://127.0.0.1"])
def test_proxies_of_a_session_are_used_until_they_are_taken_back(make_user, target, proxy, spelling):
    client = make_user(HttpUser, target.url).client
    client.proxies[spelling] = proxy.url
    for _ in range(3):
        assert client.get("/echo").ok
    assert (len(proxy.asked), proxy.connections) == (3, 1)
    client.proxies.clear()
    assert client.get("/echo").ok
    client.proxies = {spelling: proxy.url}
    assert client.post("/echo", data="body").json()["body"] == "body"
    assert len(proxy.asked) == 4


def test_a_requests_own_proxies_count_before_the_sessions(make_user, target, proxy):
    client = make_user(HttpUser, target.url).client
    client.proxies = {"http": "http://127.0.0.1:1", "https": "http://127.0.0.1:1"}
    assert client.get("/echo", proxies={"http": proxy.url}).ok
    assert client.get("/echo", proxies={"http": None}).ok
    assert client.get("/echo", proxies={"http": ""}).ok
    assert len(proxy.asked) == 1


def test_cookies_are_kept_on_every_way(make_user, target, proxy):
    client = make_user(HttpUser, target.url).client
    client.get("/cookies", proxies={"http": proxy.url})
    assert client.get("/echo").json()["headers"]["cookie"] == "a=1; b=2"
    assert client.get("/echo", proxies={"http": proxy.url}).json()["headers"]["cookie"] == "a=1; b=2"


@pytest.mark.parametrize("kind", [HttpUser, FastHttpUser])
def test_a_tls_target_is_reached_by_one_tunnel(make_user, secure_target, proxy, kind):
    user = make_user(
        kind,
        secure_target.url,
        **({"proxy_host": "127.0.0.1", "proxy_port": proxy.port} if kind is FastHttpUser else {}),
    )
    if kind is HttpUser:
        user.client.verify = False
        user.client.proxies = {"https": proxy.url}
    for _ in range(2):
        assert user.client.get("/echo").json()["path"] == "/echo"
    assert [line for line, _ in proxy.asked] == [f"CONNECT 127.0.0.1:{secure_target.port} HTTP/1.1"]
    assert len(secure_target.connections) == 1


def test_credentials_of_the_url_are_sent_to_the_proxy_alone(make_user, target, secure_target):
    proxy = Proxy(login="Basic dTpw")  # u:p
    client = make_user(HttpUser, target.url).client
    client.verify = False
    with_login = {"all": f"http://u:p@127.0.0.1:{proxy.port}"}
    assert (
        "proxy-authorization" in client.get("/echo", proxies=with_login).json()["headers"]
    )  # ours passes it on
    assert client.get("/echo", proxies={"all": proxy.url}).status_code == 407
    tunnelled = client.get(f"{secure_target.url}/echo", proxies=with_login).json()
    assert "proxy-authorization" not in tunnelled["headers"]
    refused = client.get(f"{secure_target.url}/echo", proxies={"all": proxy.url})
    assert refused.status_code == 0 and isinstance(refused.error, requests.exceptions.ProxyError)
    assert "refused the tunnel: 407" in str(refused.error)
    proxy.stop()


@pytest.mark.parametrize("kind", [HttpUser, FastHttpUser])
def test_a_proxy_that_is_not_there_is_named_in_the_failure(make_user, target, kind):
    port = closed_port()
    if kind is HttpUser:
        user = make_user(kind, target.url)
        user.client.proxies = {"http": f"http://user:secret@127.0.0.1:{port}"}
    else:
        user = make_user(kind, target.url, proxy_host="127.0.0.1", proxy_port=port)
    response = user.client.get("/echo")
    assert response.status_code == 0
    with pytest.raises(OSError, match=f"cannot connect to proxy 127.0.0.1:{port}"):
        response.raise_for_status()
    recorded = response._c.failure()
    assert recorded.startswith("ProxyError(") and "secret" not in recorded


def test_a_redirect_goes_by_its_own_proxy(make_user, target, proxy):
    client = make_user(HttpUser, target.url).client
    client.proxies = {"http://localhost": proxy.url}
    response = client.get(f"/to?http://localhost:{target.port}/echo")
    assert response.ok and [r.status_code for r in response.history] == [302]
    assert [line for line, _ in proxy.asked] == [f"GET http://localhost:{target.port}/echo HTTP/1.1"]


def test_the_environment_counts_for_who_trusts_it(make_user, target, proxy, monkeypatch, environment):
    monkeypatch.setenv("http_proxy", proxy.url)
    monkeypatch.delenv("no_proxy", raising=False)
    user = make_user(HttpUser, target.url)
    assert user.client.trust_env is False
    user.client.get("/echo")
    assert proxy.asked == []
    user.client.trust_env = True
    user.client.get("/echo")
    assert len(proxy.asked) == 1
    session = HttpSession(target.url, environment.events.request, None)
    assert session.trust_env is True and session.get("/echo").ok
    assert len(proxy.asked) == 2
    monkeypatch.setenv("no_proxy", "127.0.0.0/8")
    HttpSession(target.url, environment.events.request, None).get("/echo")
    assert len(proxy.asked) == 2


def test_what_is_no_proxy_is_refused_at_once(make_user, target):
    client = make_user(HttpUser, target.url).client
    with pytest.raises(ValueError, match="SOCKS proxies are not supported"):
        client.proxies = {"http": "socks5://127.0.0.1:1"}
    client = make_user(HttpUser, target.url).client
    with pytest.raises(InvalidProxyURL, match="proxy"):
        client.get("/echo", proxies={"http": "http://:99999"})
    assert client.get("/echo").ok
    with pytest.raises(ValueError, match="proxy_port"):
        make_user(FastHttpUser, target.url, proxy_host="127.0.0.1")
