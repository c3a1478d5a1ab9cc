"""What listeners of a worker hear of its link."""

import os

from locust import FastHttpUser, constant, events, task


def note(text):
    with open(os.environ["NOTES"], "a") as file:
        file.write(text + "\n")


@events.report_to_master.add_listener
def on_report(client_id, data):
    assert set(data) == {"user_count", "user_classes_count"}, data
    data["shelf"] = {"books": [1, 2], "owner": client_id}
    data["stats"] = "not ours to set"
    note("report")


@events.heartbeat_received.add_listener
def on_heartbeat(client_id, timestamp):
    note("heartbeat")


@events.usage_monitor.add_listener
def on_usage(environment, cpu_usage, memory_usage):
    assert memory_usage > 0
    note("usage")


class Reader(FastHttpUser):
    wait_time = constant(0.05)

    @task
    def root(self):
        self.client.get("/")
