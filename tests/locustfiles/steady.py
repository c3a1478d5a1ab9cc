"""Two classes that go on until they are stopped, about 20 requests a second each user."""

from locust import FastHttpUser, HttpUser, constant, task


class Reader(HttpUser):
    wait_time = constant(0.05)
    weight = 3

    @task
    def root(self):
        self.client.get("/")


class Writer(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def echo(self):
        self.client.post("/echo", data="text", name="/echo (write)")
