"""What an HTTP client must get right, one round a user. A check that fails is a failure of that name."""

import os

from locust import FastHttpUser, HttpUser, User, constant, task
from locust.exception import StopUser

TEXT = "the quick brown fox jumps over the lazy dog\n" * 100


class Features(User):
    abstract = True
    wait_time = constant(0)

    def check(self, path, holds, method="GET", **arguments):
        name = f"{type(self).__name__} {path}"
        with self.client.request(method, path, name=name, catch_response=True, **arguments) as response:
            problem = holds(response)
            if problem is not True:
                response.failure(f"got {problem!r}, status {response.status_code}, {response.text[:80]!r}")
            else:
                response.success()

    @task
    def one_round(self):
        for encoding in ("gzip", "deflate"):
            self.check(f"/{encoding}", lambda r: r.text == TEXT)
        self.check("/redirect/3", lambda r: (r.status_code, r.text) == (200, "end of redirects\n"))
        self.check("/cookies/set?flavour=oat", lambda r: r.json() == {"cookies": {"flavour": "oat"}})
        self.check("/cookies", lambda r: r.json() == {"cookies": {"flavour": "oat"}})
        self.check("/bytes/100000", lambda r: len(r.content) == 100000)
        self.check("/stream/5", lambda r: r.text.splitlines()[4] == '{"line": 4}')
        self.check("/echo", lambda r: r.json()["body"] == "a=1&b=2", method="POST", data={"a": "1", "b": "2"})
        self.check("/echo?x=1", lambda r: r.json()["query"] == "x=1")
        self.check(
            "/echo",
            lambda r: (r.json()["headers"]["x-test"], r.json()["body"]) == ("yes", '{"k": "v"}')
            or r.json()["body"] == '{"k":"v"}',
            method="PUT",
            json={"k": "v"},
            headers={"X-Test": "yes"},
        )
        self.check("/basic-auth/me/secret", lambda r: r.json()["authenticated"], auth=("me", "secret"))
        self.more()
        raise StopUser()

    def more(self):
        pass


class Plain(Features, HttpUser):
    def more(self):
        for encoding in ("br", "zstd"):
            self.check(f"/{encoding}", lambda r: r.text == TEXT, headers={"Accept-Encoding": encoding})
        self.check("/redirect/1", lambda r: r.status_code == 302, allow_redirects=False)
        self.check("/echo", lambda r: r.json()["query"] == "a=1&b=two", params={"a": "1", "b": "two"})
        upload = {"f": ("n.txt", b"data")}
        self.check("/echo", lambda r: 'name="f"' in r.json()["body"], method="POST", files=upload)
        tls = os.environ["TARGET_TLS"]
        authority = os.environ["TARGET_CA"]
        self.check(f"{tls}/json", lambda r: r.json()["message"] == "hello", verify=authority)
        self.check(f"{tls}/text", lambda r: r.text == TEXT, verify=False)
        identity = (os.environ["TARGET_CLIENT_CERTIFICATE"], os.environ["TARGET_CLIENT_KEY"])
        self.check(f"{tls}/client-certificate", lambda r: r.ok, verify=authority, cert=identity)


class Fast(Features, FastHttpUser):
    def more(self):
        self.check(f"{os.environ['TARGET_TLS']}/json", lambda r: r.json()["message"] == "hello")
