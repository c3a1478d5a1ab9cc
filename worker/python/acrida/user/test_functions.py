"""Test functions as users: a locustfile without User classes whose functions are called `test_...`.

pytest itself takes no part: a worker needs not have it. Run under pytest, the same file finds `session` and
`fastsession` by `acrida.pytest_plugin`.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

from .users import User, UserMeta
from .wait_time import constant

Function = Callable[..., Any]

# What a test raises of a request that failed: it is in the statistics, and the test begins anew.
_OF_REQUESTS = {"RequestException", "CatchResponseError", "ConnectionError", "LocustBadStatusCode"}


class PytestUser(User):
    """A user that calls a test function again and again. Its fixtures are made once and kept for its life."""

    abstract = True
    wait_time = constant(0)
    functions: list[Function] = []
    """The test function."""
    fixtures: dict[str, Function] = {}
    """Functions that make what its parameters ask for."""

    def on_start(self) -> None:
        """Make the fixtures."""
        self._exits = ExitStack()
        self._values: dict[str, Any] = {"user": self}
        for function in self.functions:
            for name in inspect.signature(function).parameters:
                self._value(name)

    def on_stop(self) -> None:
        """Let the fixtures tidy up."""
        self._exits.close()

    def _value(self, name: str) -> Any:
        if name not in self._values:
            make = self.fixtures[name]
            made = make(**{needed: self._value(needed) for needed in inspect.signature(make).parameters})
            if inspect.isgenerator(made):
                self._exits.callback(next, made, None)
                made = next(made)
            self._values[name] = made
        return self._values[name]

    def _call(self, function: Function) -> None:
        try:
            function(**{name: self._values[name] for name in inspect.signature(function).parameters})
        except Exception as e:
            names = {kind.__name__ for kind in type(e).__mro__}
            if isinstance(e, ValueError) or not names & _OF_REQUESTS:
                raise


def users_of(module: Any) -> dict[str, type[User]]:
    """A User class for each test function of a module, by name. Raises ValueError for a parameter that
    nothing makes."""
    values = dict(vars(module))
    fixtures: dict[str, Function] = {"session": session, "fastsession": fastsession}
    fixtures.update((name, made) for name, value in values.items() if (made := _fixture(value)) is not None)
    return {
        name: _user_of(function, fixtures)
        for name, function in values.items()
        if name.startswith("test_") and inspect.isfunction(function)
    }


def _user_of(function: Function, fixtures: dict[str, Function]) -> type[User]:
    _check(function, fixtures, function.__name__)

    @functools.wraps(function, assigned=("__name__", "__qualname__", "__module__", "__doc__"), updated=())
    def call(user: PytestUser) -> None:
        user._call(function)

    del call.__wrapped__
    space = {
        "functions": [function],
        "fixtures": fixtures,
        "tasks": [call],
        "__doc__": function.__doc__,
        "__module__": function.__module__,
    }
    made: Any = UserMeta(function.__name__, (PytestUser,), space)
    return made  # type: ignore[no-any-return]


def _check(function: Function, fixtures: dict[str, Function], test: str, depth: int = 0) -> None:
    for name in inspect.signature(function).parameters:
        if name == "user":
            continue
        if name not in fixtures or depth > len(fixtures):
            known = ", ".join(sorted(fixtures))
            raise ValueError(f"{test} needs a fixture {name!r}; fixtures that users can have are: {known}")
        _check(fixtures[name], fixtures, test, depth + 1)


def _fixture(value: Any) -> Function | None:
    """The function under `@pytest.fixture`, whichever way pytest keeps it; None for anything else."""
    unwrap = getattr(type(value), "_get_wrapped_function", None)
    if unwrap is not None:
        found: Function = unwrap(value)
        return found
    return getattr(getattr(value, "__pytest_wrapped__", None), "obj", None)


def session(user: User) -> Iterator[Any]:
    """An `HttpSession` of the user."""
    from ..clients.http import HttpSession

    client = HttpSession(base_url=user.host, request_event=user.environment.events.request, user=user)
    yield client
    client.close()


def fastsession(user: User) -> Any:
    """A `FastHttpSession` of the user."""
    from ..clients.fast import FastHttpSession

    return FastHttpSession(base_url=user.host, request_event=user.environment.events.request, user=user)
