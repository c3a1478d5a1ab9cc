"""For `worker --debug`: a user that steps into the debugger, one that fails, one that only pauses."""

from locust import HttpUser, TaskSet, constant, events, task
from locust.exception import StopUser


@events.quitting.add_listener
def note_the_end(environment, **kwargs):
    print(f"quitting with {environment.stats.total.num_requests} counted")


class Stepping(HttpUser):
    @task
    class Steps(TaskSet):
        @task
        def look(self):
            secret = 41
            breakpoint()
            self.client.get("/", name=f"front {secret}")

        def on_stop(self):
            print("the set stops")

    def on_stop(self):
        print("the user stops")


class Failing(HttpUser):
    @task
    def look(self):
        self.client.get("/status/503", name="down")
        self.client.get("/text")
        self.environment.runner.register_message("hello", self.heard)
        self.environment.runner.send_message("hello", "world")
        self.environment.runner.quit()

    def heard(self, environment, msg, **kwargs):
        print(f"heard {msg.data}, users: {environment.runner.user_count}")


class Raising(HttpUser):
    @task
    def fail(self):
        if self.environment.stats.total.num_requests:
            raise StopUser()
        self.client.get("/")
        raise ValueError("on purpose")


class Pausing(HttpUser):
    wait_time = constant(1000)

    @task
    class Set(TaskSet):
        @task
        def look(self):
            self.client.get("/json")

        def on_stop(self):
            print("the set stops")


class Fine(HttpUser):
    @task
    def look(self):
        self.client.get("/")
        raise StopUser()
