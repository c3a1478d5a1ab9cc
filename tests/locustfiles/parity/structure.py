"""Who runs when: task sets, their hooks, the exceptions that steer. One user a class; each ends by itself.

What happens is noted in the file $NOTES, a line a step, so that two runs can be compared.
"""

import os

import gevent
from locust import HttpUser, SequentialTaskSet, TaskSet, User, constant, events, task
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser
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


@events.user_error.add_listener
def on_error(user_instance, exception, tb, **kwargs):
    note("user_error", f"{type(user_instance).__name__} {exception!r} {tb is not None}")


class Once(User):
    abstract = True
    fixed_count = 1
    wait_time = constant(0)
    steps = 0

    def step(self, what, last=10):
        note(type(self).__name__, what)
        self.steps += 1
        if self.steps >= last:
            raise StopUser()


class Inner(TaskSet):
    def on_start(self):
        self.user.step(f"inner starts in {type(self.parent).__name__}")

    def on_stop(self):
        note("Nested", "inner stops")

    @task
    def only(self):
        self.user.step(f"inner task, client is {self.client!r}")
        self.interrupt(reschedule=self.user.steps % 2 == 0)


class Outer(TaskSet):
    tasks = [Inner]

    def on_start(self):
        note("Nested", f"outer starts, parent is user: {self.parent is self.user}")

    def on_stop(self):
        note("Nested", "outer stops")


class Nested(Once):
    tasks = {Outer: 1}
    client = "none"

    def on_start(self):
        note("Nested", "user starts")

    def on_stop(self):
        note("Nested", "user stops")


class Steps(SequentialTaskSet):
    @task
    def first(self):
        self.user.step("first")

    @task(2)
    def second(self):
        self.user.step("second")

    @task
    class third(TaskSet):
        @task
        def leaf(self):
            self.user.step("third.leaf")
            self.interrupt()

    @task
    def last(self):
        self.user.step("last")
        self.interrupt(False)

    def on_stop(self):
        note("Stepping", "steps stop")


class Stepping(Once):
    tasks = [Steps]


def one(taskset):
    taskset.user.step("one")


def two(taskset):
    taskset.user.step("two")


class Listed(Once):
    @task
    class Sequence(SequentialTaskSet):
        tasks = [one, two, one]


class Scheduling(Once):
    @task
    class Scheduled(TaskSet):
        def on_start(self):
            self.schedule_task(self.bound)
            self.schedule_task(two)
            self.schedule_task(one, first=True)

        def bound(self):
            self.user.step("bound")

        @task
        def picked(self):
            self.user.step("picked")


class Steered(Once):
    @task
    class Sequence(SequentialTaskSet):
        def wait_time(self):
            note("Steered", "wait")
            return 0

        @task
        def reschedule(self):
            self.user.step("reschedule")
            raise RescheduleTask()

        @task
        def immediately(self):
            self.user.step("immediately")
            raise RescheduleTaskImmediately()

        @task
        def broken(self):
            self.user.step("broken")
            raise ValueError("broken on purpose")

        @task
        def leave(self):
            self.user.step("leave")
            raise InterruptTaskSet(reschedule=False)

        def on_stop(self):
            note("Steered", "set stops")
            raise RuntimeError("in a set's on_stop")


class BadStart(Once):
    def on_start(self):
        note("BadStart", "on_start")
        raise RuntimeError("in on_start")

    def on_stop(self):
        note("BadStart", "on_stop")

    @task
    def never(self):
        note("BadStart", "never")


class StopsInStart(Once):
    def on_start(self):
        note("StopsInStart", "on_start")
        raise StopUser()

    def on_stop(self):
        note("StopsInStart", "on_stop")

    @task
    def never(self):
        note("StopsInStart", "never")


class SetStartInterrupts(Once):
    @task
    class Reluctant(TaskSet):
        def on_start(self):
            self.user.step("reluctant", last=3)
            self.interrupt()

        def on_stop(self):
            note("SetStartInterrupts", "reluctant stops")

        @task
        def never(self):
            note("SetStartInterrupts", "never")


class SetStartFails(Once):
    @task
    class Failing(TaskSet):
        def on_start(self):
            self.user.step("failing set", last=3)
            raise KeyError("in a set's on_start")

        @task
        def never(self):
            note("SetStartFails", "never")


class InterruptsUser(Once):
    """interrupt() has nothing to leave here."""

    @task
    def leave(self):
        self.step("leave", last=3)
        raise InterruptTaskSet(reschedule=False)


class WaitsInTask(Once):
    @task
    def waiting(self):
        self.step("before", last=4)
        self.wait()
        self.step("after", last=4)


class Base(Once):
    abstract = True

    @task
    def inherited(self):
        self.step("inherited", last=2)


class Derived(Base):
    pass


class Configured(Once):
    @task
    def look(self):
        note("Configured", sorted(self.json()))
        note("Configured", self.fullname().split(".")[-1])
        note(
            "Configured",
            (self.host == self.environment.host, self.weight, self.fixed_count, self.abstract, self._state),
        )
        note("Configured", sorted(type(self).tasks[0].__name__.split()))
        note("Configured", self.environment.runner is not None and self.environment.web_ui is None)
        note("Configured", self.environment.parsed_options.loglevel)
        raise StopUser()


class NoHost(HttpUser):
    """Its host comes from the command line."""

    fixed_count = 1

    @task
    def get(self):
        self.client.get("/")
        note("NoHost", self.client.base_url == self.host == self.environment.host)
        raise StopUser()
