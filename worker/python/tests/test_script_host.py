"""The script host as a process: setting up, hooks, statistics, messages, its end. The master is a fake."""

from __future__ import annotations

import signal
import time

import pytest

import acrida  # noqa: F401
from fake_master import TIMEOUT_S, Failed, FakeMaster
from fake_rows import total_row

pytestmark = pytest.mark.engine

HEAD = "from locust import *\nfrom locust import events\nimport gevent, time, logging, sys\n"
USER = """
class Shop(HttpUser):
    host = "http://h"
    weight = 3
    @task(3)
    def browse(self): ...
    @tag("x")
    @task
    class Checkout(SequentialTaskSet):
        @task
        def pay(self): ...

class Other(HttpUser):
    fixed_count = 1
    @task
    def only(self): ...
"""


@pytest.fixture
def master():
    master = FakeMaster()
    yield master
    master.close()


@pytest.fixture
def script(tmp_path):
    def write(text, name="locustfile_host.py"):
        path = tmp_path / name
        path.write_text(HEAD + text)
        return path

    return write


def test_a_script_is_loaded_configured_run_and_left(master, script):
    path = script(
        USER
        + """
print("noise on stdout")

@events.init.add_listener
def init(environment, runner, web_ui, **kwargs):
    from locust.runners import MasterRunner, WorkerRunner
    assert isinstance(runner, MasterRunner) and not isinstance(runner, WorkerRunner) and web_ui is None
    assert environment.runner is runner and environment.host == "http://there"
    print("init", environment.parsed_options.num_users)

@events.test_start.add_listener
def test_start(environment, **kwargs):
    time.sleep(0.01)
    print("started", Shop.host)

@events.quit.add_listener
def quit(exit_code, **kwargs):
    print("quit", exit_code)
"""
    )
    loaded = master.ask("load", locustfiles=[str(path)], own_flags=["-u"])
    shop, other = loaded["user_classes"]
    assert (shop["name"], shop["weight"], shop["fixed_count"], shop["host"]) == ("Shop", 3, 0, "http://h")
    assert shop["tasks"] == ["browse", "Checkout"]
    assert shop["ratio"]["Checkout"] == {"ratio": 0.25, "tasks": {"pay": {"ratio": 1.0}}}
    assert other["fixed_count"] == 1 and loaded["shape_classes"] == [] and loaded["arguments"] == []
    done = master.ask("configure", host="http://there", user_classes=["Shop"], options={"num_users": 5})
    assert [c["name"] for c in done["user_classes"]] == ["Shop"] and done["available"] == ["Other", "Shop"]
    assert done["options"]["num_users"] == 5 and done["custom"] == {} and done["shape"] is None
    assert set(master.wait_for("listening")["hooks"]) == {"init", "test_start", "quit"}
    assert master.ask("fire", hook="test_start", args={}) | {"id": 0} == {
        "op": "done",
        "id": 0,
        "process_exit_code": None,
        "unhandled": False,
    }
    master.ask("ping")
    master.ask("exit", exit_code=3)
    assert master.process.wait(TIMEOUT_S) == 0
    for text in ("noise on stdout", "init 5", "started http://there", "quit 3"):
        master.wait_for_output(text)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("def f(:\n", "syntax", ":4: syntax error"),
        ("\nimport not_there\n", "import", ":5: No module named 'not_there'"),
        ("x = 1\n", "no_user_class", "No User class found"),
        ("sys.exit(3)\n", "other", ":4: the script called sys.exit(3)"),
        ("\n\n1/0\n", "other", ":6: ZeroDivisionError"),
    ],
)
def test_a_script_that_cannot_be_loaded_is_explained_in_one_line(master, script, text, kind, said):
    with pytest.raises(Failed) as error:
        master.ask("load", locustfiles=[str(script(text))], own_flags=[])
    assert error.value.kind == kind and said in error.value.message and "\n" not in error.value.message
    assert "script_loader.py" not in error.value.detail
    assert "Traceback" not in master.stderr
    master.ask("ping")


@pytest.mark.parametrize(
    ("configure", "kind", "said"),
    [
        ({"user_classes": ["Nope"]}, "unknown_user_class", "Other, Shop"),
        ({"tags": ["nope"]}, "no_tasks", "--tags nope leaves no task"),
        ({"config_users": [{"user_class_name": "Nope"}]}, "config_users", "'Nope'; there are: Other, Shop"),
        ({"config_users": [{"weight": 1}]}, "config_users", "no User class None"),
        (
            {"config_users": [{"user_class_name": "Shop", "wieght": 1}]},
            "config_users",
            "'wieght'; did you mean 'weight'?",
        ),
        (
            {"config_users": [{"user_class_name": "Shop", "tasks": ["fly"]}]},
            "config_users",
            "Shop has no task 'fly'",
        ),
    ],
)
def test_a_configuration_that_cannot_be_is_explained(master, script, configure, kind, said):
    with pytest.raises(Failed) as error:
        master.set_up(script(USER), **configure)
    assert error.value.kind == kind and said in error.value.message


def test_users_are_configured_filtered_and_made_equal(master, script):
    done = master.set_up(
        script(USER),
        tags=["x"],
        user_classes=["Shop"],
        config_users=[{"user_class_name": "Shop", "host": "http://configured"}],
    )
    assert done["user_classes"][0]["tasks"] == ["Checkout"]
    assert done["user_classes"][0]["host"] == "http://configured"
    assert master.wait_for("update_user_class")["settings"]["host"] == "http://configured"
    done = master.set_up(script(USER), equal_weights=True, user_classes=["Shop"])
    assert done["user_classes"][0]["weight"] == 1
    assert {name: entry["ratio"] for name, entry in done["user_classes"][0]["ratio"].items()} == {
        "browse": 0.5,
        "pay": 0.5,
    }


def test_a_listener_that_raises_or_exits_is_reported_once_and_the_others_run(master, script):
    master.set_up(
        script(
            USER
            + """
@events.test_start.add_listener
def bad(environment, **kwargs): 1 / 0
@events.test_start.add_listener
def leaves(environment, **kwargs): sys.exit(5)
@events.test_start.add_listener
def good(environment, **kwargs):
    gevent.spawn(dies)
    gevent.spawn(leaves_too)
    gevent.sleep(0.01)
    print("good ran")
def dies(): raise KeyError("in a greenlet")
def leaves_too(): sys.exit(7)
@events.test_stop.add_listener
def again(**kwargs):
    for _ in range(3):
        gevent.spawn(dies).join()
"""
        )
    )
    assert master.ask("fire", hook="test_start", args={})["unhandled"] is True
    master.wait_for_output("good ran")
    master.wait_for_output("KeyError: 'in a greenlet'")
    master.wait_for_output("SystemExit: 7")
    assert master.stderr.count("ZeroDivisionError: division by zero") == 1
    assert master.stderr.count("SystemExit: 5") == 1 and master.stderr.count("SystemExit: 7") == 1
    assert "hooks.py" not in master.stderr and "gevent/" not in master.stderr
    for _ in range(2):
        master.ask("fire", hook="test_start", args={})
    master.ask("fire", hook="test_stop", args={})
    master.wait_for_output("('division by zero') in a listener of test_start: 3 times in all")
    assert master.stderr.count("Traceback") == 4


def test_a_hook_that_blocks_everything_is_shown_where_it_is(master, script):
    master.set_up(
        script(
            USER
            + """
@events.test_start.add_listener
def blocks(**kw):
    until = time.monotonic() + 6
    while time.monotonic() < until:
        pass
"""
        )
    )
    answer = master.begin("fire", hook="test_start", args={})
    master.wait_for_output("The script has not let hooks run for 5 s")
    master.wait_for_output("in blocks")
    assert not answer.ready()
    master.wait_for_output("Hooks run again after 6")


def test_an_init_listener_that_fails_is_fatal(master, script):
    with pytest.raises(Failed, match="a listener of init failed: ValueError: no database"):
        master.set_up(
            script(
                USER
                + """
@events.init.add_listener
def init(**kwargs): raise ValueError("no database")
"""
            )
        )


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


def test_a_ping_is_answered_while_hooks_wait(master, script):
    master.set_up(script(USER + "\n@events.test_start.add_listener\ndef _(**kw): time.sleep(60)\n"))
    waiting = master.begin("fire", hook="test_start", args={})
    master.ask("ping")
    assert not waiting.ready()


def test_unknown_requests_and_interrupts_are_ignored(master, script):
    master.set_up(script(USER))
    master.send(op="what_is_this", id=1)
    master.process.send_signal(signal.SIGINT)
    master.ask("ping")


@pytest.mark.parametrize("hook", ["while True: pass", "time.sleep(60)"])
def test_the_host_ends_when_the_master_is_gone(master, script, hook):
    listener = f"\n@events.test_start.add_listener\ndef _(**kw):\n    print('in')\n    {hook}\n"
    master.set_up(script(USER + listener))
    master.begin("fire", hook="test_start", args={})
    master.wait_for_output("in\n")
    began = time.monotonic()
    master.process.stdin.close()
    assert master.process.wait(TIMEOUT_S) == 1
    assert time.monotonic() - began < 5


def test_exit_ends_a_script_that_leaves_things_behind(master, script):
    master.set_up(
        script(
            USER
            + """
import threading
threading.Thread(target=time.sleep, args=(600,)).start()
gevent.spawn(time.sleep, 600)
"""
        )
    )
    master.ask("exit", exit_code=0)
    assert master.process.wait(TIMEOUT_S) == 0


def test_a_forked_child_does_what_it_was_forked_for_and_no_more(master, script):
    master.set_up(
        script(
            USER
            + """
import os
@events.test_start.add_listener
def start(environment, **kw):
    child = os.fork()
    if child:
        _, status = os.waitpid(child, 0)
        print("parent of", status)
    else:
        environment.runner.send_message("from the child")
        print("child")
@events.test_start.add_listener
def after(**kw): print("after", os.getpid())
"""
        )
    )
    master.ask("fire", hook="test_start", args={})
    master.wait_for_output("parent of 0")
    master.wait_for_output(f"after {master.process.pid}")
    assert master.stderr.count("after ") == 1 and "child\n" in master.stderr and not master.ops("send")
    master.ask("ping")


def test_exit_lets_the_script_clean_up_though_the_master_closes_the_pipe(master, script):
    master.set_up(script(USER + "import atexit; atexit.register(lambda: print('cleaned up'))\n"))
    master.ask("exit", exit_code=0)
    master.process.stdin.close()
    assert master.process.wait(TIMEOUT_S) == 0
    master.wait_for_output("cleaned up")


def test_a_shape_is_chosen_for_the_next_runs(master, script):
    shapes = """
class One(LoadTestShape):
    def tick(self): return 1, 1
class Two(One):
    use_common_options = True
    def tick(self): return 2, 1
"""
    done = master.set_up(script(USER + "from locust import LoadTestShape\n" + shapes), shape=True)
    assert done["shape"] == "One"
    done = master.ask("set_options", values={"shape_class": "Two"})
    assert (done["shape"], done["use_common_options"]) == ("Two", True)
    master.ask("begin_shape")
    assert master.wait_for("shape")["users"] == 2
    master.ask("end_shape")
    assert master.ask("set_options", values={"shape_class": "Default"})["shape"] is None
    assert master.ask("set_options", values={})["shape"] is None
    with pytest.raises(Failed, match="no load shape Three; there are: One, Two"):
        master.ask("set_options", values={"shape_class": "Three"})


def test_a_script_that_is_only_described_is_not_started(master, script):
    text = USER + "@events.init.add_listener\ndef _(environment, **_):\n    1 / 0\n"
    done = master.set_up(script(text), init=False)
    assert [entry["name"] for entry in done["user_classes"]] == ["Shop", "Other"]
    with pytest.raises(Failed, match="ZeroDivisionError"):
        master.ask("configure")
