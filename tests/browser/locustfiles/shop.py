"""Three User classes with weights, requests that fail, and one that raises now and then."""

from locust import FastHttpUser, HttpUser, constant, task


class Reader(HttpUser):
    wait_time = constant(0.05)
    weight = 3

    @task(3)
    def root(self):
        self.client.get("/")

    @task
    def missing(self):
        self.client.get("/status/404", name="/missing")


class Writer(FastHttpUser):
    wait_time = constant(0.05)
    weight = 2

    @task
    def echo(self):
        self.client.post("/echo", data="text")


class Admin(HttpUser):
    wait_time = constant(0.1)

    @task
    def look(self):
        self.client.get("/json")
        raise ValueError("the admin does not like it")
