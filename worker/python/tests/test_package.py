"""The import surface, event hooks, loading scripts, and what the master is told about them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import acrida
from acrida import log
from acrida.describe import describe
from acrida.env import Environment
from acrida.event import EventHook
from acrida.exception import StopUser
from acrida.script_loader import ScriptError, load_script, load_user_classes, require_tasks, select

# Where the package under test is: not always beside these tests.
PACKAGES = os.path.dirname(os.path.dirname(acrida.__file__))

GOOD = """
from locust import HttpUser, SequentialTaskSet, task, tag
print("noise on stdout")

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
def script(tmp_path):
    def write(text, name="locustfile_test.py"):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def error_of(path, user_classes=(), tags=None):
    with pytest.raises(ScriptError) as error:
        classes = select(load_user_classes([path]), user_classes)
        environment = Environment(user_classes=classes, tags=tags)
        environment.filter_tasks()
        require_tasks(environment.user_classes, tags)
    return error.value


def test_locust_and_acrida_are_the_same():
    code = """
import locust.user.task
import acrida, locust
import locust.contrib.fasthttp, locust.user.wait_time, locust.clients, locust.env, locust.event
from locust.user.task import TaskSet
from locust.user.users import HttpUser
from locust.runners import MasterRunner, WorkerRunner, STATE_RUNNING
from locust.exception import StopUser, RescheduleTask
assert locust is acrida and TaskSet is acrida.TaskSet and HttpUser is acrida.HttpUser
assert locust.contrib.fasthttp.FastHttpUser is acrida.FastHttpUser
assert locust.__spec__.name == "acrida"
from gevent import monkey
assert monkey.is_module_patched("socket")
try:
    import locust.nothing
except ModuleNotFoundError:
    print("fine")
"""
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": PACKAGES},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout == "fine\n", run.stderr


def test_listeners_run_in_order_and_one_that_fails_does_not_stop_the_others(monkeypatch, caplog):
    monkeypatch.setattr(log, "unhandled_greenlet_exception", False)
    hook, seen = EventHook(), []
    hook.add_listener(lambda x, **kwargs: seen.append(x))
    hook.add_listener(lambda x: 1 / 0)
    last = hook.add_listener(lambda x: seen.append(-x))
    hook.fire(x=1)
    hook.fire(reverse=True, x=2)
    hook.remove_listener(last)
    hook.fire(x=3)
    assert seen == [1, -1, -2, 2, 3]
    assert log.unhandled_greenlet_exception and "ZeroDivisionError" in caplog.text


def test_a_listener_may_steer_the_user():
    hook = EventHook()

    @hook.add_listener
    def stop():
        raise StopUser()

    with pytest.raises(StopUser):
        hook.fire()


def test_a_script_is_described(script):
    found = load_script([script(GOOD)])
    shop, other = map(describe, found.user_classes.values())
    assert (shop["name"], shop["weight"], shop["fixed_count"], shop["host"]) == ("Shop", 3, 0, "http://h")
    assert shop["tasks"] == ["browse", "Checkout"]
    assert shop["ratio"]["Checkout"] == {"ratio": 0.25, "tasks": {"pay": {"ratio": 1.0}}}
    assert other["fixed_count"] == 1 and found.shape_classes == {}


EXAMPLES = Path(__file__).resolve().parents[3] / "examples"


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.py")), ids=lambda path: path.stem)
def test_each_example_can_be_loaded_says_what_it_shows_and_is_short(path):
    assert load_user_classes([str(path)])
    text = path.read_text()
    assert text.startswith('"""') and len(text.splitlines()) <= (120 if path.stem == "shop" else 42)


def test_classes_can_be_chosen(script):
    assert [c.__name__ for c in select(load_user_classes([script(GOOD)]), ["Other"])] == ["Other"]


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("def f(:\n", "syntax", ":1: syntax error"),
        ("\nimport not_there\n", "import", ":2: No module named 'not_there'"),
        ("x = 1\n", "no_user_class", "No User class found"),
        ("from locust import User\nclass A(User): ...\n", "no_tasks", "No tasks defined on A"),
        ("import sys\nsys.exit(3)\n", "other", ":2: the script called sys.exit(3)"),
        ("\n\n1/0\n", "other", ":3: ZeroDivisionError"),
    ],
)
def test_a_script_that_cannot_run_is_explained_in_one_line(script, text, kind, said):
    error = error_of(script(text))
    assert error.kind == kind and said in error.message and "\n" not in error.message
    assert "script_loader.py" not in error.detail


def test_unknown_classes_and_tags_are_explained(script):
    path = script(GOOD)
    assert error_of(path, user_classes=["Nope"]).kind == "unknown_user_class"
    assert "Other, Shop" in error_of(path, user_classes=["Nope"]).message
    assert error_of(path, tags=["nope"]).kind == "no_tasks"


def test_a_missing_file_is_explained(tmp_path):
    error = error_of(str(tmp_path / "nope.py"))
    assert error.kind == "other" and "No such file" in error.message


def test_two_classes_of_one_name_in_two_files_are_refused(script):
    with pytest.raises(ScriptError, match="Two User classes are called Shop"):
        load_user_classes([script(GOOD, "one.py"), script(GOOD, "two.py")])


def test_a_script_may_import_its_neighbours(script):
    script("VALUE = 7", "neighbour_module.py")
    path = script("from neighbour_module import VALUE\n" + GOOD)
    assert "Shop" in load_user_classes([path])


def test_flags_agree_with_the_engines_contract():
    from acrida.clients import flags

    assert {flags.DEFER, flags.STREAM, flags.NO_REDIRECT} == {1, 2, 4}


def test_shapes_are_found_but_abstract_ones_and_imported_bases(script):
    path = script("""
from locust import LoadTestShape
class Base(LoadTestShape):
    abstract = True
class Stairs(Base):
    def tick(self): return None
""")
    assert list(load_script([path]).shape_classes) == ["Stairs"]
    with pytest.raises(ScriptError, match="No User class found"):
        load_user_classes([path])


def test_chosen_tasks_stay_chosen_when_tags_are_applied(script):
    classes = load_user_classes([script(GOOD)])
    environment = Environment(user_classes=list(classes.values()), available_user_classes=classes)
    environment.update_user_class({"user_class_name": "Shop", "tasks": ["browse"], "weight": 7})
    environment.filter_tasks()
    shop = classes["Shop"]
    assert {task.__name__ for task in shop.tasks} == {"browse"} and shop.weight == 7
    with pytest.raises(KeyError):
        environment.update_user_class({"user_class_name": "Nope"})


def test_equal_weights_reach_into_nested_task_sets(script):
    classes = load_user_classes([script(GOOD)])
    environment = Environment(user_classes=list(classes.values()))
    environment.assign_equal_weights()
    environment.filter_tasks()
    shop = classes["Shop"]
    assert [task.__name__ for task in shop.tasks] == ["browse", "pay"] and shop.weight == 1


def test_the_exit_code_is_told_when_it_is_set():
    environment, told = Environment(), []
    environment.on_exit_code = told.append
    environment.process_exit_code = 3
    assert environment.process_exit_code == 3 and told == [3]
