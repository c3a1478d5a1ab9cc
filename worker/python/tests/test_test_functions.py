"""Locustfiles without User classes: their `test_...` functions are users, and tests for pytest."""

from __future__ import annotations

import os
import subprocess
import sys

import gevent
import pytest

import acrida
from acrida import bridge
from acrida.env import Environment
from acrida.event import Events
from acrida.script_loader import ScriptError, load_user_classes
from acrida.util.load_locustfile import load_locustfile_pytest

SCRIPT = """
import pytest

ended = []

@pytest.fixture
def greeting(session):
    yield f"hello {session.base_url[:7]}"
    ended.append(True)

def test_plain(session, greeting):
    assert greeting == "hello http://"
    session.get("/fine", name="plain")
    with session.get("/status/500", name="wrong", catch_response=True) as response:
        response.failure("not liked")
    response.raise_for_status()
    session.get("/never")

def test_fast(fastsession):
    fastsession.get("/status/404", name="fast").raise_for_status()

def helper(): ...
"""


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "test_shop.py"
    path.write_text(SCRIPT)
    return str(path)


def test_each_test_function_is_a_class(script, tmp_path):
    classes = load_user_classes([script])
    assert list(classes) == ["test_plain", "test_fast"] == list(load_locustfile_pytest(script))
    assert [task.__name__ for task in classes["test_fast"].tasks] == ["test_fast"]
    mixed = tmp_path / "mixed.py"
    mixed.write_text("from locust import User\nclass A(User): ...\ndef test_x(): ...")
    assert list(load_user_classes([str(mixed)])) == ["A"]


def test_a_fixture_that_is_not_there_is_named(tmp_path):
    path = tmp_path / "test_lacking.py"
    path.write_text("def test_it(session, tmp_path): ...")
    with pytest.raises(ScriptError, match=r"test_it needs a fixture 'tmp_path'; .*: fastsession, session"):
        load_user_classes([str(path)])


@pytest.mark.engine
def test_users_call_them_again_and_again_also_after_a_failed_request(script, target):
    bridge.reset()
    classes = list(load_user_classes([script]).values())
    environment = Environment(user_classes=classes, events=Events(), host=target.url)
    runner = environment.create_local_runner()
    runner.start(2, 1000, wait=True)
    with gevent.Timeout(10):
        while min(runner.stats.get(name, "GET").num_requests for name in ("wrong", "fast")) < 2:
            gevent.sleep(0.01)
    runner.quit()
    assert not runner.exceptions
    names = {name for name, _ in runner.stats.entries}
    assert names == {"plain", "wrong", "fast"} and sys.modules["test_shop"].ended == [True]
    bridge.current().engine.shutdown(1.0)
    bridge.reset()


@pytest.mark.engine
def test_the_same_file_is_a_test_for_pytest(script, target):
    process = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "acrida.pytest_plugin", "-q", "--host", target.url, script],
        env={**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(acrida.__file__))},
        cwd=os.path.dirname(script),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "2 failed" in process.stdout and "CatchResponseError" in process.stdout, process.stdout
    assert "LocustBadStatusCode" in process.stdout or "404" in process.stdout
