"""`catch_response` in all its uses, for both HTTP users. Noted in $NOTES."""

import os

import gevent
from locust import FastHttpUser, HttpUser, User, constant, events, task
from locust.exception import InterruptTaskSet, LocustError, RescheduleTask, ResponseError, StopUser
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


class Judge(User):
    abstract = True
    fixed_count = 1
    wait_time = constant(0)
    step = 0

    def note(self, what):
        note(type(self).__name__, what)

    def caught(self, name, path="/", **kwargs):
        return self.client.get(path, name=name, catch_response=True, **kwargs)

    @task
    def blocks(self):
        with self.caught("success of 404", "/status/404") as r:
            r.success()
        with self.caught("failure of 200") as r:
            r.failure("wanted more")
        with self.caught("failure with an exception") as r:
            r.failure(ValueError("typed"))
        with self.caught("no word, 200"):
            pass
        with self.caught("no word, 404", "/status/404"):
            pass
        with self.caught("no word, 503", "/status/503"):
            pass
        with self.caught("changes its mind") as r:
            r.failure("first")
            r.success()
        with self.caught("raises ResponseError"):
            raise ResponseError("as response error")
        try:
            with self.caught("raises ValueError"):
                raise ValueError("mine")
        except ValueError as e:
            self.note(f"left the block: {e!r}")
        try:
            with self.caught("failure then raise") as r:
                r.failure("said first")
                raise ValueError("then raised")
        except ValueError as e:
            self.note(f"left the block: {e!r}")
        try:
            with self.caught("raises StopUser"):
                raise RescheduleTask()
        except RescheduleTask as e:
            self.note(f"left the block: {e!r}")
        try:
            with self.caught("success then interrupt") as r:
                r.success()
                raise InterruptTaskSet()
        except InterruptTaskSet as e:
            self.note(f"left the block: {e!r}")
        with self.caught("raise_for_status 200") as r:
            self.note(r.raise_for_status())
        try:
            with self.caught("raise_for_status 404", "/status/404") as r:
                r.raise_for_status()
        except Exception as e:
            self.note(f"raise_for_status: {type(e).__name__}")
        try:
            with self.caught("raise_for_status after failure") as r:
                r.failure("mine")
                r.raise_for_status()
        except Exception as e:
            self.note(f"raise_for_status: {e!r}")
        with self.caught("raise_for_status after success", "/status/404") as r:
            r.success()
            self.note(r.raise_for_status())
        r = self.caught("never entered")
        self.note(("never entered", r.status_code))
        for what in (lambda: r.success(), lambda: r.failure("x")):
            try:
                what()
            except LocustError:
                self.note("LocustError")
        r = self.client.get("/")
        for what in (lambda: r.success(), lambda: r.failure("x"), lambda: r.__enter__()):
            try:
                what()
            except (LocustError, AttributeError) as e:
                self.note(type(e).__name__)
        with self.caught("not judged by bool", "/status/404") as r:
            self.note((bool(r), r.ok, r.status_code))
        with self.caught("changed by hand") as r:
            r.request_meta["response_length"] = 999
            r.request_meta["request_type"] = "CHANGED"
        with self.client.post("/login", json={"user": "a"}, name="post", catch_response=True) as r:
            if not r.json()["token"]:
                r.failure("no token")
        with self.caught("nothing there", "http://127.0.0.1:1/") as r:
            self.note((r.status_code, r.content, r.error is not None))
        with self.caught("nothing there, fine", "http://127.0.0.1:1/") as r:
            r.success()
        with self.rest("POST", "/echo", json={"a": 1}) as r:
            self.note(r.js["body"].replace(" ", ""))
            assert r.js["method"] == "PUT", "wrong method"
        with self.rest("GET", "/") as r:
            self.note(("not json", r.js))
        with self.rest("GET", "/json") as r:
            self.note(r.js["message"])
        with self.rest_("GET", "/json?x=1") as r:
            self.note(r.js["message"])
        with self.rest("GET", "/json", name="rest key error") as r:
            r.js["missing"]
        with self.rest("GET", "/status/404", name="rest 404") as r:
            self.note(r.js)
        raise StopUser()


class Plain(Judge, HttpUser):
    pass


class Fast(Judge, FastHttpUser):
    pass
