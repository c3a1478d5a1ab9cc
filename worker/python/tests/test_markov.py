"""Markov task sets: the way through a chain, what is refused when the class is made, tags."""

from __future__ import annotations

from itertools import pairwise

import pytest
from gevent.pool import Group

from acrida import MarkovTaskSet, TaskSet, User, tag, task, transition, transitions
from acrida.exception import StopUser
from acrida.user.markov_taskset import (
    InvalidTransitionError,
    MarkovTaskTagError,
    NoMarkovTasksError,
    NonMarkovTaskTransitionError,
)
from acrida.user.task import filter_tasks_by_tags


def run(user_class, env):
    user = user_class(env)
    user.start(Group()).join(timeout=2)
    assert user.greenlet.dead
    return user


def test_weights_decide_what_comes_next(env):
    seen = []

    class Site(User):
        @task
        class Chain(MarkovTaskSet):
            @transitions({"likely": 9, "rare": 1, "never": 0})
            def likely(self):
                seen.append("likely")
                if len(seen) >= 2000:
                    raise StopUser()

            @transition("likely")
            def rare(self):
                seen.append("rare")

            @transition("likely")
            def never(self):
                seen.append("never")

    run(Site, env)
    # Of the steps from `likely`, one in ten is `rare`: five standard deviations of 1800 draws are 64.
    assert 110 < seen.count("rare") < 250 and "never" not in seen
    assert ("rare", "rare") not in pairwise(seen)


def test_each_user_is_at_its_own_place_in_the_chain(env):
    class Chain(MarkovTaskSet):
        @transition("second")
        def first(self): ...

        @transition("first")
        def second(self): ...

    class Site(User):
        tasks = [Chain]

    one, two = Chain(Site(env)), Chain(Site(env))
    assert [one.get_next_task().__name__ for _ in range(3)] == ["first", "second", "first"]
    assert two.get_next_task().__name__ == "first"


def test_a_chain_that_cannot_work_is_refused():
    def f(self): ...

    def g(self): ...

    def make(**body):
        return type(MarkovTaskSet)("Visit", (MarkovTaskSet,), body)

    with pytest.raises(NoMarkovTasksError, match="Visit has no task with transitions"):
        make(f=f)
    with pytest.raises(InvalidTransitionError, match=r"Visit\.f has a transition to 'gone'"):
        make(f=transition("gone")(f))
    f.__dict__.clear()
    with pytest.raises(NonMarkovTaskTransitionError, match="has none to go on"):
        make(f=transition("g")(f), g=g)
    f.__dict__.clear()
    with pytest.raises(MarkovTaskTagError, match=r"Visit\.f is tagged \(slow\)"):
        make(f=tag("slow")(transition("f")(f)))


def test_tasks_that_no_way_leads_to_are_named_in_a_warning(caplog):
    class Visit(MarkovTaskSet):
        @transitions({"a": 1, "b": 0})
        def a(self): ...

        @transition("a")
        def b(self): ...

    assert "Visit: these tasks will never run" in caplog.text and caplog.text.rstrip().endswith("b")


def test_a_state_without_any_weight_left_is_an_error_of_the_task(env):
    errors = []
    env.events.user_error.add_listener(lambda exception, **kwargs: errors.append(str(exception)))

    class Site(User):
        def wait_time(self):
            raise StopUser()

        @task
        class Visit(MarkovTaskSet):
            @transition("stuck", weight=0)
            def stuck(self): ...

    run(Site, env)
    assert errors == ["All transitions of Visit.stuck have weight 0"]


def test_tags_never_take_a_chain_apart():
    class Site(User):
        @task
        class Visit(MarkovTaskSet):
            @transition("only")
            def only(self): ...

        @tag("slow")
        @task
        def slow(self): ...

    filter_tasks_by_tags(Site, {"fast"}, None)
    assert [item.__name__ for item in Site.tasks] == ["Visit"]


def test_a_set_that_chooses_its_tasks_itself_needs_no_list(env):
    seen = []

    class Site(User):
        @task
        class Own(TaskSet):
            def get_next_task(self):
                return self.work

            def work(self):
                seen.append("work")
                raise StopUser()

    env.user_classes = [Site]
    env.filter_tasks()
    run(Site, env)
    assert seen == ["work"]
