"""Task sets inside task sets; the order of one user's requests goes to a file of its own."""

import os
import uuid

from locust import HttpUser, SequentialTaskSet, TaskSet, constant, task
from locust.exception import StopUser


class Checkout(SequentialTaskSet):
    def on_start(self):
        self.user.note("checkout starts")

    @task
    def address(self):
        self.user.note("address")
        self.client.get("/", name="address")

    @task(2)
    def pay(self):
        self.user.note("pay")
        self.client.get("/", name="pay")

    @task
    def done(self):
        self.user.note("done")
        self.client.get("/", name="done")
        self.interrupt()

    def on_stop(self):
        self.user.note("checkout ends")


class Browse(TaskSet):
    tasks = {Checkout: 1}

    @task
    class Leave(TaskSet):
        @task
        def leave(self):
            self.user.note("leave")
            if self.user.noted("done"):
                raise StopUser()
            self.interrupt(reschedule=False)


class Shopper(HttpUser):
    wait_time = constant(0)
    tasks = [Browse]

    def on_start(self):
        self.notes = []

    def on_stop(self):
        with open(os.path.join(os.environ["NOTES"], uuid.uuid4().hex), "w") as file:
            file.write("\n".join(self.notes))

    def note(self, text):
        self.notes.append(text)

    def noted(self, text):
        return text in self.notes
