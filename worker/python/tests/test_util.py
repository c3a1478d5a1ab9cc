"""The helpers of `locust.util`, ratios of tasks, and the CSV file of all requests."""

from __future__ import annotations

import csv
import json

import pytest

from acrida import TaskSet, User, task
from acrida.contrib.csv_request_logger import CSV_COLUMNS, CsvRequestLogger
from acrida.user.inspectuser import get_ratio, print_task_ratio, print_task_ratio_json
from acrida.util.cache import memoize
from acrida.util.date import format_duration, format_utc_timestamp
from acrida.util.directory import get_abspaths_in
from acrida.util.exception_handler import retry
from acrida.util.load_locustfile import is_user_class, load_locustfile
from acrida.util.rounding import proper_round
from acrida.util.timespan import parse_timespan
from acrida.util.url import is_url


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20", 20), ("20s", 20), ("3m", 180), ("2h", 7200), ("1h20m", 4800), ("3h30m10s", 12610)],
)
def test_spans_of_time(text, seconds):
    assert parse_timespan(text) == seconds


@pytest.mark.parametrize("text", ["", "q", "s", "10m1h", "1.5h"])
def test_what_is_no_span_of_time(text):
    with pytest.raises(ValueError, match="span of time"):
        parse_timespan(text)


def test_small_helpers(tmp_path):
    assert [proper_round(x) for x in (0.5, 1.5, 2.5, 2.4)] == [1, 2, 3, 2] and proper_round(1.005, 2) == 1.01
    assert is_url("http://a") and is_url("https://a/b?c") and not is_url("file:///a") and not is_url("a.py")
    assert format_duration(0, 93784) == "1 day, 2 hours, 3 minutes and 4 seconds"
    assert format_duration(0, 0.4) == "0 seconds" and format_duration(5, 66) == "1 minute and 1 second"
    assert format_utc_timestamp(0) == "1970-01-01T00:00:00Z"
    for name in ("one.py", "_two.py", "three.txt"):
        (tmp_path / name).touch()
    assert get_abspaths_in(str(tmp_path), ".py") == [str(tmp_path / "one.py")]


def test_results_are_kept_and_forgotten():
    calls = []
    remembered = memoize(1000)(lambda: len(calls.append(1) or calls))
    assert [remembered(), remembered()] == [1, 1]
    remembered.clear_cache()
    assert remembered() == 2


def test_trying_again_ends_with_the_last_error():
    calls = []

    @retry(delays=(0, 0), exception=KeyError)
    def fail():
        calls.append(1)
        raise KeyError(len(calls))

    with pytest.raises(KeyError, match="3"):
        fail()


def test_a_locustfile_is_loaded(tmp_path):
    path = tmp_path / "some_shape.py"
    path.write_text(
        "from locust import LoadTestShape, User, task\n"
        "class Base(User):\n    abstract = True\n"
        "class Site(Base):\n    @task\n    def a(self): ...\n"
        "class Shape(LoadTestShape):\n    def tick(self): ...\n"
    )
    classes, shapes = load_locustfile(str(path))
    assert list(classes) == ["Site"] and is_user_class(classes["Site"]) and not is_user_class(User)
    assert [type(shape).__name__ for shape in shapes] == ["Shape"]


def test_shares_of_tasks(capsys):
    class Often(User):
        weight = 3

        @task(3)
        def a(self): ...

        @task
        class Set(TaskSet):
            @task
            def b(self): ...

    class Fixed(User):
        fixed_count = 1

        @task
        def c(self): ...

    ratios = get_ratio([Often, Fixed], {"Often": 3, "Fixed": 1}, total=True)
    assert ratios["Often"]["ratio"] == 0.75 and ratios["Fixed"]["tasks"] == {"c": {"ratio": 0.25}}
    assert ratios["Often"]["tasks"]["Set"] == {"ratio": 0.1875, "tasks": {"b": {"ratio": 0.1875}}}
    print_task_ratio([Often, Fixed], 4, total=False)
    first, second, *_ = capsys.readouterr().out.splitlines()
    assert (first.split(), second.split()) == (["75.0", "Often"], ["75.0", "a"])
    print_task_ratio_json([Often, Fixed], 4)
    assert json.loads(capsys.readouterr().out)["per_class"]["Fixed"]["ratio"] == 0.25


def test_every_request_is_a_row_of_a_csv_file(env, tmp_path):
    path = tmp_path / "requests.csv"
    CsvRequestLogger(str(path), flush_interval=2).register(env)

    class Answer:
        status_code = 503

    def fire(name, **more):
        env.events.request.fire(
            request_type="GET", name=name, response_time=1.234, response_length=5, start_time=7.0, **more
        )

    fire("one", response=Answer(), exception=ValueError('no, not "good"'))
    fire("two", response=None, exception=None)
    fire("three", exception=OSError("lost"))
    assert len(path.read_text().splitlines()) == 3  # the third waits for company
    env.events.quitting.fire(environment=env)
    rows = list(csv.reader(path.open(newline="")))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert rows[1] == ["7.0", "GET", "one", "1.23", "5", "503", 'no, not "good"']
    assert [row[5:] for row in rows[2:]] == [["0", ""], ["0", "lost"]]
    fire("late")


def test_the_old_way_to_name_a_task_set_warns():
    class Steps(TaskSet):
        pass

    with pytest.warns(DeprecationWarning, match=r"tasks = \[Steps\]"):
        type(User)("Old", (User,), {"task_set": Steps})
