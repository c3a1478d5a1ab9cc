"""The master's runner as a script sees it, with a link that only writes down what it is told."""

from __future__ import annotations

import gevent
import pytest

from acrida import HttpUser, runners, task
from acrida.env import Environment
from acrida.master_runner import MasterRunner


class Shop(HttpUser):
    host = "http://h"

    @task
    def t(self): ...


class FakeLink:
    def __init__(self):
        self.said = []

    def notify(self, op, **fields):
        self.said.append((op, fields))

    def request(self, op, wait=True, **fields):
        self.said.append((op, {**fields, "waited": wait}))
        return {}


@pytest.fixture
def runner():
    environment = Environment(user_classes=[Shop], available_user_classes={"Shop": Shop})
    return MasterRunner(environment, FakeLink())


def worker(name, state="running", **more):
    return {"id": name, "index": 0, "state": state, "user_count": 2, "cpu": 5.0, "memory": 9, **more}


def test_it_is_the_environments_runner(runner):
    assert runner.environment.runner is runner and isinstance(runner, runners.MasterRunner)
    assert not isinstance(runner, (runners.WorkerRunner, runners.LocalRunner))
    assert (runner.state, runner.user_count, runner.worker_count, dict(runner.clients)) == ("ready", 0, 0, {})
    assert runner.stats is runner.environment.stats and runner.errors == {} and runner.exceptions == {}


def test_workers_keep_their_object_and_leave(runner):
    runner.take_state({"state": "running", "workers": [worker("a"), worker("b", "missing")]})
    a = runner.clients["a"]
    assert (a.id, a.state, a.user_count, a.cpu_usage, a.memory_usage) == ("a", "running", 2, 5.0, 9)
    assert (runner.worker_count, len(runner.clients.all), len(runner.clients)) == (1, 2, 2)
    assert [n.id for n in runner.clients.missing] == ["b"] and runner.get_worker_index("a") == 0
    runner.take_state({"state": "stopped", "workers": [worker("a", "ready"), worker("c", "spawning")]})
    assert runner.clients["a"] is a and a.state == "ready" and "b" not in runner.clients
    assert runner.clients.ready == [a] and [n.id for n in runner.clients.spawning] == ["c"]
    assert runner.clients.running == [] and runner.get_worker_index("b") == -1


def test_orders_go_to_the_master(runner):
    runner.start(10, 2.5)
    assert runner._link.said[-1][1]["waited"]
    runner.in_hook = lambda: True
    assert (runner.target_user_count, runner.spawn_rate) == (10, 2.5)
    runner.stop()  # nothing runs yet
    runner.take_state({"state": "running", "workers": []})
    runner.stop()
    runner.quit()
    runner.send_message("hi", [1], client_id="w")
    runner.environment.update_user_class({"user_class_name": "Shop", "weight": 1})
    assert runner._link.said == [
        ("start", {"users": 10, "spawn_rate": 2.5, "user_classes": None, "waited": True}),
        ("stop", {"waited": False}),
        ("quit", {}),
        ("send", {"type": "hi", "data": [1], "client_id": "w"}),
        ("update_user_class", {"settings": {"user_class_name": "Shop", "weight": 1}}),
    ]


def test_a_refusal_is_a_warning(runner, caplog):
    def refuse(op, **_):
        raise RuntimeError("there are no workers")

    runner._link.request = refuse
    runner.start(1, 1)
    assert "The master did not start the run: there are no workers" in caplog.text


def test_stop_returns_when_the_run_has_stopped(runner):
    runner.take_state({"state": "running", "workers": []})
    stopping = gevent.spawn(runner.stop)
    gevent.sleep(0.01)
    runner.take_state({"state": "stopping", "workers": []})
    gevent.sleep(0.01)
    assert not stopping.ready()
    runner.take_state({"state": "stopped", "workers": []})
    assert stopping.join(5) is None and stopping.successful()
