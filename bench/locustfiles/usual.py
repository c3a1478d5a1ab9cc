"""What most locustfiles look like: a TaskSet, pauses between tasks, responses checked in a with-block."""

from locust import FastHttpUser, TaskSet, between, task


class Browsing(TaskSet):
    @task(3)
    def look(self):
        with self.client.get("/json", name="look", catch_response=True) as response:
            if response.status_code != 200:
                response.failure(f"status {response.status_code}")
            elif not isinstance(response.json(), dict):
                response.failure("not an object")

    @task
    def search(self):
        with self.client.get("/json?q=shoes", name="search", catch_response=True) as response:
            if not response.json():
                response.failure("empty")


class Usual(FastHttpUser):
    # Short, so that a client that can do more is not held up by the pauses.
    wait_time = between(0.002, 0.006)
    tasks = [Browsing]
