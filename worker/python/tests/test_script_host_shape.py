"""Load shapes: the class, what a tick may return, and the script host that asks one every second."""

from __future__ import annotations

import math
import time

import pytest

import acrida
from acrida.script_host.shape_driver import Nonsense, Target, read_tick
from acrida.shape import LoadTestShape
from fake_master import FakeMaster

HEAD = """
from locust import HttpUser, LoadTestShape, task
class Shop(HttpUser):
    host = "http://h"
    @task
    def t(self): ...
class Other(Shop): ...
"""


@pytest.fixture
def master():
    master = FakeMaster()
    yield master
    master.close()


@pytest.fixture
def script(tmp_path):
    def write(text):
        path = tmp_path / "locustfile_shape.py"
        path.write_text(HEAD + text)
        return path

    return write


def test_a_shape_knows_its_time_and_users():
    class Shape(LoadTestShape):
        def tick(self):
            return None

    class Abstract(Shape):
        abstract = True

    class Child(Abstract): ...

    assert LoadTestShape.abstract and Abstract.abstract and not Shape.abstract and not Child.abstract
    assert acrida.LoadTestShape is LoadTestShape and Shape.use_common_options is False
    shape = Shape()
    shape.start_time -= 100
    assert shape.get_run_time() >= 100
    shape.reset_time()
    assert shape.get_run_time() < 50
    shape.runner = type("R", (), {"user_count": 5})()
    assert shape.get_current_user_count() == 5
    with pytest.raises(TypeError, match="abstract"):
        LoadTestShape()


class NumberLike:
    def __float__(self):
        return 3.0


@pytest.mark.parametrize(
    ("answer", "target"),
    [
        (None, None),
        ((10, 2), Target(10, 2.0, None)),
        ((10.9, 0.5), Target(10, 0.5, None)),
        ([NumberLike(), 1], Target(3, 1.0, None)),
        ((10, 2, None), Target(10, 2.0, None)),
        ((10, 2, []), Target(10, 2.0, None)),
        ((10, 2, [type("A", (), {}), "B"]), Target(10, 2.0, ["A", "B"])),
        ((0, 0), Target(0, 1.0, None)),
    ],
)
def test_a_tick_is_understood(answer, target):
    assert read_tick(answer, ["A", "B"]) == target


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (5, "neither a tuple"),
        ((1,), "neither a tuple"),
        ((1, 2, None, 4), "neither a tuple"),
        (("10", 1), "'10', which is no number"),
        ((True, 1), "no number"),
        ((None, 1), "the number of users is None"),
        ((-1, 1), "must be 0 or more"),
        ((math.nan, 1), "finite"),
        ((1, math.inf), "the spawn rate is inf"),
        ((1, 0), "never gets from 0 to 1"),
        ((1, 1, 7), "which is no list"),
        ((1, 1, [type("Nope", (), {})]), "Nope is no User class of this run; there are: A, B"),
    ],
)
def test_nonsense_is_named(answer, said):
    with pytest.raises(Nonsense) as error:
        read_tick(answer, ["B", "A"])
    assert said in str(error.value)


@pytest.mark.engine
def test_a_shape_is_ticked_by_the_clock_and_told_when_it_changes(master, script):
    """The ticks take 0.3 s, and come every second all the same."""
    path = script("""
import time
class Base(LoadTestShape):
    abstract = True
class Stages(Base):
    use_common_options = True
    def tick(self):
        ticks.append(time.monotonic())
        if len(ticks) == 3:
            print("ticks in time" if 1.9 < ticks[2] - ticks[0] < 2.5 else ticks)
        time.sleep(0.3)
        assert self.get_current_user_count() == 4 and self.get_run_time() < 60
        return [(10, 2), (10, 2), (20, 2, [Other]), None][len(ticks) - 1]
ticks = []
""")
    loaded = master.ask("load", locustfiles=[str(path)], own_flags=[])
    assert loaded["shape_classes"] == ["Stages"]
    done = master.ask("configure", shape=True)
    assert done["shape"] == "Stages" and done["use_common_options"] is True
    master.send(op="state", state="running", user_count=4, workers=[])
    began = time.monotonic()
    master.ask("begin_shape")
    first = master.wait_for("shape")
    assert (first["users"], first["spawn_rate"], first["user_classes"]) == (10, 2.0, None)
    assert time.monotonic() - began < 0.9
    master.wait_for("shape_end")
    assert [(f["users"], f["user_classes"]) for f in master.ops("shape")] == [(10, None), (20, ["Other"])]
    master.wait_for_output("ticks in time")


@pytest.mark.engine
@pytest.mark.parametrize(
    ("body", "message", "detail"),
    [
        ("return helper()", "tick() of S raised ZeroDivisionError: division by zero", "in helper"),
        ("import sys; sys.exit(1)", "tick() of S raised SystemExit: 1", "in tick"),
        ("return 'ten', 1", "tick() of S returned ('ten', 1): the number of users is 'ten'", "in tick"),
        ("return 1, 1, [helper]", "helper is no User class of this run; there are: Other, Shop", "in tick"),
    ],
)
def test_a_shape_that_fails_is_reported_with_the_scripts_own_lines(master, script, body, message, detail):
    shape = f"class S(LoadTestShape):\n    def tick(self):\n        {body}\n"
    path = script("def helper(): return 1 / 0\n" + shape)
    master.set_up(path, shape=True)
    master.ask("begin_shape")
    failed = master.wait_for("shape_failed")
    assert message in failed["message"] and detail in failed["detail"]
    assert str(path) in failed["detail"] and "shape_driver.py" not in failed["detail"]


@pytest.mark.engine
def test_a_shape_ends_and_begins_again_from_zero(master, script):
    path = script("""
class S(LoadTestShape):
    def tick(self): return (1, 1) if self.get_run_time() < 60 else (2, 2)
    def __init__(self):
        super().__init__()
        self.start_time -= 100
""")
    master.set_up(path, shape=True)
    master.ask("begin_shape")
    assert master.wait_for("shape")["users"] == 1
    master.send(op="end_shape")  # both may come without a wish for an answer
    master.said.clear()
    master.send(op="begin_shape")
    assert master.wait_for("shape")["users"] == 1


@pytest.mark.engine
def test_a_shape_is_left_alone_unless_it_is_asked_for(master, script):
    path = script("class S(LoadTestShape):\n    def tick(self): return None\n")
    assert master.set_up(path)["shape"] is None
