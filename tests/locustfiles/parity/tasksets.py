"""Task sets in all their forms: chains, overridden steps, pauses, nesting. One user a class; each ends alone.

What happens is noted in the file $NOTES, a line a step, so that two runs can be compared.
"""

import os

import gevent
from locust import (
    MarkovTaskSet,
    SequentialTaskSet,
    TaskSet,
    User,
    constant,
    constant_pacing,
    constant_throughput,
    events,
    tag,
    task,
    transition,
    transitions,
)
from locust.exception import InterruptTaskSet, RescheduleTask, RescheduleTaskImmediately, StopUser
from locust.runners import WorkerRunner
from locust.user.markov_taskset import (
    InvalidTransitionError,
    MarkovTaskTagError,
    NoMarkovTasksError,
    NonMarkovTaskTransitionError,
)

ERRORS = (InvalidTransitionError, MarkovTaskTagError, NoMarkovTasksError, NonMarkovTaskTransitionError)

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
    note("user_error " + type(user_instance).__name__, f"{exception!r} {tb is not None}")


class Once(User):
    abstract = True
    fixed_count = 1
    steps = 0

    def step(self, what, last=10):
        note(type(self).__name__, what)
        self.steps += 1
        if self.steps >= last:
            raise StopUser()

    def on_stop(self):
        note(type(self).__name__, "user stops")


# -- chains


class Chained(Once):
    @task
    class Chain(MarkovTaskSet):
        def on_start(self):
            self.user.step(f"chain starts, {self.current.__name__}, {self.tasks}, {self.abstract}")

        def on_stop(self):
            note("Chained", "chain stops")

        @transition("second")
        def first(self):
            self.user.step(f"first, next is {self.current.__name__}", last=14)

        @transitions({"Third": 1, "first": 0})
        def second(self):
            self.user.step(f"second, {type(self).second.transitions}", last=14)

        @transitions(["last"])
        class Third(TaskSet):
            @task
            def leaf(self):
                self.user.step(f"leaf in {type(self.parent).__name__}", last=14)
                self.interrupt()

        @transitions([("first", 2), ("last", 0)])
        def last(self):
            self.user.step("last", last=14)
            if self.user.steps > 8:
                self.interrupt(reschedule=False)

        @task
        def never(self):
            note("Chained", "never")


def never(taskset):
    note(type(taskset.user).__name__, "never")


def outcome_of(make):
    try:
        make()
    except Exception as e:
        return [kind.__name__ for kind in type(e).__mro__]
    return "fine"


class Invalid(Once):
    @task
    def look(self):
        def empty():
            class Chain(MarkovTaskSet):
                @task
                def a(self): ...

        def unknown():
            class Chain(MarkovTaskSet):
                @transition("nowhere")
                def a(self): ...

        def ending():
            class Chain(MarkovTaskSet):
                @transition("b")
                def a(self): ...
                def b(self): ...

        def tagged():
            class Chain(MarkovTaskSet):
                @tag("x")
                @transition("a")
                def a(self): ...

        def run_as_task():
            class Chain(MarkovTaskSet):
                @transition("run")
                def run(self): ...

        def unreachable():
            class Chain(MarkovTaskSet):
                @transition("a")
                def a(self): ...
                @transition("a")
                def b(self): ...

        def abstract():
            class Chain(MarkovTaskSet):
                abstract = True

        def inherited():
            class Chain(MarkovTaskSet):
                @transition("a")
                def a(self): ...

            class Derived(Chain):
                pass

        for make in (empty, unknown, ending, tagged, unreachable, abstract, inherited):
            note("Invalid", f"{make.__name__} {outcome_of(make)}")
        note("Invalid", f"run is refused: {outcome_of(run_as_task) != 'fine'}")
        note("Invalid", [error.__mro__[1].__name__ for error in ERRORS])
        raise StopUser()


class ChainFails(Once):
    @task
    class Chain(MarkovTaskSet):
        @transition("second")
        def first(self):
            self.user.step("first fails")
            raise ValueError("on purpose")

        @transition("first")
        def second(self):
            self.user.step("second", last=4)
            raise RescheduleTaskImmediately()


# -- overridden steps


class Overridden(Once):
    @task
    class Set(TaskSet):
        tasks = [never]  # Locust leaves out a set without tasks

        def get_next_task(self):
            note("Overridden", "get_next_task")
            return [self.bound, type(self).plain, type(self).Inner][self.user.steps % 3]

        def execute_task(self, task):
            note("Overridden", f"execute {task.__name__}")
            super().execute_task(task)

        def wait(self):
            note("Overridden", f"wait, {self.wait_time()}")

        def wait_time(self):
            return self.user.steps

        def bound(self):
            self.user.step("bound")

        def plain(self):
            self.user.step("plain")

        class Inner(SequentialTaskSet):
            wait_time = constant(0)

            @task
            def one(self):
                self.user.step("inner one")
                self.schedule_task(self.two)
                self.schedule_task(type(self).three, first=True)

            def two(self):
                self.user.step("inner two")
                self.interrupt()

            def three(self):
                self.user.step("inner three")


class NextOverridden(Once):
    @task
    class Set(TaskSet):
        def execute_next_task(self):
            note("NextOverridden", f"queued: {len(self._task_queue)}")
            super().execute_next_task()

        def schedule_task(self, task_callable, first=False):
            super().schedule_task(task_callable, first)

        @task
        def one(self):
            self.user.step("one", last=2)


class BadNext(Once):
    @task
    class Set(TaskSet):
        tasks = [never]

        def get_next_task(self):
            self.user.step("get_next_task", last=3)
            raise KeyError("nothing to do")


# -- pauses


class Pausing(Once):
    @task
    class Set(SequentialTaskSet):
        @task
        class OfTheUser(TaskSet):
            @task
            def leave(self):
                self.user.step(f"user's: {self.wait_time()}")
                self.interrupt()

        @task
        class Lambda(TaskSet):
            wait_time = lambda self: 0.25  # noqa: E731

            @task
            def leave(self):
                self.user.step(f"lambda: {self.wait_time()}")
                self.interrupt()

        @task
        class Paced(TaskSet):
            wait_time = constant_pacing(100)

            @task
            def leave(self):
                self.user.step(f"paced: {90 < self.wait_time() <= 100}")
                self.interrupt()

        @task
        class Through(TaskSet):
            wait_time = constant_throughput(0.1)

            @task
            def leave(self):
                self.user.step(f"throughput: {9 < self.wait_time() <= 10}")
                self.interrupt()

        @task
        def end(self):
            raise StopUser()

    def wait_time(self):
        return 0.125


class OldPauses(Once):
    wait_time = None
    min_wait = 3
    max_wait = 3

    @task
    class Set(TaskSet):
        min_wait = 1

        def on_start(self):
            self.user.step(f"{self.min_wait} {self.max_wait} {self.wait_function}", last=3)

        @task
        def look(self):
            self.user.step(str(0.001 <= self.wait_time() <= 0.003), last=3)


# -- nesting


class Deep(Once):
    class Level1(TaskSet):
        def on_start(self):
            self.user.step(f"1 starts in {type(self.parent).__name__}", last=50)

        def on_stop(self):
            note("Deep", "1 stops")

        @task(3)
        class Level2(SequentialTaskSet):
            def on_start(self):
                self.user.step(f"2 starts in {type(self.parent).__name__}", last=50)

            def on_stop(self):
                note("Deep", "2 stops")

            @task
            class Level3(TaskSet):
                def on_start(self):
                    parent = self.parent.parent.parent
                    self.user.step(f"3 starts, top is the user: {parent is self.user}", last=50)

                def on_stop(self):
                    note("Deep", "3 stops")
                    if self.user.steps > 12:
                        raise StopUser()

                @task
                def leaf(self):
                    self.user.step(f"leaf, {self.client}", last=50)
                    self.interrupt(reschedule=False)

            @task
            def after(self):
                self.user.step("after", last=50)
                raise InterruptTaskSet()

    tasks = [(Level1, 2)]
    client = "the client"


class StartsBadly(Once):
    @task
    class Sequence(SequentialTaskSet):
        @task
        class Interrupted(TaskSet):
            tasks = [never]

            def on_start(self):
                self.user.step("interrupted at start")
                self.interrupt(reschedule=False)

            def on_stop(self):
                note("StartsBadly", "never")

        @task
        class Rescheduled(TaskSet):
            tasks = [never]

            def on_start(self):
                self.user.step("rescheduled at start")
                raise RescheduleTask()

        @task
        class Immediately(TaskSet):
            tasks = [never]

            def on_start(self):
                self.user.step("immediately at start")
                raise RescheduleTaskImmediately()

        @task
        class Broken(TaskSet):
            tasks = [never]

            def on_start(self):
                self.user.step("broken at start", last=4)

        def wait(self):
            note("StartsBadly", "wait")


class StopsBadly(Once):
    @task
    class Outer(TaskSet):
        def on_stop(self):
            note("StopsBadly", "outer stops")
            raise ValueError("in outer's on_stop")

        @task
        class Inner(TaskSet):
            def on_stop(self):
                note("StopsBadly", "inner stops")
                raise ValueError("in inner's on_stop")

            @task
            def leave(self):
                self.user.step("leave", last=3)
                self.interrupt()


class Weighted(Once):
    @task(0)
    def never(self):
        note("Weighted", "never")

    @task(3)
    class Inline(TaskSet):
        tasks = {print: 0}

        @task
        def only(self):
            note("Weighted", [t.__name__ for t in self.tasks])
            note("Weighted", [t.__name__ for t in type(self.user).tasks])
            raise StopUser()


class Killed(Once):
    """Ended from outside while it pauses in an inner set."""

    wait_time = constant(1000)

    def on_start(self):
        gevent.spawn_later(0.3, self.stop)

    @task
    class Outer(TaskSet):
        def on_stop(self):
            note("Killed", "outer stops")

        @task
        class Inner(TaskSet):
            def on_stop(self):
                note("Killed", "inner stops")

            @task
            def work(self):
                note("Killed", "works")


class StoppedInTask(Once):
    """Asked to stop while it works: it ends its task first."""

    @task
    class Outer(TaskSet):
        def on_stop(self):
            note("StoppedInTask", "outer stops")

        @task
        def work(self):
            note("StoppedInTask", f"stopped at once: {self.user.stop()}")
            note("StoppedInTask", "works on")
