"""Arguments of the script: as the master is told of them, parsed, clashing, and set by the start form."""

from __future__ import annotations

import argparse

import pytest

from acrida.argument_parser import LocustArgumentParser
from acrida.event import Events
from acrida.options import namespace
from acrida.script_host.arguments import ArgumentError, Arguments, plain
from fake_master import Failed, FakeMaster


def arguments(*listeners, own_flags=("-u", "--users", "--host")):
    events = Events()
    for listener in listeners:
        events.init_command_line_parser.add_listener(listener)
    return Arguments(events, own_flags)


def added(*args, **kwargs):
    return arguments(lambda parser, **_: parser.add_argument(*args, **kwargs))


def test_arguments_are_described():
    (told,) = added(
        "-e",
        "--env",
        choices=["dev", "test"],
        default="dev",
        help="Where, %(default)s if not said",
        env_var="MY_ENV",
        is_secret=True,
        is_required=True,
        include_in_web_ui=False,
        metavar="WHERE",
    ).describe()
    assert told == {
        "flags": ["-e", "--env"],
        "dest": "env",
        "default": "dev",
        "help": "Where, dev if not said",
        "metavar": "WHERE",
        "type": "str",
        "action": "store",
        "takes_value": True,
        "nargs": None,
        "choices": ["dev", "test"],
        "required": False,
        "env_var": "MY_ENV",
        "include_in_web_ui": False,
        "is_secret": True,
        "is_required": True,
        "is_multiple": False,
    }


@pytest.mark.parametrize(
    ("kwargs", "type_", "action", "takes_value", "default"),
    [
        ({"type": int, "default": "7"}, "int", "store", True, 7),
        ({"type": float}, "float", "store", True, None),
        ({"type": bool, "default": True}, "bool", "store", True, True),
        ({"type": complex, "default": 1j}, "other", "store", True, "1j"),
        ({"action": "store_true"}, "bool", "store_true", False, False),
        ({"action": "store_false"}, "bool", "store_false", False, True),
        ({"action": "append"}, "str", "append", True, None),
        ({"action": "count"}, "str", "count", False, None),
        ({"action": argparse.BooleanOptionalAction}, "str", "other", False, None),
        ({"nargs": "+", "type": int, "is_multiple": True}, "int", "store", True, None),
    ],
)
def test_kinds_of_arguments(kwargs, type_, action, takes_value, default):
    (told,) = added("--x", **kwargs).describe()
    assert (told["type"], told["action"], told["takes_value"], told["default"]) == (
        type_,
        action,
        takes_value,
        default,
    )
    assert told["nargs"] == (kwargs.get("nargs") or (None if takes_value else 0))


def test_groups_take_locusts_keywords():
    def add(parser, **_):
        group = parser.add_argument_group("Mine", "about")
        group.add_argument("--a", is_secret=True)
        either = parser.add_mutually_exclusive_group()
        either.add_argument("--b", action="store_true", env_var="B")
        either.add_argument("--c", action="store_true", include_in_web_ui=False)

    known = arguments(add)
    assert [a["dest"] for a in known.describe()] == ["a", "b", "c"]
    with pytest.raises(ArgumentError, match="argument --c: not allowed with argument --b"):
        known.parse(["--b", "--c"], {})


def test_a_clash_with_the_masters_own_is_the_scripts_error():
    def add(parser, **_):
        parser.add_argument("--users")

    with pytest.raises(ArgumentError, match="conflicting option string: --users") as error:
        arguments(add)
    assert "in add" in error.value.detail and "argument_parser.py" not in error.value.detail
    with pytest.raises(ArgumentError, match="a listener of init_command_line_parser failed: ValueError: no"):
        arguments(lambda **_: (_ for _ in ()).throw(ValueError("no")))


def test_arguments_are_parsed_beside_the_masters_options():
    def add(parser, **_):
        parser.add_argument("--env", default="dev")
        parser.add_argument("--n", type=int, default=1)
        parser.add_argument("--when", type=lambda text: {"at": text}, default=None)

    known = arguments(add)
    options = known.parse(["--n", "5", "--when=now"], {"num_users": 3, "host": "http://h"})
    assert (options.env, options.n, options.when, options.num_users) == ("dev", 5, {"at": "now"}, 3)
    assert options.spawn_rate is None and options.host == "http://h" and options.worker is False
    assert known.custom(options) == {"env": "dev", "n": 5, "when": {"at": "now"}}


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--n", "x"], "argument --n: invalid int value: 'x'"),
        (["--n"], "expected one argument"),
        (["--colour", "blue"], "invalid choice: 'blue'"),
        (["--colur", "red"], "Did you mean '--colour'?"),
    ],
)
def test_bad_values_are_told_in_argparses_words(argv, said):
    def add(parser, **_):
        parser.add_argument("--n", type=int)
        parser.add_argument("--colour", choices=["red"])

    with pytest.raises(ArgumentError) as error:
        arguments(add).parse(argv, {})
    assert said in error.value.message and not error.value.message.startswith("master:")


def test_a_required_argument_may_come_from_the_environment(monkeypatch):
    known = added("--token", required=True, env_var="MY_TOKEN")
    with pytest.raises(ArgumentError, match="required: --token"):
        known.parse([], {})
    monkeypatch.setenv("MY_TOKEN", "-secret")
    assert known.parse([], {}).token == "-secret"
    assert known.parse(["--token", "given"], {}).token == "given"
    assert known.parse(["--token=given"], {}).token == "given"


@pytest.mark.parametrize(
    ("kwargs", "text", "value"),
    [
        ({"type": int}, "7", 7),
        ({"nargs": "+", "type": int}, "[1, 2]", [1, 2]),
        ({"nargs": "*"}, "one", ["one"]),
        ({"action": "append"}, "[a, b]", ["a", "b"]),
        ({"action": "store_true"}, "true", True),
        ({"action": "store_true"}, "0", False),
    ],
)
def test_values_from_the_environment(monkeypatch, kwargs, text, value):
    monkeypatch.setenv("MY_X", text)
    assert added("--x", env_var="MY_X", **kwargs).parse([], {}).x == value


def test_a_flag_wants_a_truth_value_in_the_environment(monkeypatch):
    monkeypatch.setenv("MY_X", "maybe")
    with pytest.raises(ArgumentError, match="MY_X=maybe: --x takes no value"):
        added("--x", env_var="MY_X", action="store_true").parse([], {})


@pytest.mark.parametrize(
    ("kwargs", "text", "value"),
    [
        ({"type": int}, "7", 7),
        ({"action": "store_true"}, "true", True),
        ({"action": "store_true"}, "", False),
        ({"action": "store_false"}, "true", True),
        ({"nargs": "+", "type": int}, "1,2", [1, 2]),
        ({"nargs": "+", "type": int}, ["3", "4"], [3, 4]),
        ({"is_multiple": True, "choices": ["a", "b"]}, ["a", "b"], ["a", "b"]),
        ({"action": "append"}, ["a"], ["a"]),
        ({"default": True}, "true", True),
        ({}, ["last"], "last"),
    ],
)
def test_the_start_form_sets_values_by_their_type(kwargs, text, value):
    known = added("--x", **kwargs)
    options = known.parse([], {})
    known.set(options, {"x": text})
    assert options.x == value


def test_the_start_form_keeps_types_of_other_options_and_sets_all_or_none():
    known = added("--x", type=int, choices=[1, 2])
    options = known.parse([], {"run_time": None, "stop_timeout": 2.0, "reset_stats": False, "tags": ["a"]})
    known.set(options, {"users": 7, "stop_timeout": "3.5", "reset_stats": "true", "tags": "b,c", "x": "2"})
    assert (options.num_users, options.stop_timeout, options.reset_stats) == (7, 3.5, True)
    assert options.tags == ["b", "c"] and options.x == 2
    for bad, said in (({"x": "3"}, "invalid choice: 3"), ({"x": "y"}, "invalid int value")):
        with pytest.raises(ArgumentError, match=said):
            known.set(options, {"stop_timeout": "9", **bad})
    assert options.stop_timeout == 3.5
    with pytest.raises(ArgumentError, match="argument stop_timeout: could not convert"):
        known.set(options, {"stop_timeout": "soon"})


def test_what_workers_get_is_plain():
    values = {"a": {1}, "b": (1, 2.5, None), "c": 2**70, "d": {"k": object}, "e": True, "f": b"x"}
    assert plain(values) == {
        "a": [1],
        "b": [1, 2.5, None],
        "c": str(2**70),
        "d": {"k": str(object)},
        "e": True,
        "f": b"x",
    }


def test_workers_know_the_defaults_of_custom_arguments():
    events = Events()
    events.init_command_line_parser.add_listener(
        lambda parser, **_: parser.add_argument("--n", type=int, default="3", env_var="N", required=True)
    )
    assert namespace({}, events.init_command_line_parser).n == 3
    assert namespace({"n": 4}, events.init_command_line_parser).n == 4


def test_a_parser_says_which_arguments_the_form_shows():
    parser = LocustArgumentParser()
    parser.add_argument("--a", is_secret=True)
    parser.add_argument("--b", include_in_web_ui=False, is_secret=True)
    parser.add_argument("--c", is_required=True, is_multiple=True)
    assert set(parser.args_included_in_web_ui) == {"a", "c"}
    assert set(parser.secret_args_included_in_web_ui) == {"a"}
    assert set(parser.required_args_included_in_web_ui) == {"c"}
    assert set(parser.multiple_args_included_in_web_ui) == {"c"}


SCRIPT = """
from locust import HttpUser, events, task

@events.init_command_line_parser.add_listener
def _(parser):
    parser.add_argument("--env", choices=["dev", "test"], default="dev")
    parser.add_argument("--n", type=int, default=1)

class Shop(HttpUser):
    host = "http://h"
    @task
    def t(self): ...

@events.test_start.add_listener
def start(environment, **kwargs):
    print("runs with", environment.parsed_options.env, environment.parsed_options.n, environment.host)
"""


@pytest.mark.engine
def test_arguments_of_a_script_from_its_flags_to_its_hooks(tmp_path):
    path = tmp_path / "locustfile_arguments.py"
    path.write_text(SCRIPT)
    master = FakeMaster()
    try:
        loaded = master.ask("load", locustfiles=[str(path)], own_flags=["-u"])
        assert [argument["flags"] for argument in loaded["arguments"]] == [["--env"], ["--n"]]
        with pytest.raises(Failed) as error:
            master.ask("configure", argv=["--env", "moon"])
        assert error.value.kind == "argument" and "argument --env: invalid choice" in error.value.message
        done = master.ask("configure", argv=["--n", "5"], host="http://one")
        assert done["custom"] == {"env": "dev", "n": 5} and done["options"]["n"] == 5
        with pytest.raises(Failed, match="invalid int value"):
            master.ask("set_options", values={"n": "many"})
        done = master.ask("set_options", values={"env": "test", "n": "6", "host": "http://two"})
        assert (done["options"]["env"], done["options"]["n"]) == ("test", 6)
        master.ask("fire", hook="test_start", args={})
        master.wait_for_output("runs with test 6 http://two")
    finally:
        master.close()


@pytest.mark.engine
def test_a_clash_is_told_when_the_script_is_loaded(tmp_path):
    path = tmp_path / "locustfile_clash.py"
    path.write_text(SCRIPT)
    master = FakeMaster()
    try:
        with pytest.raises(Failed) as error:
            master.ask("load", locustfiles=[str(path)], own_flags=["--env"])
        assert error.value.kind == "argument" and "conflicting option string: --env" in error.value.message
        assert f'File "{path}", line 6' in error.value.detail and "Traceback" not in master.stderr
    finally:
        master.close()
