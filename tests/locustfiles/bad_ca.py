"""Trusts a certificate file that is not there."""

from locust import HttpUser, constant, task


class Trusting(HttpUser):
    wait_time = constant(0.2)

    @task
    def work(self):
        self.client.get("https://127.0.0.1:1/", verify="/no/such/ca.pem")
