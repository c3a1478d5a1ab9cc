"""Monkey patching, done once, before anything else is imported.

Blocking calls of the standard library have to become cooperative before a user's module (or one of ours)
binds them. What is patched, and the two environment variables that turn it off, are Locust's.
"""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType


def patch() -> None:
    """Patch the standard library for gevent unless `LOCUST_SKIP_MONKEY_PATCH` is set."""
    if os.getenv("LOCUST_SKIP_MONKEY_PATCH"):
        return
    from gevent import events, monkey

    # gevent asks for its plugins 25 times, and reads the description of every installed package each time:
    # two thirds of the time that patching takes.
    ask = events.notify_and_call_entry_points
    if not _has_gevent_plugins():
        events.notify_and_call_entry_points = events.notify
    try:
        monkey.patch_all()
    finally:
        events.notify_and_call_entry_points = ask
    if not os.getenv("LOCUST_SKIP_URLLIB3_PATCH"):
        _patch_urllib3()


def _has_gevent_plugins() -> bool:
    """Whether an installed package wants to hear of patching. Errs on the side of yes."""
    for folder in sys.path:
        try:
            names = os.listdir(folder or ".")
        except OSError:
            continue
        for name in names:
            # gevent's own plugin only warns when `os` is patched without `signal`, which is not so here.
            if not name.endswith((".dist-info", ".egg-info")) or name.startswith("gevent-"):
                continue
            try:
                with open(os.path.join(folder, name, "entry_points.txt"), "rb") as file:
                    if b"gevent.plugins" in file.read():
                        return True
            except (FileNotFoundError, NotADirectoryError):
                continue
            except OSError:
                return True
    return False


def _patch_urllib3() -> None:
    """Give urllib3's pools gevent's queue, when a script brings urllib3 along (we do not need it)."""
    module = sys.modules.get("urllib3.connectionpool")
    if module is not None:
        _set_queue(module)
        return
    from importlib.util import find_spec

    if find_spec("urllib3") is not None:
        sys.meta_path.insert(0, _Urllib3Hook())


def _set_queue(module: object) -> None:
    from gevent import queue

    pool = getattr(module, "ConnectionPool", None)
    if pool is not None:
        pool.QueueCls = queue.LifoQueue


class _Urllib3Hook:
    """Patches `urllib3.connectionpool` when it is first imported, so that scripts without it do not pay for
    it. A finder for `sys.meta_path`; the base class for those would cost 20 ms to import."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != "urllib3.connectionpool":
            return None
        import importlib.util

        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            return spec
        run = spec.loader.exec_module

        def exec_and_patch(module: ModuleType) -> None:
            run(module)
            _set_queue(module)

        spec.loader.exec_module = exec_and_patch  # type: ignore[method-assign]
        return spec
