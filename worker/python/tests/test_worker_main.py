"""The worker's process from configuration to exit code, on the fake engine."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import types

import gevent
import pytest

import acrida
from acrida import bridge, log, worker_main
from acrida.event import Events
from fake_engine import FakeEngine

SCRIPT = """
import logging
from locust import User, constant, events, task

heard = []

@events.init.add_listener
def on_init(environment, runner, **kwargs):
    heard.append(("init", runner.worker_index))

@events.init_command_line_parser.add_listener
def arguments(parser):
    parser.add_argument("--flavour", default="plain", include_in_web_ui=False)

@events.quitting.add_listener
def on_quitting(environment, **kwargs):
    heard.append(("quitting", environment.parsed_options.flavour))
    logging.info("bye")

class Site(User):
    wait_time = constant(60)
    @task
    def work(self): ...
"""


class Engine(FakeEngine):
    def __init__(self, config_json: str) -> None:
        super().__init__()
        self.config = json.loads(config_json)
        self.lines: list[str] = []
        Engine.last = self

    def start(self) -> None: ...

    def log(self, line: str) -> None:
        self.lines.append(line)

    def shutdown(self, timeout_s: float, extras=None) -> bool:
        return True


@pytest.fixture
def config(tmp_path, monkeypatch):
    path = tmp_path / "script_of_worker.py"
    path.write_text(SCRIPT)
    monkeypatch.setitem(sys.modules, "acrida._engine", types.SimpleNamespace(Engine=Engine))
    monkeypatch.setattr(acrida, "events", Events())
    monkeypatch.setattr(log, "unhandled_greenlet_exception", False)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    yield {"locustfiles": [str(path)], "node_id": "box_1", "master_host": "127.0.0.1", "master_port": 5557}
    bridge.reset()


def start(config):
    environment = worker_main.build_environment(config)
    return environment, gevent.spawn(worker_main.run, config, environment)


def test_a_worker_waits_for_the_master_fires_init_and_quits_when_told(config):
    logging.getLogger().setLevel(logging.INFO)
    _, process = start(config)
    gevent.sleep(0.01)
    heard = sys.modules["script_of_worker"].heard
    assert heard == [] and Engine.last.config["user_classes"] == ["Site"]
    Engine.last.command("ack", {"index": 4})
    gevent.sleep(0.01)
    assert heard == [("init", 4)]
    Engine.last.command("quit")
    assert process.get(timeout=2) == 0
    assert heard == [("init", 4), ("quitting", "plain")]
    assert any("/INFO/root: bye" in line for line in Engine.last.lines)


def test_a_master_that_cannot_be_reached_gives_255(config):
    _, process = start(config)
    gevent.sleep(0.01)
    Engine.last.command("connect_failed", "no answer")
    assert process.get(timeout=2) == 255


def test_sigterm_ends_it(config):
    _, process = start(config)
    gevent.sleep(0.01)
    Engine.last.command("ack", {"index": 0})
    gevent.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
    assert process.get(timeout=2) == 0


def test_sigterm_before_the_master_answers_ends_it_too(config):
    _, process = start(config)
    gevent.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)
    assert process.get(timeout=2) == 0


def test_a_script_that_cannot_be_loaded_gives_exit_code_1(config, monkeypatch, caplog):
    monkeypatch.setattr(worker_main, "read_config", lambda: {**config, "locustfiles": ["/nonexistent/x.py"]})
    monkeypatch.setattr(log, "setup_logging", lambda *args: None)
    assert worker_main.main() == 1
