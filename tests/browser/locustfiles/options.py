"""Arguments of the script's own; each request tells what they are."""

from locust import HttpUser, constant, events, task


@events.init_command_line_parser.add_listener
def add_arguments(parser):
    parser.add_argument("--colour", choices=["red", "green"], default="red", help="Which one")
    parser.add_argument("--password", is_secret=True, default="hush", help="Shown to nobody")
    parser.add_argument("--deep", action="store_true", default=False, help="Look further")
    parser.add_argument("--depth", type=int, default=3, help="How far")


class Visitor(HttpUser):
    wait_time = constant(0.05)

    @task
    def look(self):
        options = self.environment.parsed_options
        self.client.get("/", name=f"{options.colour} {options.deep} {options.depth} {len(options.password)}")
