"""Login, and correlation: what one answer says goes into the next request. Cookies are kept by themselves."""

from locust import HttpUser, between, task
from locust.exception import StopUser


class Customer(HttpUser):
    wait_time = between(0.1, 0.3)

    def on_start(self) -> None:
        with self.client.post("/login", json={"user": "demo"}, catch_response=True) as response:
            token = response.json().get("token") if response.ok else None
            if not token:
                response.failure("no token")
                raise StopUser()  # a customer that cannot log in has nothing to do here
        self.client.headers["Authorization"] = f"Bearer {token}"

    @task
    def order(self) -> None:
        item = self.client.get("/items/7", name="/items/[id]").json()
        self.client.post("/cart", json={"item": item["id"]})
