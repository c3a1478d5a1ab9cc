"""Arguments of the script's own: `master -f custom_arguments.py --product shoes ...`, or PRODUCT=shoes."""

from typing import Any

from locust import HttpUser, constant, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment


@events.init_command_line_parser.add_listener
def add_arguments(parser: LocustArgumentParser, **kwargs: Any) -> None:
    parser.add_argument("--product", default="hats", env_var="PRODUCT", help="what to search for")
    parser.add_argument("--api-key", default="", is_secret=True, help="shown as a password in the start form")


@events.test_start.add_listener
def say_it(environment: Environment, **kwargs: Any) -> None:
    if environment.parsed_options:
        print(f"searching for {environment.parsed_options.product}")


class Customer(HttpUser):
    wait_time = constant(0.2)

    @task
    def search(self) -> None:
        product = getattr(self.environment.parsed_options, "product", "")
        self.client.get("/echo", params={"q": product}, name=f"/search {product}")
