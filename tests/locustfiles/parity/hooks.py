"""Which events come with which arguments, from built-in and custom clients. Noted in $NOTES."""

import os
import time

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


@events.init.add_listener
def on_init(environment, runner, **kwargs):
    note("run", f"init {environment.runner is runner} {sorted(kwargs)}")


@events.test_start.add_listener
def on_test_start(environment, **kwargs):
    note("run", f"test_start {environment.runner.state} {sorted(kwargs)}")


@events.spawning_complete.add_listener
def on_spawning_complete(user_count, **kwargs):
    note("run", f"spawning_complete {user_count} {sorted(kwargs)}")


@events.test_stopping.add_listener
def on_test_stopping(environment, **kwargs):
    note("run", f"test_stopping {sorted(kwargs)}")


@events.test_stop.add_listener
def on_test_stop(environment, **kwargs):
    note("run", f"test_stop {sorted(kwargs)}")


@events.quitting.add_listener
def on_quitting(environment, **kwargs):
    note("run", f"quitting {sorted(kwargs)}")


@events.quit.add_listener
def on_quit(exit_code, **kwargs):
    note("run", f"quit {sorted(kwargs)}")


@events.request.add_listener
def on_request(
    request_type,
    name,
    response_time,
    response_length,
    response,
    context,
    exception,
    start_time,
    url=None,
    **kwargs,
):
    who = f"{context.get('who')} {request_type} {name}"
    times = response_time is None or (0 <= response_time < 2000 and abs(time.time() - start_time) < 3)
    status = getattr(response, "status_code", None)
    path = url and "/" + str(url).split("/", 3)[3]
    note(who, (response_length, status, context, type(exception).__name__, times, path, sorted(kwargs)))


class Once(User):
    abstract = True
    fixed_count = 1
    wait_time = constant(0)

    def context(self):
        return {"who": type(self).__name__}


class Requests(Once):
    abstract = True

    @task
    def requests(self):
        self.client.get("/")
        self.client.get("/json", context={"own": 1})
        self.client.get("/status/404", name="named")
        self.client.get("/redirect/2")
        self.client.post("/status/201", data="body")
        with self.client.get("/status/500", catch_response=True) as response:
            response.success()
        with self.client.get("/text", catch_response=True) as response:
            response.failure("bad text")
        with self.client.get("/text", name="from exception", catch_response=True) as response:
            response.failure(ValueError("bad value"))
        with self.client.get("/text", catch_response=True) as response:
            response.request_meta["name"] = "renamed by meta"
            response.request_meta["context"] = {**response.request_meta["context"], "meta": 1}
        with self.client.rename_request("in a block"):
            self.client.get("/")
            self.client.get("/json")
        self.client.request_name = "sticky"
        self.client.get("/")
        self.client.get("/", name="own name first")
        self.client.request_name = None
        self.client.get("/items/7")
        raise StopUser()


class Plain(Requests, HttpUser):
    pass


class Fast(Requests, FastHttpUser):
    pass


class Custom(Once):
    @task
    def report(self):
        fire = self.environment.events.request.fire
        common = dict(response=None, context=self.context(), start_time=time.time(), url=None)
        fire(
            request_type="calc", name="fine", response_time=12.5, response_length=7, exception=None, **common
        )
        fire(
            request_type="calc",
            name="bad",
            response_time=1,
            response_length=0,
            exception=OSError("no"),
            **common,
        )
        fire(
            request_type="calc",
            name="untimed",
            response_time=None,
            response_length=0,
            exception=None,
            **common,
        )
        fire(
            request_type="calc",
            name="text",
            response_time=3,
            response_length=0,
            exception="text only",
            **common,
        )
        with self.environment.events.request.measure("calc", "measured") as meta:
            meta["response_length"] = 3
            meta["context"] = self.context()
            meta["response"] = None
        with self.environment.events.request.measure("calc", "measured badly") as meta:
            meta["context"] = self.context()
            meta["response"] = None
            raise KeyError("k")
        raise StopUser()
