"""gevent inside a user: time-outs around requests, pools, killed greenlets. Noted in $NOTES."""

import os

import gevent
from gevent.pool import Pool
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


class Greenlets(User):
    abstract = True
    fixed_count = 1
    wait_time = constant(0)

    def note(self, what):
        note(type(self).__name__, what)

    @task
    def all(self):
        for path in ("/slow?ms=1500", "/hang"):
            try:
                with gevent.Timeout(0.2):
                    self.client.get(path)
                self.note("not reached")
            except gevent.Timeout:
                self.note(f"timed out: {path}")
        with gevent.Timeout(0.2, False):
            self.client.get("/hang")
        self.note(self.client.get("/json").json()["message"])

        pool = Pool(3)
        for i in range(6):
            pool.spawn(self.client.get, f"/items/{i}", name="/items/[id]")
        pool.join()
        self.note("pool done")

        greenlet = gevent.spawn(self.client.get, "/hang")
        gevent.sleep(0.1)
        greenlet.kill()
        self.note(f"killed: {greenlet.successful()} {greenlet.value!r}")
        self.note(self.client.get("/").text.strip())

        jobs = [gevent.spawn(self.client.get, "/slow?ms=100", name="slow") for _ in range(3)]
        gevent.joinall(jobs, timeout=5)
        self.note([job.value.status_code for job in jobs])
        raise StopUser()


class Plain(Greenlets, HttpUser):
    pass


class Fast(Greenlets, FastHttpUser):
    pass
