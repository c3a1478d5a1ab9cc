"""Connections that users share, and how many of them there are, on the real engine."""

from __future__ import annotations

import gevent
import pytest
import urllib3
from gevent.event import Event
from gevent.pool import Pool

from acrida import FastHttpUser, HttpUser

pytestmark = pytest.mark.engine


class HTTPClientPool:
    """What geventhttpclient's looks like from outside."""

    def __init__(self, **arguments):
        self.client_args = arguments


SHARING = [
    (HttpUser, {"pool_manager": urllib3.PoolManager(maxsize=2, block=True)}),
    (FastHttpUser, {"client_pool": HTTPClientPool(concurrency=2)}),
]


def until(condition):
    with gevent.Timeout(5):
        while not condition():
            gevent.sleep(0.005)


@pytest.mark.parametrize("kind, shared", SHARING)
def test_users_of_a_pool_share_connections_but_no_cookies(make_user, target, kind, shared):
    users = [make_user(kind, target.url, **shared) for _ in range(4)]
    users[0].client.get("/cookies")
    for user in users[1:]:
        assert "cookie" not in user.client.get("/echo").json()["headers"]
    assert "cookie" in users[0].client.get("/echo").json()["headers"]
    assert target.connections == [5]


@pytest.mark.parametrize("kind, shared", SHARING)
def test_a_pool_has_no_more_connections_than_it_may(make_user, target, kind, shared):
    users = [make_user(kind, target.url, **shared) for _ in range(5)]
    jobs = [gevent.spawn(user.client.get, "/wait") for user in users]
    until(lambda: target.waiting == 2)
    gevent.sleep(0.05)
    assert target.waiting == 2
    target.release.set()
    assert [job.get(timeout=5).status_code for job in jobs] == [200] * 5
    assert len(target.connections) == 2


def test_a_pool_that_does_not_block_makes_more_and_keeps_its_size(make_user, target):
    manager = urllib3.PoolManager(maxsize=1)
    users = [make_user(HttpUser, target.url, pool_manager=manager) for _ in range(3)]
    jobs = [gevent.spawn(user.client.get, "/wait") for user in users]
    until(lambda: target.waiting == 3)
    target.release.set()
    gevent.joinall(jobs, timeout=5, raise_error=True)
    for user in users:
        user.client.get("/echo")
    assert len(target.connections) == 3


def test_who_gives_up_leaves_the_queue(make_user, target):
    manager = urllib3.PoolManager(maxsize=1, block=True)
    one, two, three = (make_user(HttpUser, target.url, pool_manager=manager) for _ in range(3))
    stuck = gevent.spawn(one.client.get, "/wait")
    until(lambda: target.waiting == 1)
    waiting = gevent.spawn(two.client.get, "/echo")
    gevent.sleep(0.05)
    waiting.kill()
    last = gevent.spawn(three.client.get, "/echo")
    gevent.sleep(0.05)
    stuck.kill()  # its connection ends, and its place is the third one's
    assert last.get(timeout=5).ok


def test_users_without_a_pool_have_connections_of_their_own(make_user, target):
    for _ in range(3):
        make_user(HttpUser, target.url).client.get("/echo")
    assert target.connections == [1, 1, 1]


def test_concurrency_bounds_the_requests_of_one_user(make_user, target):
    client = make_user(FastHttpUser, target.url, concurrency=2).client
    pool = Pool()
    jobs = [pool.spawn(client.get, "/wait") for _ in range(5)]
    until(lambda: target.waiting == 2)
    gevent.sleep(0.05)
    assert target.waiting == 2
    target.release.set()
    assert [job.get(timeout=5).status_code for job in jobs] == [200] * 5


def test_a_request_that_had_to_wait_still_times_out(make_user, target):
    client = make_user(FastHttpUser, target.url, concurrency=1, network_timeout=0.3).client
    done = Event()
    first = gevent.spawn(client.get, "/wait", timeout=30)
    first.link(lambda _: done.set())
    until(lambda: target.waiting == 1)
    second = gevent.spawn(client.get, "/wait")
    gevent.sleep(0.5)  # longer than the second one's time-out: waiting for a connection does not count
    assert not second.ready()
    first.kill()
    assert "timed out" in repr(second.get(timeout=5).error)


def test_streams_that_nobody_reads_give_their_connection_back(make_user, target):
    client = make_user(FastHttpUser, target.url, concurrency=1).client
    for _ in range(3):
        with gevent.Timeout(5):
            client.get("/echo", stream=True)


def test_closing_makes_later_requests_connect_anew(make_user, target):
    fast, http = make_user(FastHttpUser, target.url), make_user(HttpUser, target.url)
    fast.client.get("/echo")
    fast.client.client.clientpool.close()
    assert fast.client.get("/echo").ok
    http.client.get("/echo")
    http.client.close()
    assert http.client.get("/echo").ok
    assert target.connections == [1, 1, 1, 1]


def test_the_pools_own_settings_count(make_user, secure_target):
    checked = make_user(FastHttpUser, secure_target.url, client_pool=HTTPClientPool(concurrency=1))
    assert "SSL" in repr(checked.client.get("/echo").error)
    trusting = make_user(FastHttpUser, secure_target.url, client_pool=HTTPClientPool(insecure=True))
    assert trusting.client.get("/echo").ok


def test_what_is_no_pool_is_refused(make_user, target):
    with pytest.raises(ValueError, match="no connection pool"):
        make_user(HttpUser, target.url, pool_manager=object())
    with pytest.raises(ValueError, match="ProxyManager"):
        make_user(HttpUser, target.url, pool_manager=urllib3.ProxyManager("http://127.0.0.1:1"))
