"""The functions for `wait_time`, each for a second or so; how often each user ran is in the statistics."""

from locust import (
    SequentialTaskSet,
    User,
    between,
    constant,
    constant_pacing,
    constant_throughput,
    events,
    tag,
    task,
)


class Paused(User):
    abstract = True
    fixed_count = 1

    @task
    def work(self):
        events.request.fire(
            request_type="task",
            name=type(self).__name__,
            response_time=1,
            response_length=0,
            exception=None,
            context={},
        )


class Between(Paused):
    wait_time = between(0.19, 0.21)


class Constant(Paused):
    wait_time = constant(0.2)


class Pacing(Paused):
    wait_time = constant_pacing(0.2)


class Throughput(Paused):
    wait_time = constant_throughput(5)


class Method(Paused):
    def wait_time(self):
        return 0.2


class OfSet(User):
    """The task set's own wait_time counts."""

    fixed_count = 1
    wait_time = constant(100)

    @task
    class Quick(SequentialTaskSet):
        wait_time = constant(0.2)

        @task
        def work(self):
            Paused.work(self.user)


class Tagged(Paused):
    wait_time = constant(0.2)

    @tag("never")
    @task(100)
    def never(self):
        raise RuntimeError("this one is left out by its tag")
