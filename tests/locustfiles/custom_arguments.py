"""The script's own arguments: a request's name shows the worker's values, a line of the log the master's."""

import os

from locust import User, constant, events, task


@events.init_command_line_parser.add_listener
def add_arguments(parser):
    parser.add_argument(
        "-e", "--env", choices=["dev", "staging"], default="dev", env_var="SHOP_ENV", help="Where to"
    )
    parser.add_argument("--retries", type=int, default=3, help="How often, %(default)s times")
    parser.add_argument("--item", action="append", help="What to buy")
    parser.add_argument("--fast", action="store_true")
    parser.add_argument("--token", default="s3cret", is_secret=True, help="Key, %(default)s")
    parser.add_argument("--internal", default="x", include_in_web_ui=False)
    if "SHOP_NEEDS_NAME" in os.environ:
        parser.add_argument("--name", required=True)
    if "SHOP_CLASHES" in os.environ:
        parser.add_argument("--users", type=int)


def values(options):
    items = "+".join(options.item or [])
    return f"{options.env} {options.retries + 1} [{items}] {options.fast} {options.token}"


SEEN_IN_INIT = []


@events.init.add_listener
def on_init(environment, **_):
    SEEN_IN_INIT.append(values(environment.parsed_options))
    print(f"{type(environment.runner).__name__} init: {values(environment.parsed_options)}")


@events.test_start.add_listener
def on_test_start(environment, **_):
    print(f"{type(environment.runner).__name__} test_start: {values(environment.parsed_options)}")


class Shopper(User):
    wait_time = constant(0.05)

    @task
    def buy(self):
        self.environment.events.request.fire(
            request_type="X",
            name=SEEN_IN_INIT[0] if "SHOP_SHOWS_INIT" in os.environ else values(self.environment.parsed_options),
            response_time=1.0,
            response_length=0,
            exception=None,
            context={},
        )
