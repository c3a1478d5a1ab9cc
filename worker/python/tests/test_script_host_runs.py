"""What a script in the script host sees and does during runs: figures, runner, messages, events."""

from __future__ import annotations

import pytest

import acrida  # noqa: F401
from fake_rows import total_row
from host_scripts import USER

pytestmark = pytest.mark.engine


def test_the_exit_code_by_fail_ratio(master, script):
    """The usual hook of Locust's documentation, with figures that are asked for when it looks."""
    master.set_up(
        script(
            USER
            + """
@events.quitting.add_listener
def _(environment, **kw):
    assert environment.stats.total.fail_ratio == environment.runner.stats.total.fail_ratio
    if environment.stats.total.fail_ratio > 0.01:
        logging.error("Test failed due to failure ratio > 1%")
        environment.process_exit_code = 7
    elif environment.stats.total.get_response_time_percentile(0.95) > 800:
        environment.process_exit_code = 1
    else:
        environment.process_exit_code = 0
"""
        )
    )
    master.rows = [total_row(100, 2, "/a", "GET"), total_row(100, 2)]
    assert master.ask("fire", hook="quitting", args={})["process_exit_code"] == 7
    assert master.wait_for("exit_code")["value"] == 7
    master.rows = [total_row(1000, 2)]
    assert master.ask("fire", hook="quitting", args={})["process_exit_code"] == 0


def test_statistics_are_those_of_the_master(master, script):
    master.set_up(
        script(
            USER
            + """
@events.test_stop.add_listener
def _(environment, **kw):
    entry = environment.stats.get("/a", "GET")
    assert entry is environment.stats.entries[("/a", "GET")]
    (error,) = environment.runner.errors.values()
    (exception,) = environment.runner.exceptions.values()
    assert exception == {"count": 3, "msg": "no", "traceback": "...", "nodes": ["w1"]}
    print(entry.num_requests, entry.total_rps, error.to_name(), error.occurrences,
          [e.name for e in environment.stats.entries.values()], environment.stats.num_failures)
"""
        )
    )
    master.rows = [total_row(50, 1, "/a", "GET"), total_row(80, 1, "/b", "POST"), total_row(130, 2)]
    master.errors = [{"method": "GET", "name": "/a", "error": "CatchResponseError('no')", "occurrences": 2}]
    master.exceptions = [{"count": 3, "msg": "no", "traceback": "...", "nodes": ["w1"]}]
    assert master.ask("fire", hook="test_stop", args={})["unhandled"] is False, master.stderr
    master.wait_for_output("50 5.0 GET /a: 'no' 2 ['/a', '/b'] 2")
    assert master.stats_asked <= 2  # many questions of one hook are one to the master


def test_a_watching_greenlet_sees_state_and_figures_and_ends_the_run(master, script):
    """Locust's documented way to stop a run by its fail ratio."""
    master.set_up(
        script(
            USER
            + """
from locust.runners import STATE_STOPPING, STATE_STOPPED, STATE_CLEANUP, MasterRunner
def checker(environment):
    while environment.runner.state not in [STATE_STOPPING, STATE_STOPPED, STATE_CLEANUP]:
        time.sleep(0.05)
        if environment.runner.stats.total.fail_ratio > 0.2:
            environment.runner.quit()
            return
@events.init.add_listener
def on_locust_init(environment, **_kwargs):
    if isinstance(environment.runner, MasterRunner):
        gevent.spawn(checker, environment)
"""
        )
    )
    master.rows = [total_row(10, 5)]
    master.wait_for("quit")


def test_the_runner_knows_what_the_master_says(master, script):
    master.set_up(
        script(
            USER
            + """
@events.test_stopping.add_listener
def _(environment, **kw):
    runner = environment.runner
    (node,) = runner.clients.running
    print(runner.state, runner.user_count, runner.target_user_count, runner.user_classes_count,
          runner.worker_count, len(runner.clients), node.id, node.cpu_usage, runner.clients["w2"].state,
          runner.spawn_rate, [n.id for n in runner.clients.missing], "w3" in runner.clients)
"""
        )
    )
    workers = [
        {"id": "w1", "index": 0, "state": "running", "user_count": 3, "cpu": 12.5, "memory": 100},
        {"id": "w2", "index": 1, "state": "missing", "user_count": 0, "cpu": 0, "memory": 0},
    ]
    master.send(
        op="state",
        state="running",
        user_count=3,
        target_user_count=4,
        user_classes_count={"Shop": 3},
        spawn_rate=2.0,
        elapsed_s=1.5,
        workers=workers,
    )
    master.ask("fire", hook="test_stopping", args={})
    said = "running 3 4 {'Shop': 3, 'Other': 0} 1 2 w1 12.5 missing 2.0 ['w2'] False"
    master.wait_for_output(said)


def test_runner_calls_inside_a_hook_do_not_wait_for_the_master(master, script):
    master.set_up(
        script(
            USER
            + """
@events.test_start.add_listener
def _(environment, **kw):
    environment.runner.state = "running"
    environment.runner.stop()
    environment.runner.quit()
@events.test_stop.add_listener
def _(environment, **kw):
    gevent.spawn(later, environment)
def later(environment):
    environment.runner.start(10, 2, user_classes=[Shop])
    print("target", environment.runner.target_user_count)
"""
        )
    )
    master.ask("fire", hook="test_start", args={})
    assert master.wait_for("stop") and master.wait_for("quit")
    master.ask("fire", hook="test_stop", args={})
    start = master.wait_for("start")
    assert (start["users"], start["spawn_rate"], start["user_classes"]) == (10, 2.0, ["Shop"])
    master.wait_for_output("target 10")


def test_messages_go_both_ways_in_order(master, script):
    master.set_up(
        script(
            USER
            + """
def on_hello(environment, msg, **kwargs):
    time.sleep(0.02)
    print("got", msg.data, msg.node_id)
    environment.runner.send_message("welcome", {"n": msg.data}, client_id=msg.node_id)
def slow(environment, msg, **kwargs):
    time.sleep(60)
@events.init.add_listener
def init(environment, runner, **kwargs):
    runner.register_message("hello", on_hello)
    runner.register_message("slow", slow, concurrent=True)
    runner.register_message("bad", lambda environment, msg: 1 / 0)
    runner.send_message("all", [1, b"x", None])
@events.test_stop.add_listener
def test_stop(**kwargs):
    print("then test_stop")
"""
        )
    )
    to_all = master.wait_for("send", type="all")
    assert to_all["data"] == [1, b"x", None] and to_all["client_id"] is None
    for message in ({"type": "bad"}, {"type": "slow"}, {"type": "unknown"}, {"type": "hello", "data": 1}):
        master.send(op="message", client_id="w1", **message)
    master.send(op="message", type="hello", data=2, client_id="w2")
    assert master.ask("fire", hook="test_stop", args={})["unhandled"] is False
    welcome = [(f["data"]["n"], f["client_id"]) for f in master.ops("send") if f["type"] == "welcome"]
    assert welcome == [(1, "w1"), (2, "w2")]
    master.wait_for_output("then test_stop")
    stderr = master.stderr
    assert stderr.index("got 1 w1") < stderr.index("got 2 w2") < stderr.index("then test_stop")
    assert "Unknown message type received from worker w1" in stderr and "ZeroDivisionError" in stderr


def test_events_reach_their_listeners(master, script):
    master.set_up(
        script(
            USER
            + """
@events.worker_connect.add_listener
def connected(client_id, **kw):
    print("connected", client_id)
    events.spawning_complete.add_listener(lambda user_count, **kw: print("spawned", user_count))
@events.worker_report.add_listener
def report(client_id, data, **kw): print("report", client_id, data["extra"])
@events.usage_monitor.add_listener
def usage(environment, cpu_usage, memory_usage, **kw): print("usage", environment.host, cpu_usage)
"""
        ),
        host="http://h",
    )
    assert master.wait_for("listening", hooks=["usage_monitor", "worker_connect", "worker_report"])
    master.send(op="event", hook="worker_connect", args={"client_id": "w1"})
    master.send(op="event", hook="no_such_hook", args={})
    master.send(op="event", hook="worker_report", args={"client_id": "w1", "data": {"extra": 7}})
    master.send(op="event", hook="usage_monitor", args={"cpu_usage": 5, "memory_usage": 1})
    master.wait_for_output("usage http://h 5")
    assert "connected w1" in master.stderr and "report w1 7" in master.stderr
    master.send(op="state", state="ready", workers=[])
    listening = master.wait_until(
        lambda: next((f for f in master.ops("listening") if len(f["hooks"]) == 4), None)
    )
    assert "spawning_complete" in listening["hooks"]
    master.send(op="event", hook="spawning_complete", args={"user_count": 9})
    master.wait_for_output("spawned 9")


def test_a_user_class_is_updated_everywhere(master, script):
    master.set_up(
        script(
            USER
            + """
@events.test_start.add_listener
def _(environment, **kw):
    environment.update_user_class({"user_class_name": "Shop", "weight": 9, "tasks": ["browse"]})
    print(Shop.weight, [t.__name__ for t in Shop.tasks])
"""
        )
    )
    master.ask("fire", hook="test_start", args={})
    settings = {"user_class_name": "Shop", "weight": 9, "tasks": ["browse"]}
    assert master.wait_for("update_user_class")["settings"] == settings
    master.wait_for_output("9 ['browse', 'browse', 'browse']")
