"""Users and task sets: what runs, in which order, and what ends it."""

from __future__ import annotations

import sys

import gevent
import pytest
from gevent.pool import Group

from acrida import (
    SequentialTaskSet,
    TaskSet,
    User,
    between,
    constant,
    constant_pacing,
    constant_throughput,
    poisson,
    tag,
    task,
)
from acrida.exception import RescheduleTask, RescheduleTaskImmediately, StopUser
from acrida.population import Population
from acrida.user.task import filter_tasks_by_tags


def run(user_class, env, timeout=2):
    user = user_class(env)
    user.start(Group()).join(timeout=timeout)
    assert user.greenlet.dead
    return user


def test_on_start_tasks_and_on_stop_run_in_order(env):
    seen = []

    class Site(User):
        def on_start(self):
            seen.append("start")

        def on_stop(self):
            seen.append("stop")

        @task
        def work(self):
            seen.append("work")
            if len(seen) > 2:
                raise StopUser()

    run(Site, env)
    assert seen == ["start", "work", "work", "stop"]


def test_weights_repeat_a_task():
    class Site(User):
        @task(3)
        def a(self): ...

        @task
        def b(self): ...

    assert [t.__name__ for t in Site.tasks] == ["a", "a", "a", "b"]


def test_tasks_may_be_a_dict_or_a_list_of_pairs():
    def a(user): ...

    def b(user): ...

    class D(User):
        tasks = {a: 2, b: 1}

    class L(User):
        tasks = [(a, 2), b]

    assert D.tasks == L.tasks == [a, a, b]


def test_tasks_are_inherited():
    class Base(User):
        abstract = True

        @task
        def a(self): ...

    class Child(Base):
        @task
        def b(self): ...

    assert [t.__name__ for t in Child.tasks] == ["a", "b"]
    assert Base.abstract and not Child.abstract


def test_nested_task_set_keeps_control_until_it_interrupts(env):
    seen = []

    class Site(User):
        @task
        class Outer(TaskSet):
            def on_start(self):
                seen.append("outer start")

            def on_stop(self):
                seen.append("outer stop")

            @task
            class Inner(TaskSet):
                def on_stop(self):
                    seen.append("inner stop")

                @task
                def work(self):
                    assert isinstance(self.parent, Site.Outer) and isinstance(self.user, Site)
                    seen.append("work")
                    if seen.count("work") == 2:
                        self.interrupt()
                    if seen.count("work") == 3:
                        raise StopUser()

    run(Site, env)
    assert seen == ["outer start", "work", "work", "inner stop", "work", "inner stop", "outer stop"]


def test_interrupt_without_reschedule_waits_in_the_parent(env):
    waits = []

    class Site(User):
        def wait_time(self):
            waits.append(1)
            return 0

        @task
        class Inner(TaskSet):
            @task
            def work(self):
                if waits:
                    raise StopUser()
                self.interrupt(reschedule=False)

    run(Site, env)
    assert waits == [1]


def test_reschedule_immediately_skips_the_wait(env):
    seen = []

    class Site(User):
        def wait_time(self):
            seen.append("wait")
            return 0

        @task
        def work(self):
            seen.append("work")
            if len(seen) == 1:
                raise RescheduleTaskImmediately()
            if len(seen) == 2:
                raise RescheduleTask()
            raise StopUser()

    run(Site, env)
    assert seen == ["work", "work", "wait", "work"]


def test_scheduled_tasks_come_before_random_ones(env):
    seen = []

    class Site(User):
        @task
        class Set(TaskSet):
            def on_start(self):
                self.schedule_task(self.second)
                self.schedule_task(Site.Set.first, first=True)

            def first(self):
                seen.append("first")

            def second(self):
                seen.append("second")

            @task
            def end(self):
                raise StopUser()

    run(Site, env)
    assert seen == ["first", "second"]


def test_sequential_task_set_runs_in_order_of_declaration(env):
    seen = []

    def listed(task_set):
        seen.append("listed")

    class Site(User):
        @task
        class Steps(SequentialTaskSet):
            @task(2)
            def one(self):
                seen.append("one")

            tasks = [listed]

            @task
            def two(self):
                seen.append("two")
                if seen.count("two") == 2:
                    raise StopUser()

    run(Site, env)
    assert seen == ["one", "one", "listed", "two"] * 2


def test_exception_in_a_task_is_reported_and_the_user_goes_on(env, caplog):
    errors = []
    env.events.user_error.add_listener(lambda user_instance, exception, tb: errors.append(exception))

    class Site(User):
        count = 0

        @task
        def work(self):
            self.count += 1
            if self.count == 1:
                raise RuntimeError("boom")
            raise StopUser()

    assert run(Site, env).count == 2
    assert [str(e) for e in errors] == ["boom"]
    assert "RuntimeError: boom" in caplog.text
    assert "execute" not in caplog.text


def test_exception_in_on_start_ends_the_user_without_on_stop(env):
    errors = []
    env.events.user_error.add_listener(lambda user_instance, exception, tb: errors.append(exception))

    class Site(User):
        def on_start(self):
            raise RuntimeError("no")

        def on_stop(self):
            raise AssertionError

        @task
        def work(self): ...

    run(Site, env)
    assert len(errors) == 1


def test_sys_exit_in_a_task_ends_that_user_only(env):
    errors = []
    env.events.user_error.add_listener(lambda user_instance, exception, tb: errors.append(exception))

    class Site(User):
        @task
        def work(self):
            sys.exit(3)

    run(Site, env)
    assert [type(e) for e in errors] == [SystemExit]


def test_a_user_without_tasks_says_what_to_do(env, caplog):
    class Site(User):
        wait_time = constant(10)
        task = None

    user = Site(env)
    greenlet = user.start(Group())
    gevent.sleep(0)
    greenlet.kill()
    assert "No tasks defined on Site" in caplog.text


def test_an_empty_task_loop_lets_others_run(env):
    class Site(User):
        count = 0

        @task
        def work(self):
            self.count += 1

    user = Site(env)
    greenlet = user.start(Group())
    gevent.sleep(0.01)
    greenlet.kill()
    assert user.count > 1


def test_a_waiting_user_stops_at_once_and_a_running_one_finishes_its_task(env):
    seen = []

    class Waiting(User):
        wait_time = constant(60)

        def on_stop(self):
            seen.append("stopped")

        @task
        def work(self): ...

    class Busy(User):
        @task
        def work(self):
            gevent.sleep(0.05)
            seen.append("finished")

    population = Population(lambda: None)
    for user_class in (Waiting, Busy):
        population.start(user_class(env))
    gevent.sleep(0.01)
    population.stop(population.everybody(), 5.0)
    assert seen == ["stopped", "finished"]
    gevent.sleep(0)
    assert population.count == 0


def test_a_task_that_takes_longer_than_the_stop_timeout_is_killed(env):
    class Busy(User):
        @task
        def work(self):
            gevent.sleep(60)

    population = Population(lambda: None)
    population.start(Busy(env))
    gevent.sleep(0)
    population.stop(population.everybody(), 0.01)
    gevent.sleep(0)
    assert population.count == 0


def test_tags_filter_tasks_at_every_level():
    class Site(User):
        @tag("a")
        @task
        def one(self): ...

        @tag("b")
        @task
        def two(self): ...

        @task
        class Set(TaskSet):
            @tag("a", "slow")
            @task
            def three(self): ...

            @task
            def four(self): ...

    filter_tasks_by_tags(Site, {"a"}, {"slow"})
    assert [t.__name__ for t in Site.tasks] == ["one"]


def test_a_tag_needs_a_name():
    with pytest.raises(ValueError, match="at least one name"):
        tag()


def test_wait_times():
    class Holder:
        _cp_last_run = 0.0
        _cp_last_wait_time = 0.0

    assert all(1 <= between(1, 2)(None) <= 2 for _ in range(50))
    assert constant(3)(None) == 3
    assert poisson(1000)(None) > 0
    holder = Holder()
    assert constant_pacing(5)(holder) == 0
    assert 4.9 < constant_pacing(5)(holder) <= 5
    for bad in (0, -1, float("nan")):
        with pytest.raises(ValueError):
            constant_throughput(bad)
        with pytest.raises(ValueError):
            poisson(bad)


def test_a_task_set_may_bring_its_own_wait_time(env):
    class Site(User):
        wait_time = constant(60)

        @task
        class Set(TaskSet):
            wait_time = constant(0)
            count = 0

            @task
            def work(self):
                self.count += 1
                if self.count == 3:
                    raise StopUser()

    run(Site, env)


def test_run_cannot_be_a_task():
    with pytest.raises(ValueError, match="run"):

        class Site(User):
            @task
            def run(self): ...
