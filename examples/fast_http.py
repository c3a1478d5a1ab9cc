"""FastHttpUser: other defaults than HttpUser's, and `rest()` for JSON interfaces."""

from locust import FastHttpUser, constant_throughput, task


class Device(FastHttpUser):
    """Asks twice a second, however long the answer takes."""

    wait_time = constant_throughput(2)
    network_timeout = 5.0
    connection_timeout = 2.0

    @task(3)
    def read(self) -> None:
        self.client.get("/json")

    @task
    def report(self) -> None:
        with self.rest("POST", "/echo", json={"temperature": 21}) as response:
            # A failed assertion marks the request as failed, and the user goes on.
            assert response.js["method"] == "POST", "wrong method"
