"""The worker's runner: what it does on each message of the master."""

from __future__ import annotations

import gevent
import pytest
from gevent.event import Event
from gevent.pool import Group

from acrida import HttpUser, StopTest, StopUser, User, bridge, constant, log, tag, task
from acrida.env import Environment
from acrida.event import Events
from acrida.options import namespace
from acrida.runners import WorkerRunner
from acrida.user import taskset
from acrida.worker_main import exit_code
from acrida.worker_runner import EXIT_NEW_SCRIPT, interleave


class A(User):
    wait_time = constant(60)

    @task
    def work(self): ...


class B(A):
    pass


@pytest.fixture
def worker(engine):
    """A running worker with a function that waits for what it sends."""
    environment = Environment(
        user_classes=[A, B], events=Events(), parsed_options=namespace({"host": None}, Events().init)
    )
    runner = WorkerRunner(environment, engine, "me")
    bridge.use(engine, runner.on_command)
    greenlet = runner.start()
    declared = [(user_class, user_class.tasks) for user_class in (A, B)]
    yield runner
    greenlet.kill()
    runner._stop_all()
    for user_class, tasks in declared:
        user_class.tasks = tasks


def wait_for(condition, timeout_s=10.0):
    with gevent.Timeout(timeout_s):
        while not condition():
            gevent.sleep(0.001)


def sent(engine, kind):
    return [data for k, data in engine.sent if k == kind]


def spawn(engine, counts, **extra):
    before = len(sent(engine, "spawning_complete"))
    job = {
        "user_classes_count": counts,
        "host": None,
        "stop_timeout": 0.0,
        "parsed_options": {},
        "spread_s": 0.0,
    }
    engine.command("spawn", {**job, **extra})
    wait_for(lambda: len(sent(engine, "spawning_complete")) > before)


def test_counts_are_absolute_and_unnamed_classes_stay(worker, engine):
    spawn(engine, {"A": 3, "B": 2})
    spawn(engine, {"A": 1})
    assert worker.user_classes_count == {"A": 1, "B": 2}
    assert sent(engine, "spawning_complete")[-1] == {"user_classes_count": {"A": 1, "B": 2}, "user_count": 3}
    assert worker.state == "running"
    assert engine.states[-1] == ("running", {"A": 1, "B": 2})


def test_users_that_ended_by_themselves_are_not_replaced_within_a_run(worker, engine):
    class Brief(User):
        started = 0

        @task
        def leave(self):
            type(self).started += 1
            raise StopUser()

    worker.environment.user_classes.append(Brief)
    spawn(engine, {"Brief": 2})
    wait_for(lambda: worker.user_count == 0)
    spawn(engine, {"Brief": 3})
    wait_for(lambda: worker.user_count == 0)
    assert Brief.started == 3
    spawn(engine, {"Brief": 1})
    spawn(engine, {"Brief": 2})
    wait_for(lambda: worker.user_count == 0)
    assert Brief.started == 4
    engine.command("stop")
    wait_for(lambda: sent(engine, "client_stopped"))
    spawn(engine, {"Brief": 2})
    wait_for(lambda: Brief.started == 6)


def test_test_start_fires_once_per_run_and_stop_ends_it(worker, engine):
    heard = []
    for name in ("test_start", "test_stopping", "test_stop"):
        getattr(worker.environment.events, name).add_listener(
            lambda environment, name=name: heard.append((name, worker.user_count))
        )
    spawn(engine, {"A": 1})
    spawn(engine, {"A": 2})
    engine.command("stop")
    wait_for(lambda: sent(engine, "client_stopped"))
    assert heard == [("test_start", 0), ("test_stopping", 2), ("test_stop", 0)]
    assert worker.state == "ready"
    spawn(engine, {"A": 1})
    assert heard[-1] == ("test_start", 0)
    assert engine.resets == 2


def test_a_slow_test_start_runs_once_though_more_spawns_arrive(worker, engine):
    calls, go = [], Event()

    def slow(environment):
        calls.append(1)
        go.wait()

    worker.environment.events.test_start.add_listener(slow)
    job = {"host": None, "stop_timeout": 0.0, "parsed_options": {}, "spread_s": 0.0}
    for n in (1, 2, 3):
        engine.command("spawn", {"user_classes_count": {"A": n}, **job})
    wait_for(lambda: calls)
    go.set()
    wait_for(lambda: worker.user_count == 3)
    assert calls == [1]


def test_a_new_spawn_replaces_one_in_progress(worker, engine):
    job = {"host": None, "stop_timeout": 0.0, "parsed_options": {}}
    engine.command("spawn", {"user_classes_count": {"A": 50}, "spread_s": 60.0, **job})
    wait_for(lambda: worker.user_count == 1)
    spawn(engine, {"A": 2})
    assert worker.user_count == 2


def test_starts_are_spread(worker, engine):
    spawn(engine, {"A": 2, "B": 2}, spread_s=0.02)
    assert worker.user_count == 4
    assert interleave({"A": 4, "B": 2}) == ["A", "B", "A", "A", "B", "A"]


def test_host_options_and_tags_come_with_the_spawn(worker, engine):
    class Tagged(User):
        wait_time = constant(60)

        @tag("x")
        @task
        def one(self): ...

        @task
        def two(self): ...

    worker.environment.user_classes.append(Tagged)
    options = {"custom": 1, "tags": ["x"], "logfile": "master.log", "num_users": 7}
    spawn(engine, {"Tagged": 1}, host="http://h", stop_timeout=2.0, parsed_options=options)
    parsed = worker.environment.parsed_options
    assert (parsed.custom, parsed.tags, parsed.logfile, parsed.num_users) == (1, ["x"], None, 7)
    assert Tagged.host == "http://h" and worker.environment.stop_timeout == 2.0
    assert [t.__name__ for t in Tagged.tasks] == ["one"]

    # Later spawns of a ramp come without options: what is known stays.
    spawn(engine, {"Tagged": 2}, host="http://h", parsed_options={})
    assert (parsed.custom, parsed.tags) == (1, ["x"])
    assert [t.__name__ for t in Tagged.tasks] == ["one"]


def test_exceptions_of_tasks_are_sent_with_the_users_frames_only(worker, engine):
    class Faulty(User):
        wait_time = constant(60)

        @task
        def work(self):
            raise RuntimeError("boom")

    worker.environment.user_classes.append(Faulty)
    spawn(engine, {"Faulty": 1})
    wait_for(lambda: sent(engine, "exception"))
    report = sent(engine, "exception")[0]
    assert report["msg"] == "boom"
    assert "test_runner.py" in report["traceback"] and "taskset.py" not in report["traceback"]


def test_a_user_class_that_cannot_be_created_is_reported_once(worker, engine):
    class Broken(User):
        def __init__(self, environment):
            raise RuntimeError("no account")

    worker.environment.user_classes.append(Broken)
    spawn(engine, {"Broken": 5, "A": 1})
    assert [e["msg"] for e in sent(engine, "exception")] == ["no account"]
    assert worker.user_count == 1


def test_stop_test_stops_the_users_and_tells_the_master(worker, engine):
    class Ender(User):
        @task
        def work(self):
            raise StopTest("enough")

    worker.environment.user_classes.append(Ender)
    spawn(engine, {"Ender": 1, "A": 2})
    wait_for(lambda: sent(engine, "acrida_stop_test"))
    wait_for(lambda: worker.user_count == 0)
    assert sent(engine, "acrida_stop_test") == [{"reason": "enough"}]


def test_quit_stops_users_and_finishes(worker, engine):
    spawn(engine, {"A": 2})
    engine.command("quit")
    assert worker.finished.get(timeout=2) == 0
    assert worker.user_count == 0


def test_losing_the_master_at_start_gives_exit_code_255(worker, engine):
    engine.command("connect_failed", "no master at 127.0.0.1:1")
    assert worker.wait_for_master() is False
    assert worker.finished.get(timeout=2) == 255


def test_ack_gives_the_index(worker, engine):
    engine.command("ack", {"index": 3})
    assert worker.wait_for_master() and worker.worker_index == 3


def test_spawning_complete_fires_the_event_and_may_reset(worker, engine):
    heard = []
    worker.environment.events.spawning_complete.add_listener(
        lambda user_count, **kwargs: heard.append(user_count)
    )
    worker.environment.reset_stats = True
    engine.command("spawning_complete", {"user_count": 7})
    wait_for(lambda: heard == [7])
    wait_for(lambda: engine.resets == 1)


def test_custom_messages_go_both_ways(worker, engine):
    heard = []
    worker.register_message("hello", lambda environment, msg: heard.append(msg.data))
    with pytest.raises(ValueError):
        worker.register_message("hello", print)
    engine.command("message", ("hello", {"a": 1}))
    engine.command("message", ("unknown", None))
    wait_for(lambda: heard == [{"a": 1}])
    worker.send_message("answer", [1])
    assert ("answer", [1]) in engine.sent


def test_a_failing_message_handler_leaves_the_worker_listening(worker, engine, monkeypatch):
    monkeypatch.setattr(log, "unhandled_greenlet_exception", False)
    worker.register_message("bad", lambda environment, msg: 1 / 0)
    engine.command("message", ("bad", None))
    spawn(engine, {"A": 1})
    assert worker.user_count == 1
    assert exit_code(worker.environment, 0) == 2
    worker.environment.process_exit_code = 5
    assert exit_code(worker.environment, 0) == 5


def test_firing_the_request_event_records(worker, engine):
    fire = worker.environment.events.request.fire
    fire(request_type="RPC", name="call", response_time=3.0, response_length=5, exception=None, context={})
    fire(request_type="RPC", name="call", response_time=None, response_length=0, exception=ValueError("x"))
    with worker.environment.events.request.measure("RPC", "timed"):
        raise ZeroDivisionError
    assert engine.records[:2] == [("RPC", "call", 3.0, 5, None), ("RPC", "call", None, 0, "ValueError('x')")]
    assert engine.records[2][4] == "ZeroDivisionError()"


def test_update_user_class_sets_attributes_and_tasks(worker, engine):
    engine.command("update_user_class", {"user_class_name": "A", "host": "http://new", "tasks": []})
    wait_for(lambda: A.host == "http://new")
    assert A.tasks == []


def test_a_user_that_made_a_request_does_not_sleep_for_a_wait_of_zero(env, engine, monkeypatch):
    slept = []
    monkeypatch.setattr(taskset, "gevent_sleep", slept.append)

    class Site(HttpUser):
        host = "http://target"

        @task
        def work(self):
            self.client.get("/")
            if len(engine.submitted) == 3:
                raise StopUser()

    Site(env).start(Group()).join(2)
    assert len(engine.submitted) == 3 and slept == []


def test_a_new_script_ends_the_process_with_a_code_that_its_launcher_knows(worker, engine):
    heard = []
    worker.environment.events.quitting.add_listener(lambda **_: heard.append("quitting"))
    worker.register_message("other", lambda **_: heard.append("other"))
    engine.command("message", ("other", None))
    engine.command("message", ("acrida_new_script", {"hash": "h"}))
    code = worker.finished.get(timeout=2)
    assert (code, heard) == (EXIT_NEW_SCRIPT, ["other"])
    worker.environment.process_exit_code = 3
    assert exit_code(worker.environment, code) == EXIT_NEW_SCRIPT


def test_a_new_script_counts_also_before_the_worker_follows(engine):
    environment = Environment(user_classes=[A], events=Events())
    runner = WorkerRunner(environment, engine, "me")
    runner.on_command("message", ("acrida_new_script", {"hash": "h"}))
    assert runner.finished.get(timeout=2) == EXIT_NEW_SCRIPT


def test_report_to_master_is_asked_for_only_with_listeners_and_adds_its_own_keys(worker, engine):
    assert engine.listening == (False, False)
    heard = []

    def listener(client_id, data):
        heard.append((client_id, dict(data)))
        data["mine"] = len(heard)
        data["stats"] = "not a listener's"

    hook = worker.environment.events.report_to_master
    hook.add_listener(listener)
    assert engine.listening == (True, False)
    spawn(engine, {"A": 2})
    engine.command("report", 7)
    wait_for(lambda: engine.extras)
    assert heard == [("me", {"user_classes_count": {"A": 2, "B": 0}, "user_count": 2})]
    assert engine.extras == [(7, {"mine": 1})]
    engine.command("stop")
    wait_for(lambda: sent(engine, "client_stopped"))
    assert sent(engine, "client_stopped") == [{"mine": 2}], "the last report of a run is one of them"
    hook.remove_listener(listener)
    assert engine.listening == (False, False)


def test_heartbeats_and_the_use_of_cpu_are_heard(worker, engine):
    heard = []
    events = worker.environment.events
    events.heartbeat_received.add_listener(lambda client_id, **_: heard.append((client_id, True)))
    events.usage_monitor.add_listener(lambda **got: heard.append((got["cpu_usage"], got["memory_usage"])))
    events.cpu_warning.add_listener(lambda environment, cpu_usage: heard.append(cpu_usage))
    assert engine.listening == (False, True)
    engine.command("heartbeat")
    wait_for(lambda: heard)
    engine.command("usage", {"cpu_percent": 95.5, "memory_bytes": 1000})
    wait_for(lambda: len(heard) == 3)
    assert heard == [("me", True), 95.5, (95.5, 1000)]
    assert (worker.current_cpu_usage, worker.current_memory_usage) == (95.5, 1000)
    assert worker.cpu_warning_emitted


def test_update_user_class_takes_effect_in_the_middle_of_a_run(worker, engine):
    heard = []

    class Live(User):
        wait_time = constant(0.001)

        @task
        def one(self):
            heard.append(("one", self.speed))

        @task
        def two(self):
            heard.append(("two", self.speed))

        speed = 1

    worker.environment.user_classes.append(Live)
    spawn(engine, {"Live": 1})
    wait_for(lambda: heard)
    engine.command("update_user_class", {"user_class_name": "Live", "tasks": ["two"], "speed": 9})
    wait_for(lambda: len(heard) >= heard.index(("two", 9)) + 10 if ("two", 9) in heard else False)
    assert set(heard[heard.index(("two", 9)) :]) == {("two", 9)}
