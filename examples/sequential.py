"""Steps in a fixed order, with data from one step used in the next (correlation)."""

from locust import HttpUser, SequentialTaskSet, constant, task


class Purchase(SequentialTaskSet):
    def on_start(self) -> None:
        self.token: str | None = None

    @task
    def log_in(self) -> None:
        with self.client.post("/login", json={"user": "demo"}, catch_response=True) as response:
            self.token = response.json().get("token") if response.ok else None
            if not self.token:
                response.failure("no token")
                self.interrupt()

    @task(2)
    def choose(self) -> None:
        self.client.get("/items/7", name="/items/[id]", headers={"Authorization": f"Bearer {self.token}"})

    @task
    def buy(self) -> None:
        self.client.post("/cart", json={"item": 7}, headers={"Authorization": f"Bearer {self.token}"})
        self.interrupt()


class Buyer(HttpUser):
    wait_time = constant(0.5)
    tasks = [Purchase]
