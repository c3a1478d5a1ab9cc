"""The script host as a process: setting up, hooks, its end. The master is a fake."""

from __future__ import annotations

import signal
import time

import pytest

import acrida  # noqa: F401
from fake_master import TIMEOUT_S, Failed
from host_scripts import USER

pytestmark = pytest.mark.engine


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


def test_an_init_listener_that_fails_is_reported_and_the_run_goes_on(master, script):
    configured = master.set_up(
        script(
            USER
            + """
@events.init.add_listener
def init(**kwargs): raise ValueError("no database")
"""
        )
    )
    assert configured["user_classes"]
    master.wait_for_output("Uncaught ValueError in a listener of init")
    assert master.ask("fire", hook="test_start", args={})["unhandled"] is True


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
    assert "ZeroDivisionError" not in master.stderr
    master.ask("configure")
    master.wait_for_output("ZeroDivisionError")


def test_a_user_class_is_changed_for_the_master_who_passes_it_on(master, script):
    master.set_up(script(USER))
    settings = {"user_class_name": "Shop", "weight": 7}
    master.ask("update_user_class", settings=settings)
    assert master.wait_for("update_user_class")["settings"] == settings
    with pytest.raises(Failed, match="no User class 'Nobody'; there are: Other, Shop"):
        master.ask("update_user_class", settings={"user_class_name": "Nobody"})
