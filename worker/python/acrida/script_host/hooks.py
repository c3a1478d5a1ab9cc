"""Calling the script's listeners: one that raises or exits ends neither the others nor the host."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

import gevent
from gevent import GreenletExit

from .. import log
from ..event import EventHook, Events
from ..tracebacks import format_exception

logger = logging.getLogger("acrida.script_host")


def listeners(hook: EventHook) -> list[Callable[..., Any]]:
    """Who listens to a hook, in the order they were added."""
    return list(hook._handlers)


def names_with_listeners(events: Events) -> list[str]:
    """The hooks that somebody listens to."""
    hooks = {name: hook for name, hook in vars(events).items() if isinstance(hook, EventHook)}
    return sorted(name for name, hook in hooks.items() if listeners(hook))


def call_all(what: str, handlers: Iterable[Callable[..., Any]], **kwargs: Any) -> BaseException | None:
    """Call them one after the other. What one raises is logged; the first of it is returned."""
    first: BaseException | None = None
    for handler in handlers:
        try:
            handler(**kwargs)
        except GreenletExit:
            raise
        except BaseException as e:  # SystemExit, too: the master decides when this process ends
            logger.error("Uncaught %s in a listener of %s:\n%s", type(e).__name__, what, format_exception(e))
            first = first or e
    return first


def fire(events: Events, name: str, reverse: bool = False, **kwargs: Any) -> None:
    """Fire a hook. A listener that raises makes the exit code 2, if nothing else says more."""
    handlers = listeners(getattr(events, name))
    if call_all(name, handlers[::-1] if reverse else handlers, **kwargs) is not None:
        log.note_unhandled()


def report_greenlets() -> None:
    """Log what ends a greenlet of the script, with the script's own frames, and let nothing end the host."""
    hub = gevent.get_hub()

    def report(context: Any, kind: Any, value: Any, tb: Any) -> None:
        if isinstance(value, BaseException):
            logger.error("Uncaught %s in a greenlet:\n%s", type(value).__name__, format_exception(value))

    hub.print_exception = report
    hub.NOT_ERROR = (GreenletExit,)
    hub.SYSTEM_ERROR = ()
