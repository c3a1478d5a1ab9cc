"""What a request may be given and what its response has, for both HTTP users. Noted in $NOTES."""

import io
import os

import gevent
from locust import FastHttpUser, HttpUser, User, constant, events, task
from locust.exception import StopUser
from locust.runners import WorkerRunner

runner = None


def note(who, what):
    with open(os.environ["NOTES"], "a") as f:
        f.write(f"{who}: {what}\n")


@events.spawning_complete.add_listener
def watch_the_end(**kwargs):
    def watch():
        while runner.user_count:
            gevent.sleep(0.02)
        note("end", "all users have ended")

    if runner is not None:
        gevent.spawn(watch)


@events.init.add_listener
def remember_the_worker(environment, **kwargs):
    global runner
    if isinstance(environment.runner, WorkerRunner):
        runner = environment.runner


class Asking(User):
    abstract = True
    fixed_count = 1
    wait_time = constant(0)

    def attempt(self, what, call):
        try:
            result = call()
        except Exception as e:
            result = f"raised {type(e).__name__}"
        note(type(self).__name__, f"{what}: {result!r}")

    def echoed(self, response, *headers):
        data = response.json()
        found = {h: data["headers"].get(h) for h in headers}
        return (data["method"], data["path"], data["query"], data["body"].replace(" ", ""), found)

    @task
    def ask(self):
        c = self.client
        e = self.echoed
        try_ = self.attempt
        try_("dict", lambda: e(c.post("/echo", data={"a": "1", "b": ["x y", "z"]}), "content-type"))
        try_("str", lambda: e(c.post("/echo", data="text"), "content-type", "content-length"))
        try_("bytes", lambda: e(c.post("/echo", data=b"bytes"), "content-type", "content-length"))
        try_("no body", lambda: e(c.post("/echo"), "content-type", "content-length"))
        try_("get", lambda: e(c.get("/echo"), "content-type", "content-length"))
        try_("json", lambda: e(c.post("/echo", json={"a": [1, None]}), "content-type"))
        try_("json list", lambda: e(c.put("/echo", json=[]), "content-type"))
        try_("unicode", lambda: e(c.post("/echo", data="héé".encode()), "content-length"))
        try_("patch", lambda: e(c.patch("/echo", json={"a": 1})))
        try_("delete", lambda: e(c.delete("/echo")))
        try_("options", lambda: e(c.options("/echo")))
        try_("head", lambda: (c.head("/json").status_code, c.head("/json").text))
        try_("request", lambda: e(c.request("GET", "/echo", headers={"X-A": "1"}), "x-a"))
        try_("lower", lambda: e(c.request("get", "/echo", name="lower")))
        try_(
            "header case",
            lambda: e(c.get("/echo", headers={"x-UP": "v", "User-Agent": "me"}), "x-up", "user-agent"),
        )
        try_("auth", lambda: c.get("/basic-auth/me/secret", auth=("me", "secret")).status_code)
        try_("bad auth", lambda: c.get("/basic-auth/me/secret", auth=("me", "wrong")).status_code)
        try_("encoded", lambda: e(c.get("/echo?a=b c&d=é", name="encoded")))
        try_("quoted", lambda: e(c.get("/echo?a=%20&b=%2F", name="quoted")))
        try_("fragment", lambda: e(c.get("/echo?a=1#part", name="fragment")))
        try_("redirect", lambda: c.get("/redirect/3").text)
        try_("no redirect", lambda: c.get("/redirect/3", allow_redirects=False).status_code)
        try_("location", lambda: c.get("/redirect/3", allow_redirects=False).headers["location"])
        try_("headers", lambda: c.get("/json").headers["Content-TYPE"])
        try_("no header", lambda: c.get("/json").headers.get("X-Nothing"))
        try_("text", lambda: len(c.get("/gzip").text))
        try_("content", lambda: len(c.get("/deflate").content))
        try_("set cookie", lambda: c.get("/cookies/set?flavour=oat", name="set").json())
        try_("cookies", lambda: c.get("/cookies").json())
        try_("not json", lambda: c.get("/").json())
        try_("empty", lambda: (c.get("/status/204").status_code, c.get("/status/204").text))
        try_("status", lambda: [c.get(f"/status/{s}").status_code for s in (201, 304, 400, 418, 500, 503)])
        try_("ok", lambda: [bool(c.get(f"/status/{s}").ok) for s in (200, 304, 400, 500)])
        try_("raise 200", lambda: c.get("/").raise_for_status())
        try_("raise 404", lambda: c.get("/status/404").raise_for_status())
        try_("absolute", lambda: c.get(self.host + "/json?absolute").json()["message"])
        try_("refused", lambda: c.get("http://127.0.0.1:1/x").status_code)
        try_(
            "refused text",
            lambda: (c.get("http://127.0.0.1:1/x").text, c.get("http://127.0.0.1:1/x").content),
        )
        try_("dropped", lambda: c.get("/drop").status_code)
        try_("malformed", lambda: c.get("/malformed").status_code)
        try_("endless", lambda: c.get("/redirect/50").status_code)
        try_("bad url", lambda: c.get("http://", name="bad url").status_code)
        try_("bad scheme", lambda: c.get("ftp://127.0.0.1/", name="bad scheme").status_code)
        try_("bad port", lambda: c.get("http://127.0.0.1:99999/", name="bad port").status_code)
        try_("unknown host", lambda: c.get("http://nowhere.invalid/", name="unknown host").status_code)
        try_("unknown arg", lambda: c.get("/", nonsense=1).status_code)
        try_("elapsed", lambda: c.get("/slow?ms=50").elapsed.total_seconds() > 0.04)
        try_("after", lambda: c.get("/").text)
        self.more(c, e, try_)
        raise StopUser()


class Plain(Asking, HttpUser):
    def more(self, c, e, try_):
        try_("params", lambda: e(c.get("/echo", params={"a": 1, "b": ["x", "y z"], "n": None})))
        try_("params added", lambda: e(c.get("/echo?q=1", params=[("a", "é")])))
        try_("data pairs", lambda: e(c.post("/echo", data=[("a", 1), ("a", 2)]), "content-type"))
        try_("data file", lambda: e(c.post("/echo", data=io.BytesIO(b"from a file"))))
        try_("data generator", lambda: e(c.post("/echo", data=iter([b"one", b"two"]))))
        try_(
            "files",
            lambda: self.file(c.post("/echo", data={"k": "v"}, files={"f": ("n.txt", b"data", "text/x")})),
        )
        try_("open file", lambda: self.file(c.post("/echo", files={"f": io.StringIO("data")})))
        try_("cookies arg", lambda: c.get("/cookies", cookies={"own": "1"}).json())
        try_("session cookies", lambda: (c.cookies.set("mine", "2"), c.get("/cookies").json())[1])
        try_("cookie dict", lambda: c.cookies.get_dict())
        try_("cookie get", lambda: (c.cookies["mine"], c.cookies.get("none"), "flavour" in c.cookies))
        try_("response cookies", lambda: c.get("/cookies/set?r=1", allow_redirects=False).cookies.get_dict())
        try_("clear cookies", lambda: (c.cookies.clear(), c.get("/cookies").json())[1])
        try_("timeout", lambda: c.get("/slow?ms=2000", timeout=0.1).status_code)
        try_("timeout pair", lambda: c.get("/slow?ms=2000", timeout=(1, 0.1)).status_code)
        try_("timeout error", lambda: type(c.get("/slow?ms=2000", timeout=0.1).error).__name__)
        try_("in time", lambda: c.get("/slow?ms=10", timeout=(1, 2)).status_code)
        try_("verify", lambda: c.get("/json", verify=False).status_code)
        try_(
            "history", lambda: [(r.status_code, r.url.split("/", 3)[3]) for r in c.get("/redirect/2").history]
        )
        try_("url", lambda: c.get("/redirect/2").url.split("/", 3)[3:])
        try_("reason", lambda: [c.get(p).reason for p in ("/", "/status/404", "/status/418")])
        try_("encoding", lambda: [c.get(p).encoding for p in ("/json", "/text", "/bytes/1")])
        try_("request", lambda: self.sent(c.post("/echo?a=1", data={"b": 2})))
        try_("redirected", lambda: self.sent(c.post("/redirect/1", data={"b": 2})))
        try_("is_redirect", lambda: c.get("/redirect/1", allow_redirects=False).is_redirect)
        try_("bool", lambda: (bool(c.get("/")), bool(c.get("/status/404"))))
        try_("repr", lambda: (c.get("/"), c.get("/status/404")))
        try_("lines", lambda: list(c.get("/stream/3").iter_lines()))
        try_("decoded lines", lambda: list(c.get("/stream/2").iter_lines(decode_unicode=True)))
        try_("streamed lines", lambda: list(c.get("/stream/3", stream=True).iter_lines()))
        try_("streamed chunks", lambda: b"".join(c.get("/bytes/9999", stream=True).iter_content(100))[-1:])
        try_("streamed content", lambda: len(c.get("/bytes/9999", stream=True).content))
        try_("session headers", lambda: (c.headers.update({"X-S": "s"}), e(c.get("/echo"), "x-s"))[1])
        try_("header off", lambda: e(c.get("/echo", headers={"X-S": None}), "x-s"))
        try_("session auth", lambda: (setattr(c, "auth", ("a", "b")), e(c.get("/echo"), "authorization"))[1])
        try_("session verify", lambda: (setattr(c, "verify", False), c.get("/").status_code)[1])
        try_("session params", lambda: (setattr(c, "params", {"p": "1"}), e(c.get("/echo")))[1])
        try_("accept", lambda: e(c.get("/echo"), "accept", "connection", "accept-encoding"))
        try_("hooks", self.hooks)
        try_("error", lambda: type(c.get("http://127.0.0.1:1/").error).__name__)
        try_("error raise", lambda: c.get("http://127.0.0.1:1/").raise_for_status())
        try_("url without", lambda: c.get("http://127.0.0.1:1/").url)
        try_("head redirect", lambda: c.head("/redirect/1").status_code)
        try_("links", lambda: c.get("/").links)
        try_("next", lambda: c.get("/").next)
        try_("raw", lambda: c.get("/bytes/5", stream=True).raw.read() != b"")
        try_("is_permanent", lambda: c.get("/").is_permanent_redirect)
        try_("with session", self.closing)
        try_("close", lambda: c.close())

    def closing(self):
        with self.client.get("/bytes/10", stream=True, catch_response=True) as r:
            r.success()
            return len(r.content)

    def hooks(self):
        seen = []
        self.client.get("/", hooks={"response": lambda r, **kwargs: seen.append(r.status_code)})
        return seen

    def file(self, response):
        body = response.json()["body"]
        boundary = body.split("\r\n")[0]
        return body.replace(boundary, "BOUNDARY")

    def sent(self, response):
        r = response.request
        return (r.method, r.url.split("/", 3)[3], r.body, r.headers.get("content-type"), r.path_url)


class Fast(Asking, FastHttpUser):
    def more(self, c, e, try_):
        try_("lines", lambda: list(c.iter_lines("/stream/3")))
        try_("stream", lambda: c.get("/stream/3", stream=True).status_code)
        try_("url", lambda: c.get("/redirect/2").url.split("/", 3)[3:])
        try_("accept", lambda: e(c.get("/echo"), "accept", "accept-encoding"))
        try_("json accept", lambda: e(c.post("/echo", json={}), "accept", "content-type"))
        try_("error", lambda: type(c.get("http://127.0.0.1:1/").error).__name__)
        try_("error 404", lambda: type(c.get("/status/404").error).__name__)
        try_("encoding", lambda: [c.get(p).encoding for p in ("/json", "/text", "/bytes/1")])
        try_("streamed content", lambda: len(c.get("/bytes/9999", stream=True).content))
        try_("cookiejar", lambda: sorted((x.name, x.value) for x in c.cookiejar))
        try_("request_name", lambda: (setattr(c, "request_name", "by attribute"), c.get("/").status_code)[1])
