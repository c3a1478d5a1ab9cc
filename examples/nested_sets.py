"""Nested task sets: a part of the site that keeps a user until it calls `interrupt()`."""

from locust import HttpUser, TaskSet, constant, task


class Forum(TaskSet):
    """Pauses of its own, and a set within it."""

    wait_time = constant(0.1)

    def on_start(self) -> None:
        self.client.get("/text", name="enter the forum")

    def on_stop(self) -> None:
        self.client.get("/text", name="leave the forum")

    @task(3)
    class Thread(TaskSet):
        @task(2)
        def read(self) -> None:
            self.client.get("/items/1", name="read")

        @task
        def back(self) -> None:
            self.interrupt()

    @task
    def leave(self) -> None:
        self.interrupt(reschedule=False)  # the user pauses before it picks its next task


class Visitor(HttpUser):
    wait_time = constant(0.1)
    tasks = {Forum: 2}

    @task
    def front_page(self) -> None:
        self.client.get("/")
