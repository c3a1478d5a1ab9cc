"""What a script does wrong on a worker: told once, with its own frames, and nobody else suffers."""

from __future__ import annotations

import logging
import os
import subprocess
import sys

import gevent
import pytest
from gevent.monkey import get_original

from acrida import blocked, endings, leftovers, repeats
from acrida.event import EventHook


@pytest.fixture(autouse=True)
def forget():
    repeats._seen.clear()
    yield
    repeats._seen.clear()


def test_a_listener_that_always_raises_is_shown_once_and_counted_at_the_end(caplog):
    def listener(**kwargs):
        raise KeyError("mine")

    hook, heard = EventHook(), []
    hook.add_listener(listener)
    hook.add_listener(lambda **kwargs: heard.append(1))
    for _ in range(5):
        hook.fire()
    assert len(heard) == 5
    (shown,) = caplog.records
    assert "in listener" in shown.getMessage() and "event.py" not in shown.getMessage()
    repeats.tell_counts()
    assert "listener: KeyError('mine'): 5 times in all" in caplog.records[-1].getMessage()
    hook.fire()
    assert len(caplog.records) == 3, "the next run shows it again"


def test_sys_exit_in_a_listener_is_an_error_of_it(caplog):
    hook, heard = EventHook(), []

    @hook.add_listener
    def leave():
        sys.exit(3)

    hook.add_listener(lambda: heard.append(1))
    hook.fire()
    assert heard == [1]
    assert "in leave" in caplog.text and "environment.runner.quit()" in caplog.text


def test_different_troubles_are_bounded(caplog):
    for number in range(repeats._DIFFERENT_MAX + 50):
        repeats.is_first(number, f"trouble {number}")
    assert len(repeats._seen) == repeats._DIFFERENT_MAX + 1


def test_a_greenlet_that_dies_is_told_once_and_sys_exit_in_it_ends_nothing_else(caplog):
    hub = gevent.get_hub()
    endings.report_dying_greenlets()
    try:
        for _ in range(3):
            gevent.spawn(lambda: 1 // 0).join()
        gevent.spawn(sys.exit, 3).join()
        gevent.sleep(0)
    finally:
        del hub.handle_error
    shown = [record.getMessage() for record in caplog.records]
    assert len(shown) == 2
    assert "ZeroDivisionError" in shown[0] and "in <lambda>" in shown[0] and "gevent/" not in shown[0]
    assert "sys.exit() in a greenlet" in shown[1]


def test_blocking_code_is_found_from_outside_and_told_once_for_each_place():
    told: list[str] = []
    watch = blocked.Watch(told.append, limit_s=0.2)

    def block_here():
        get_original("time", "sleep")(0.5)

    try:
        for _ in range(2):
            block_here()
            gevent.sleep(0.1)
        with gevent.Timeout(2):
            while len(told) < 2:
                gevent.sleep(0.01)
    finally:
        watch.stop()
    assert "in block_here" in told[0] and "loop lag" in told[0]
    assert told[1].startswith("Other users run again after")
    assert len(told) <= 2


def test_what_lets_the_hub_run_is_not_blocking():
    told: list[str] = []
    watch = blocked.Watch(told.append, limit_s=0.6)  # longer than a busy machine holds us up
    gevent.sleep(1.2)
    watch.stop()
    assert told == []


def test_greenlets_of_a_run_that_go_on_are_ended_and_others_are_not(caplog):
    left = leftovers.Leftovers()
    left.begin_run()
    mine, others = [], gevent.spawn(gevent.sleep, 60)

    def user():
        left.mark_current()
        for _ in range(2):
            mine.append(gevent.spawn(gevent.sleep, 60))
        gevent.spawn(lambda: mine.append(gevent.spawn(gevent.sleep, 60))).join()

    gevent.spawn(user).join()
    assert left.end() == 3
    assert all(one.dead for one in mine) and not others.dead
    text = caplog.records[-1].getMessage()
    assert text.startswith("3 greenlets") and "mine.append(gevent.spawn(gevent.sleep, 60))" in text
    assert left.end() == 0
    others.kill()


FORKING = """
import os, sys, time
import gevent
from acrida import forks

ran = []
class User:
    on_stop = None
    _state = "running"

def other():
    gevent.sleep(0.2)
    print("other runs in", "child" if forks.is_copy() else "parent", flush=True)

def forking():
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    gevent.sleep(0.5)
    print("closed:", closed, "stops:", user.on_stop is forks.leave, flush=True)
    user.on_stop()

closed = []
user = User()
forks.guard(lambda: closed.append(1), lambda: [user], 1)
user.greenlet = gevent.spawn(forking)
gevent.joinall([user.greenlet, gevent.spawn(other)])
print("parent ends", flush=True)
"""


def test_in_a_forked_child_only_the_forking_code_runs():
    path = os.pathsep.join(filter(None, sys.path))
    done = subprocess.run(
        [sys.executable, "-c", FORKING],
        capture_output=True,
        text=True,
        timeout=30,
        env={**os.environ, "PYTHONPATH": path},
        check=True,
    )
    assert sorted(done.stdout.splitlines()) == [
        "closed: [1] stops: True",
        "other runs in parent",
        "parent ends",
    ], done.stderr


def test_lines_of_the_script_from_before_the_link_reach_the_master(monkeypatch):
    from acrida import log

    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    monkeypatch.setattr(log, "_early", None)
    monkeypatch.setattr(log, "_sink", None)
    log.collect()
    root.warning("while it is loaded")
    lines: list[str] = []
    log.forward_to(lines.append)
    root.warning("later")
    log.write_past_logging("from a thread")
    assert [line.partition(": ")[2] for line in lines] == ["while it is loaded", "later", "from a thread"]
