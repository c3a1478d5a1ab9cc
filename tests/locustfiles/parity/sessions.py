"""What scripts set on sessions of both users (proxies, pools, auth, hooks, adapters); noted in $NOTES."""

import io
import os
import shutil
from urllib.parse import urlsplit

import gevent
import requests
from gevent.pool import Pool
from gevent.pywsgi import WSGIServer
from gevent.server import StreamServer
from locust import FastHttpUser, HttpUser, constant, events, task
from locust.exception import StopUser
from locust.runners import WorkerRunner
from requests.adapters import HTTPAdapter
from requests.auth import HTTPBasicAuth, HTTPDigestAuth
from urllib3 import PoolManager

runner = None
asked = []


def note(who, what):
    with open(os.environ["NOTES"], "a") as f:
        f.write(f"{who}: {what}\n")


def answer(environ, start_response):
    headers, status, body = [("Content-Type", "text/plain")], "200 OK", b"hello"
    if environ["PATH_INFO"] == "/digest" and "Digest" not in environ.get("HTTP_AUTHORIZATION", ""):
        status = "401 Unauthorized"
        headers.append(("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth"'))
    if environ["PATH_INFO"] == "/link":
        headers.append(("Link", '</2>; rel="next"; title="two", <http://other/9>; rel=last'))
    start_response(status, headers)
    return [body]


def forward(client, address):
    """A proxy for one connection."""
    reader = client.makefile("rb")
    while line := reader.readline().decode().strip():
        headers = {}
        while header := reader.readline().decode().strip():
            name, _, value = header.partition(": ")
            headers[name.lower()] = value
        method, place, _ = line.split()
        url = urlsplit(place)
        asked.append((method, url.path, headers.get("proxy-authorization")))
        server = gevent.socket.create_connection((url.hostname, url.port))
        lines = [f"{method} {url.path} HTTP/1.1", f"Host: {url.netloc}", "Connection: close", "", ""]
        server.sendall("\r\n".join(lines).encode())
        while data := server.recv(65536):
            client.sendall(data)
        return


@events.spawning_complete.add_listener
def watch_the_end(**kwargs):
    def watch():
        while runner.user_count:
            gevent.sleep(0.02)
        note("end", "all users have ended")

    if runner is not None:
        gevent.spawn(watch)


@events.init.add_listener
def start_servers(environment, **kwargs):
    global runner, web, proxy
    if isinstance(environment.runner, WorkerRunner):
        runner = environment.runner
        web = WSGIServer(("127.0.0.1", 0), answer, log=None)
        proxy = StreamServer(("127.0.0.1", 0), forward)
        web.start()
        proxy.start()


class Plain(HttpUser):
    fixed_count = 1
    wait_time = constant(0)
    pool_manager = PoolManager(maxsize=10, block=True)

    def attempt(self, what, call):
        try:
            result = call()
        except Exception as e:
            result = f"raised {type(e).__name__}"
        note("Plain", f"{what}: {result!r}")

    @task
    def ask(self):
        c, try_ = self.client, self.attempt
        site = f"http://127.0.0.1:{web.server_port}"
        via = f"http://u:p@127.0.0.1:{proxy.server_port}"
        try_("pool", lambda: [c.get("/json").status_code for _ in range(3)])
        try_("at once", self.at_once)
        try_("proxy", lambda: (c.get("/json", proxies={"http": via}).status_code, asked.pop()))
        c.proxies.update(http=via)
        try_("proxy session", lambda: (c.get("/text").status_code, asked.pop()))
        try_("proxy off", lambda: (c.get("/json", proxies={"http": ""}).status_code, asked))
        for_host = {"http://127.0.0.1": via}
        try_("proxy for a host", lambda: (c.get("/json", proxies=for_host).status_code, asked.pop()))
        try_("no proxies", lambda: (c.proxies.clear(), c.get("/json").status_code, asked)[1:])
        dead = {"http": "http://127.0.0.1:1"}
        try_("proxy gone", lambda: self.kind(c.get("/json", name="gone", proxies=dead)))
        try_("trust", lambda: c.trust_env)
        digest = HTTPDigestAuth("u", "p")
        try_("digest", lambda: self.signed(c.get(f"{site}/digest", auth=digest, name="digest")))
        try_("digest wrong", lambda: c.get(f"{site}/digest", auth=("u", "p"), name="wrong").status_code)
        try_("basic", lambda: c.get("/basic-auth/me/it", auth=HTTPBasicAuth("me", "it")).status_code)
        try_("callable", lambda: c.get("/echo", auth=self.sign).json()["headers"]["x-sign"])
        try_("hook", self.hooks)
        try_("hook raises", lambda: self.kind(c.get("/status/404", hooks={"response": self.checked})))
        try_("hook breaks", lambda: c.get("/status/200", hooks={"response": lambda r, **_: 1 / 0}))
        try_("links", lambda: c.get(f"{site}/link", name="link").links)
        try_("next", lambda: c.get("/redirect/2", allow_redirects=False).next.path_url)
        try_("next post", lambda: c.post("/redirect/2", data="x", allow_redirects=False).status_code)
        try_("raw", lambda: self.copied(c.get("/stream/3", stream=True)))
        try_("raw part", self.part)
        try_("raw consumed", lambda: c.get("/text").raw.read())
        try_("no json", lambda: c.get("/text").json())
        try_("json error", self.no_json)
        try_("send", lambda: c.send(requests.Request("GET", f"{self.host}/json").prepare()).status_code)
        try_("prepare", self.prepared)
        try_("send fails", lambda: c.send(requests.Request("GET", "http://127.0.0.1:1/").prepare()))
        try_("mount", lambda: (c.mount("http://", HTTPAdapter(max_retries=2)), c.get("/json").status_code)[1])
        try_("close", lambda: (c.close(), c.get("/json").status_code)[1])
        try_("renamed", self.renamed)
        try_("bytes", lambda: c.request("GET", f"{self.host}/json", name="bytes").status_code)
        try_("elapsed", lambda: c.get("/json").elapsed.total_seconds() > 0)
        raise StopUser()

    def at_once(self):
        pool = Pool()
        answers = [pool.spawn(self.client.get, "/slow?ms=50", name="slow") for _ in range(5)]
        pool.join()
        return [answer.value.status_code for answer in answers]

    def kind(self, response):
        return response.status_code, type(response.error).__name__

    def signed(self, response):
        return response.status_code, [r.status_code for r in response.history], response.text

    def sign(self, request):
        request.headers["X-Sign"] = f"{request.method} {request.path_url} {request.body}"
        return request

    def hooks(self):
        seen = []
        self.client.get("/redirect/2", hooks={"response": lambda r, **kwargs: seen.append(r.status_code)})
        self.client.hooks["response"].append(lambda r, **kwargs: seen.append("session"))
        self.client.get("/json")
        self.client.hooks["response"].clear()
        return seen

    def checked(self, response, **kwargs):
        response.raise_for_status()

    def copied(self, response):
        copy = io.BytesIO()
        shutil.copyfileobj(response.raw, copy)
        return len(copy.getvalue()) > 0

    def part(self):
        response = self.client.get("/stream/3", stream=True)
        part = response.raw.read(3)
        response.close()
        return part != b""

    def no_json(self):
        try:
            self.client.get("/text").json()
        except requests.exceptions.JSONDecodeError as e:
            return isinstance(e, ValueError), isinstance(e, requests.RequestException)

    def prepared(self):
        c = self.client
        c.headers["X-Session"] = "s"
        request = requests.Request("POST", f"{self.host}/echo", json={"a": 1}, params={"q": 1})
        sent = c.send(c.prepare_request(request)).json()
        return sent["method"], sent["query"], sent["headers"]["x-session"], sent["headers"]["content-type"]

    def renamed(self):
        with self.client.rename_request("group"):
            self.client.get("/json")
            self.client.get("/text")
        self.client.request_name = "attribute"
        self.client.get("/json")
        self.client.request_name = None
        return True


class Fast(FastHttpUser):
    fixed_count = 1
    wait_time = constant(0)
    concurrency = 2
    max_redirects = 3
    default_headers = {"X-Default": "d"}

    @task
    def ask(self):
        c = self.client

        def try_(what, call):
            try:
                result = call()
            except Exception as e:
                result = f"raised {type(e).__name__}"
            note("Fast", f"{what}: {result!r}")

        try_("default", lambda: c.get("/echo").json()["headers"]["x-default"])
        try_("redirects", lambda: [c.get(f"/redirect/{n}", name="redirect").status_code for n in (2, 3)])
        try_("at once", self.at_once)
        try_("multiple", lambda: type(c.get("/json").headers.get("set-cookie")).__name__)
        try_("getlist", lambda: c.get("/json").headers.getlist("content-type"))
        try_("reclosed", lambda: (c.client.clientpool.close(), c.get("/json").status_code)[1])
        try_("rest", self.rests)
        try_("status text", lambda: (c.get("/json").status, len(c.get("/text").data) > 0))
        try_("info", lambda: c.get("/json").info()["content-type"])
        try_("proxy", lambda: c.client.max_redirects)
        raise StopUser()

    def at_once(self):
        pool = Pool()
        answers = [pool.spawn(self.client.get, "/slow?ms=50", name="slow fast") for _ in range(5)]
        pool.join()
        return [answer.value.status_code for answer in answers]

    def rests(self):
        with self.rest("GET", "/json", name="rest good") as r:
            assert r.js["message"]
        with self.rest("GET", "/json", name="rest bad") as r:
            assert not r.js, "never,"
        with self.rest("GET", "/text", name="rest text") as r:
            pass
        with self.rest("GET", "/json", name="rest error") as r:
            r.js["nothing"]
        with self.rest_("GET", "/json") as r:
            return r.status_code
