"""Whose fault a failure is that a script reports itself."""

from __future__ import annotations

import errno
import socket

import pytest

from acrida.event import RequestEventHook
from acrida.faults import fault_of


@pytest.mark.parametrize(
    ("exception", "fault"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), "target"),
        (ConnectionResetError(), "target"),
        (OSError(errno.EMFILE, "too many open files"), "generator"),
        (OSError(errno.EADDRNOTAVAIL, "no port"), "generator"),
        (OSError(errno.EHOSTUNREACH, "no route"), "network"),
        (socket.gaierror(-2, "no name"), "network"),
        (NameError("x"), "script"),
        (TypeError("x"), "script"),
        (KeyError("x"), None),
        (TimeoutError(), None),
        (FileNotFoundError(errno.ENOENT, "x"), None),
        (AssertionError("wrong answer"), None),
        ("a text", None),
        (None, None),
    ],
)
def test_an_owner_is_named_only_where_the_type_leaves_no_doubt(exception: object, fault: str | None) -> None:
    assert fault_of(exception) == fault  # type: ignore[arg-type]


def test_firing_the_request_hook_records_the_owner() -> None:
    recorded: list[tuple[object, ...]] = []
    hook = RequestEventHook()
    hook.recorder = lambda *request: recorded.append(request)
    hook.fire(request_type="RPC", name="a", response_time=1.0, exception=NameError("x"))
    hook.fire(request_type="RPC", name="b", response_time=1.0)
    assert recorded == [("RPC", "a", 1.0, 0, "NameError('x')", "script"), ("RPC", "b", 1.0, 0, None)]
