"""`Environment.create_local_runner`: users in this process on the real engine, and what is printed."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path

import gevent
import pytest

import acrida
from acrida import HttpUser, LoadTestShape, StopTest, User, bridge, constant, mix, task
from acrida import stats as statistics
from acrida.env import Environment
from acrida.event import Events
from acrida.exception import RunnerAlreadyExistsError, StopUser
from acrida.local_runner import LocalRunner

pytestmark = pytest.mark.engine
ROOT = Path(__file__).resolve().parents[3]


class Quiet(User):
    wait_time = constant(60)

    @task
    def work(self): ...


class Other(Quiet):
    weight = 2


class Single(Quiet):
    fixed_count = 1


@pytest.fixture
def make():
    """Makes an environment of its own events, with a LocalRunner that is ended after the test."""
    bridge.reset()
    made = []

    def build(*classes, **settings):
        environment = Environment(user_classes=list(classes), events=Events(), **settings)
        made.append(environment.create_local_runner())
        return made[-1]

    yield build
    for runner in made:
        runner.quit()
    engine = bridge.current().engine
    bridge.reset()
    engine.shutdown(1.0)


def wait_for(condition, timeout_s=10.0):
    with gevent.Timeout(timeout_s):
        while not condition():
            gevent.sleep(0.005)


def heard_by(runner, *names):
    heard = []
    for name in names:
        hook = getattr(runner.environment.events, name)
        hook.add_listener(lambda name=name, **_: heard.append((name, runner.state, runner.user_count)))
    return heard


def test_a_run_starts_counts_and_ends_with_its_events(make, target):
    class Visitor(HttpUser):
        host = target.url

        @task
        def look(self):
            self.client.get("/hello")
            self.client.get("/status/404")
            raise StopUser()

    runner = make(Visitor)
    heard = heard_by(runner, "test_start", "spawning_complete", "test_stopping", "test_stop", "quitting")
    assert (runner.state, runner.worker_index) == ("ready", 0) and isinstance(runner, LocalRunner)
    runner.start(3, spawn_rate=1000)
    wait_for(lambda: runner.stats.total.num_requests == 6 and runner.state == "running")
    assert runner.target_user_count == 3 and runner.spawn_rate == 1000
    rows = {key: (e.num_requests, e.num_failures) for key, e in runner.stats.entries.items()}
    assert rows == {("/hello", "GET"): (3, 0), ("/status/404", "GET"): (3, 3)}
    (error,) = runner.errors.values()
    assert error.occurrences == 3 and error.to_name().startswith("GET /status/404: HTTPError('404")
    runner.stop()
    assert runner.state == "stopped"
    assert [name for name, _, _ in heard] == ["test_start", "spawning_complete", "test_stopping", "test_stop"]
    assert heard[-1] == ("test_stop", "stopped", 0)
    runner.start(1, 1000, wait=True)
    wait_for(lambda: runner.stats.total.num_requests == 2)


def test_numbers_follow_the_target_both_ways_by_weight_and_fixed_count(make):
    runner = make(Quiet, Other, Single)
    runner.start(7, 1000, wait=True)
    assert runner.user_classes_count == {"Quiet": 2, "Other": 4, "Single": 1}
    runner.start(4, 1000, wait=True)
    assert runner.user_classes_count == {"Quiet": 1, "Other": 2, "Single": 1}
    runner.start(3, 1000, wait=True, user_classes=[Quiet])
    assert runner.user_classes_count == {"Quiet": 3, "Other": 0, "Single": 0}
    with pytest.raises(ValueError, match="rate of 0"):
        runner.start(3, 0)


def test_the_sequence_of_classes_is_the_masters():
    def prefix(weights, count):
        classes = [type(name, (Quiet,), {"weight": weight}) for name, weight in weights.items()]
        names = mix.sequence(classes)
        return "".join(next(names) for _ in range(count))

    # What master/src/dispatch/mix.rs has in its tests, as measured on Locust.
    assert prefix({"B": 1, "A": 5}, 16) == "AABAAAAABAAAAABA"
    assert prefix({"A": 3, "B": 3, "C": 1}, 21) == "ABCABABABCABABABCABAB"


def test_starts_are_spread_over_the_time_that_the_rate_gives(make):
    runner = make(Quiet)
    runner.start(1000, spawn_rate=10)
    wait_for(lambda: runner.user_count == 3)
    assert runner.state == "spawning"
    runner.stop()
    assert runner.user_count == 0


def test_quit_ends_the_wait_also_if_a_user_calls_it(make):
    class Caller(User):
        @task
        def call(self):
            self.environment.runner.quit()
            gevent.sleep(60)

    runner = make(Caller, Quiet)
    heard = heard_by(runner, "test_stop")
    runner.start(4, 1000)
    assert runner.greenlet.join(timeout=10) is True
    assert heard == [("test_stop", "stopped", 0)]


def test_a_user_that_stops_the_test_and_a_listener_that_quits_end_the_run(make):
    class Fed(User):
        @task
        def call(self):
            raise StopTest("enough")

    runner = make(Fed)
    runner.start(1, 1000)
    assert runner.greenlet.join(timeout=10) is True
    runner = make(Quiet)
    runner.environment.events.spawning_complete.add_listener(lambda **_: runner.quit())
    heard = heard_by(runner, "test_stop")
    runner.start(2, 1000)
    assert runner.greenlet.join(timeout=10) is True and heard


def test_a_listener_of_the_end_may_start_the_next_run(make):
    runner = make(Quiet)
    events, heard = runner.environment.events, heard_by(runner, "test_start", "test_stop")

    def again(**_):
        events.test_stop.remove_listener(again)
        runner.start(2, 1000, wait=True)

    events.test_stop.add_listener(again)
    runner.start(1, 1000, wait=True)
    runner.stop()
    wait_for(lambda: runner.state == "running")
    assert runner.user_count == 2 == runner.target_user_count
    assert [name for name, _, _ in heard] == ["test_start", "test_stop", "test_start"]
    with pytest.raises(ValueError, match="Other: no User class of this environment"):
        runner.start(1, 1, user_classes=[Other])


def test_exceptions_are_counted_and_messages_come_back(make):
    class Faulty(User):
        wait_time = constant(60)

        @task
        def fail(self):
            raise RuntimeError("broken")

    runner = make(Faulty)
    got = []
    runner.register_message("hello", lambda environment, msg, **_: got.append((msg.data, msg.node_id)))
    runner.send_message("hello", {"a": 1})
    assert got == [({"a": 1}, "local")]
    runner.start(2, 1000)
    wait_for(lambda: sum(row["count"] for row in runner.exceptions.values()) == 2)
    (row,) = runner.exceptions.values()
    assert row["msg"] == "broken" and row["nodes"] == {"local"} and "in fail" in row["traceback"]


def test_users_can_be_started_by_hand(make):
    seen = []

    class Token(User):
        token = None

        @task
        def show(self):
            seen.append(self.token)
            raise StopUser()

    runner = make(Token)
    users = runner.spawn_users({"Token": 2})
    users[0].token, users[1].token = "one", "two"
    wait_for(lambda: sorted(seen) == ["one", "two"])


def test_a_shape_drives_the_run_and_ends_it(make):
    class Steps(LoadTestShape):
        answers = [(2, 1000), (1, 1000, [Other])]

        def tick(self):
            return self.answers.pop(0) if self.answers else None

    runner = make(Quiet, Other, shape_class=Steps())
    counts = []
    runner.environment.events.spawning_complete.add_listener(
        lambda **_: counts.append(dict(runner.user_classes_count))
    )
    heard = heard_by(runner, "test_start", "test_stop")
    runner.start_shape()
    wait_for(lambda: runner.state == "stopped")
    assert counts == [{"Quiet": 1, "Other": 1}, {"Quiet": 0, "Other": 1}]
    assert [name for name, _, _ in heard] == ["test_start", "test_stop"]
    assert runner.environment.shape_class.runner is runner and runner.shape_greenlet is None


def test_one_run_at_a_time_and_the_figures_of_the_last_stay(make):
    class Counting(User):
        wait_time = constant(60)

        @task
        def count(self):
            self.environment.events.request.fire(
                request_type="X", name="x", response_time=1, response_length=0, exception=None
            )

    first, second = make(Counting), make(Counting)
    first.start(2, 1000)
    wait_for(lambda: first.stats.total.num_requests == 2)
    with pytest.raises(RuntimeError, match="one at a time"):
        second.start(1, 1)
    first.stop()
    second.start(1, 1000)
    wait_for(lambda: second.stats.total.num_requests == 1)
    assert first.stats.total.num_requests == 2


def test_what_a_program_cannot_have_says_what_to_do(make):
    environment = make(Quiet).environment
    with pytest.raises(RunnerAlreadyExistsError):
        environment.create_local_runner()
    for create, said in (
        (lambda: environment.create_web_ui("127.0.0.1", 8089), "master -f FILE --web-port 8089"),
        (environment.create_master_runner, "the program `master`"),
        (lambda: environment.create_worker_runner("h", 5557), "--master-host h --master-port 5557"),
    ):
        with pytest.raises(RuntimeError, match=said):
            create()


def counted():
    stats = statistics.RequestStats()
    for ms in (10, 30):
        stats.log_request("GET", "/a", ms, 100)
    stats.log_error("GET", "/a", "broken")
    return stats


def test_tables_have_locusts_layout(monkeypatch):
    monkeypatch.setattr(statistics, "STATS_AUTORESIZE", False)
    head, rule, row, _, total = statistics.get_stats_summary(counted(), current=False)
    assert (
        head.split()
        == "Type Name # reqs # fails |Avg Min Max Med | req/s failures/s".replace("|Avg", "|    Avg").split()
    )
    assert rule == "|".join("-" * n for n in (8, 76, 7, 13, 7, 7, 7, 7, 8, 11))
    assert row.startswith(f"GET      {'/a':<76}       2    1(50.00%) |     20      10      30     30 | ")
    assert total.split()[0] == "Aggregated" and head.index("|") == row.index("|") == total.index("|")
    title, head, _, row, _, total = statistics.get_percentile_stats_summary(counted())
    assert title == "Response time percentiles (approximated)" and head.split()[-2:] == ["#", "reqs"]
    assert row.split() == ["GET", "/a", *["30"] * 11, "2"] and total.split()[-1] == "2"
    assert statistics.get_error_report_summary(counted())[3].split() == ["1", "GET", "/a:", "broken"]


def test_the_printer_and_the_history_follow_the_run(make, caplog):
    runner = make(Quiet)
    caplog.set_level("INFO")
    printing = gevent.spawn(statistics.stats_printer(runner.stats))
    runner.start(1, 1000, wait=True)
    noting = gevent.spawn(statistics.stats_history, runner)
    wait_for(lambda: runner.stats.history)
    assert runner.stats.history[0]["user_count"][1] == 1
    assert any("# reqs" in record.message for record in caplog.records if "stats_logger" in record.name)
    gevent.killall([printing, noting])


def test_csv_files_have_locusts_columns(make, tmp_path):
    runner = make(Quiet)
    runner.environment.stats = counted()
    writer = statistics.StatsCSVFileWriter(runner.environment, [0.5, 1.0], str(tmp_path / "x"), True)
    greenlet = gevent.spawn(writer)
    gevent.sleep(0)
    greenlet.kill()
    writer.close_files()

    def table(ending):
        return list(csv.reader((tmp_path / f"x_{ending}.csv").open()))

    head, row, total = table("stats")
    assert head[:3] == ["Type", "Name", "Request Count"] and head[-2:] == ["50%", "100%"]
    assert row[:4] == ["GET", "/a", "2", "1"] and row[-2:] == ["30", "30"] and total[1] == "Aggregated"
    assert table("failures")[1][:4] == ["GET", "/a", "broken", "1"]
    assert table("exceptions") == [["Count", "Message", "Traceback", "Nodes"]]
    assert [row[3] for row in table("stats_history")][:3] == ["Name", "/a", "Aggregated"]


def test_the_example_runs_as_a_program(target):
    process = subprocess.run(
        [sys.executable, str(ROOT / "examples/use_as_library.py"), target.url],
        env={**os.environ, "PYTHONPATH": os.path.dirname(os.path.dirname(acrida.__file__)), "SECONDS": "0.5"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert "Aggregated" in process.stderr and "requests, 0 failed" in process.stdout
