"""Calling the script's listeners: one that raises or exits ends neither the others nor the host."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable
from typing import Any

from gevent import GreenletExit

from .. import forks, log, repeats
from ..event import EventHook, Events
from ..tracebacks import format_exception, origin

logger = logging.getLogger("acrida.script_host")


def listeners(hook: EventHook) -> list[Callable[..., Any]]:
    """Who listens to a hook, in the order they were added."""
    return list(hook._handlers)


def names_with_listeners(events: Events) -> list[str]:
    """The hooks that somebody listens to."""
    hooks = {name: hook for name, hook in vars(events).items() if isinstance(hook, EventHook)}
    return sorted(name for name, hook in hooks.items() if listeners(hook))


def call_all(what: str, handlers: Iterable[Callable[..., Any]], counts: bool = True, **kwargs: Any) -> None:
    """
    Call them one after the other. An exception is logged the first time it comes from its place; with
    `counts`, it makes the exit code 2, if nothing else says more.
    """
    own_pid = os.getpid()
    for handler in handlers:
        try:
            handler(**kwargs)
        except GreenletExit:
            raise
        except BaseException as e:  # SystemExit, too: the master decides when this process ends
            _report(what, e, counts)
        if os.getpid() != own_pid:
            forks.leave()


def _report(what: str, exception: BaseException, counts: bool) -> None:
    if counts:
        log.note_unhandled()
    text = f"Uncaught {type(exception).__name__} in a listener of {what}:\n{format_exception(exception)}"
    if isinstance(exception, SystemExit):
        text += "\nsys.exit() in a listener does not end the master: call environment.runner.quit()"
    if repeats.is_first((what, *origin(exception)), f"{exception!r} in a listener of {what}"):
        logger.error("%s", text)


def fire(events: Events, name: str, reverse: bool = False, **kwargs: Any) -> None:
    """Fire a hook."""
    handlers = listeners(getattr(events, name))
    call_all(name, handlers[::-1] if reverse else handlers, **kwargs)
