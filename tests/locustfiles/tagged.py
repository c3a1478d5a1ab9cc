"""Tasks with tags, some in a nested task set."""

from locust import HttpUser, TaskSet, constant, tag, task


class Tagged(HttpUser):
    wait_time = constant(0.02)

    @tag("a")
    @task
    def only_a(self):
        self.client.get("/", name="a")

    @tag("a", "b")
    @task
    def a_and_b(self):
        self.client.get("/", name="ab")

    @task
    def untagged(self):
        self.client.get("/", name="none")

    @task
    class Inner(TaskSet):
        @tag("c")
        @task
        def only_c(self):
            self.client.get("/", name="c")
            self.interrupt()

        @task
        def inner_untagged(self):
            self.client.get("/", name="inner")
            self.interrupt()
