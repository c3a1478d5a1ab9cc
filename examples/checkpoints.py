"""Checkpoints: what an answer has to be for the request to count as a success."""

from locust import FastHttpUser, HttpUser, constant, task


class Visitor(HttpUser):
    wait_time = constant(0.2)

    @task
    def status_text_time(self) -> None:
        with self.client.get("/", name="checked", catch_response=True) as response:
            if response.status_code != 200:
                response.failure(f"status {response.status_code}")
            elif "hello" not in response.text:
                response.failure("this is not the front page")
            elif response.elapsed.total_seconds() > 2:
                response.failure("too slow")

    @task
    def expected_failure(self) -> None:
        with self.client.get("/status/404", name="gone, as it should be", catch_response=True) as response:
            if response.status_code == 404:
                response.success()

    @task
    def missed(self) -> None:
        with self.client.get("/json", name="always missed", catch_response=True) as response:
            if "no such word" not in response.text:
                response.failure("checkpoint missed")


class Device(FastHttpUser):
    """With `rest`, a failed assertion is a failed request."""

    wait_time = constant(0.2)

    @task
    def ask(self) -> None:
        with self.rest("POST", "/echo", name="asserted", json={"a": 1}) as response:
            assert response.js["method"] == "POST", "wrong method"
