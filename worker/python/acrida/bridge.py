"""Joins the engine to gevent's hub: completions wake greenlets, submits leave before the hub sleeps.

One engine serves the whole process. A worker starts it with its link to the master; a script that uses the
clients on its own (a debugger, a library) gets one without a link when it first asks. No Rust frame is on the
stack when greenlets switch: the engine only fills a list, this module does the switching.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gevent import get_hub

if TYPE_CHECKING:
    from ._engine import Engine, Profile

_PROFILES_MAX = 256
"""Combinations of settings whose profiles are kept; sessions keep their own beyond that."""

CommandHandler = Callable[[str, Any], None]


class Bridge:
    """Watches one engine from the hub of the thread that creates it."""

    def __init__(self, engine: Engine, on_command: CommandHandler | None = None) -> None:
        self.engine = engine
        self.on_command = on_command
        self._drain = engine.drain
        self._has_commands = engine.has_commands
        self._profiles: dict[tuple[Any, ...], Profile] = {}
        loop = get_hub().loop
        self._readable = loop.io(engine.fileno(), 1)
        self._readable.start(self._on_readable)
        # The hub runs greenlets from a prepare watcher of its own. Ours has the lowest priority, so it comes
        # after it, right before the loop blocks: what the greenlets submitted meanwhile leaves as one batch.
        self._before_sleep = loop.prepare(ref=False, priority=loop.MINPRI)
        self._before_sleep.start(engine.flush)

    def _on_readable(self) -> None:
        for waiter, value in self._drain():
            waiter.switch(value)
        if self._has_commands():
            self.deliver_commands()

    def deliver_commands(self) -> None:
        """Hand what the master said to the runner. Without one, commands stay in the engine."""
        if self.on_command is not None:
            for kind, data in self.engine.commands():
                self.on_command(kind, data)

    def profile(self, **settings: Any) -> Profile:
        """The engine's shared settings for sessions; equal settings give the same profile."""
        key = tuple((k, tuple(v) if isinstance(v, list) else v) for k, v in settings.items())
        profile = self._profiles.get(key)
        if profile is None:
            if len(self._profiles) >= _PROFILES_MAX:
                del self._profiles[next(iter(self._profiles))]
            profile = self._profiles[key] = self.engine.profile(**settings)
        return profile

    def close(self) -> None:
        """Stop watching."""
        self._readable.close()
        self._before_sleep.close()


_bridge: Bridge | None = None


def use(engine: Engine, on_command: CommandHandler | None = None) -> Bridge:
    """Make `engine` (already started) the one of this process, in place of any other."""
    global _bridge
    reset()
    _bridge = Bridge(engine, on_command)
    return _bridge


def reset() -> None:
    """Stop watching the engine of this process; the next one to ask gets a new one."""
    global _bridge
    if _bridge is not None:
        _bridge.close()
    _bridge = None


def current() -> Bridge:
    """The bridge of this process; starts an engine without a link to a master if there is none."""
    if _bridge is not None:
        return _bridge
    from ._engine import Engine

    config: dict[str, Any] = {
        "node_id": "local",
        "master_host": None,
        "master_port": 0,
        "user_classes": [],
        "lifeline": False,
    }
    engine = Engine(json.dumps(config))
    engine.start()
    return use(engine)
