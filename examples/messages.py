"""Messages: the master deals out accounts to the workers, and these acknowledge what they got."""

from typing import Any

from locust import HttpUser, constant, events, task
from locust.env import Environment
from locust.runners import MasterRunner, Message

accounts = ["nobody"]


def take(environment: Environment, msg: Message, **kwargs: Any) -> None:
    accounts[:] = msg.data
    if environment.runner:
        environment.runner.send_message("thanks", f"{len(msg.data)} accounts")


def hear(msg: Message, **kwargs: Any) -> None:
    print(f"a worker says thanks for {msg.data}")


@events.init.add_listener
def register(environment: Environment, **kwargs: Any) -> None:
    if environment.runner:
        environment.runner.register_message("accounts", take)  # used by workers
        environment.runner.register_message("thanks", hear)  # used by the master


@events.test_start.add_listener
def deal(environment: Environment, **kwargs: Any) -> None:
    if isinstance(environment.runner, MasterRunner):
        for number, worker in enumerate(environment.runner.clients):
            environment.runner.send_message("accounts", [f"user{number}"], worker)


class Customer(HttpUser):
    wait_time = constant(0.2)

    @task
    def visit(self) -> None:
        self.client.get("/", name=f"/ as {accounts[0]}")
