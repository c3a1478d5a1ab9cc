"""Data from a CSV file beside the script: an account for each user in turn, a random term for each search."""

import csv
import random
from itertools import cycle
from pathlib import Path

from locust import HttpUser, constant, task

with Path(__file__).with_name("csv_data.csv").open(newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))

accounts = cycle(ROWS)  # of this worker process: another process begins with the first account as well


class Customer(HttpUser):
    wait_time = constant(0.2)

    def on_start(self) -> None:
        self.account = next(accounts)
        self.client.post(
            "/login",
            json={"user": self.account["user"], "password": self.account["password"]},
            name=f"/login as {self.account['user']}",
        )

    @task
    def search(self) -> None:
        self.client.get("/echo", params={"q": random.choice(ROWS)["term"]}, name="/search")
