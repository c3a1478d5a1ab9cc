"""A Markov chain: what a user does next depends on what it has just done."""

from locust import HttpUser, MarkovTaskSet, constant, task, transition, transitions


class Visitor(HttpUser):
    wait_time = constant(0.05)

    @task
    class Visit(MarkovTaskSet):
        """Begins with the task that is declared first."""

        @transition("search")
        def front_page(self) -> None:
            self.client.get("/")

        @transitions({"search": 2, "item": 3, "front_page": 1})
        def search(self) -> None:
            self.client.get("/json", name="/search")

        @transitions([("search", 2), "order"])
        def item(self) -> None:
            self.client.get("/items/1", name="/items/[id]")

        @transition("front_page")
        def order(self) -> None:
            self.client.post("/cart", json={"item": 1}, headers={"Authorization": "demo"})
