"""What the master asks of the script host, request by request.

Each request runs in a greenlet of its own, so that the one that reads is always free: a hook may wait for
figures, messages or the clock.
"""

from __future__ import annotations

import difflib
import logging
import os
from collections.abc import Callable
from typing import Any

import gevent

import acrida

from .. import log, repeats
from ..blocked import Watch
from ..describe import describe
from ..env import Environment
from ..master_runner import MasterRunner
from ..script_loader import Script, ScriptError, load_script, require_tasks, require_user_class, select
from ..tracebacks import format_exception
from . import hooks
from .arguments import Arguments, plain
from .deliveries import Deliveries
from .limits import STATS_MAX_AGE_S
from .link import Link
from .pipe import Frame
from .shape_driver import ShapeDriver

logger = logging.getLogger("acrida.script_host")


class Service:
    """The script and its environment, and what the master may do with them."""

    def __init__(self, link: Link) -> None:
        self.on_end: Callable[[], None] = lambda: None
        """Called when `exit` was answered."""
        self._link = link
        self._paths: list[str] = []
        self._script = Script({}, {})
        self._arguments: Arguments | None = None
        self._environment: Environment | None = None
        self._runner: MasterRunner | None = None
        self._deliveries: Deliveries | None = None
        self._shape: ShapeDriver | None = None
        self._listening: list[str] = []
        self._watch: Watch | None = None
        self._awaited: set[Any] = set()  # greenlets that the master waits for
        self._requests: dict[str, Callable[[Frame], dict[str, Any]]] = {
            "load": self._load,
            "configure": self._configure,
            "set_options": self._set_options,
            "fire": self._fire,
            "begin_shape": self._begin_shape,
            "end_shape": self._end_shape,
            "update_user_class": self._update_user_class,
            "exit": self._exit,
        }

    def on_frame(self, frame: Frame) -> None:
        """Take one frame. Returns at once."""
        op = frame.get("op", "")
        if op in ("done", "failed"):
            self._link.on_answer(frame)
        elif op == "ping":
            self._link.answer(frame)
        elif op == "state":
            if self._runner is not None:
                self._runner.take_state(frame)
            self._tell_listening()
        elif op in ("event", "message"):
            if self._deliveries is not None:
                self._deliveries.put(frame)
        elif op in self._requests:
            self._awaited.add(gevent.spawn(self._handle, op, frame))
        else:
            logger.debug("Ignored an unknown request of the master: %r", op)

    def _handle(self, op: str, frame: Frame) -> None:
        try:
            answer = self._requests[op](frame)
        except ScriptError as e:
            self._link.fail(frame, e.kind, e.message, e.detail)
        except BaseException as e:
            self._link.fail(frame, "other", f"{type(e).__name__}: {e}", format_exception(e))
        else:
            self._tell_listening()
            if "id" in frame:
                self._link.answer(frame, **answer)
            if op == "exit":
                self.on_end()
        finally:
            self._awaited.discard(gevent.getcurrent())

    def _tell_listening(self) -> None:
        if self._environment is None:
            return
        names = hooks.names_with_listeners(self._environment.events)
        if names != self._listening:
            self._listening = names
            self._link.notify("listening", hooks=names)

    # -- setting up
    # -----------------------------------------------------------------------------------------------

    def _load(self, frame: Frame) -> dict[str, Any]:
        self._paths = list(frame["locustfiles"])
        script = load_script(self._paths)
        if not script.shape_classes:
            require_user_class(script.user_classes, self._paths)
        self._script = script
        self._arguments = Arguments(acrida.events, frame.get("own_flags") or [])
        return {
            "user_classes": [describe(user_class) for user_class in script.user_classes.values()],
            "shape_classes": list(script.shape_classes),
            "arguments": self._arguments.describe(),
        }

    def _configure(self, frame: Frame) -> dict[str, Any]:
        if self._arguments is None:
            raise ScriptError("other", "the script was not loaded")
        require_user_class(self._script.user_classes, self._paths)
        options = self._arguments.parse(frame.get("argv") or [], frame.get("options") or {})
        if not options.skip_log_setup:
            log.setup_logging(str(options.loglevel or "INFO"))
        tags, exclude_tags = frame.get("tags") or None, frame.get("exclude_tags") or None
        shapes = {name: _instance(shape) for name, shape in self._script.shape_classes.items()}
        environment = Environment(
            user_classes=select(self._script.user_classes, frame.get("user_classes") or []),
            available_user_classes=self._script.user_classes,
            shape_class=next(iter(shapes.values()), None) if frame.get("shape") else None,
            available_shape_classes=shapes,
            tags=tags,
            exclude_tags=exclude_tags,
            events=acrida.events,
            host=frame.get("host"),
            locustfile=os.path.basename(self._paths[0]),
            parsed_locustfiles=self._paths,
            reset_stats=bool(options.reset_stats),
            stop_timeout=float(options.stop_timeout or 0.0),
            parsed_options=options,
            profile=options.profile,
        )
        self._attach(environment)
        if self._watch is None:
            self._watch = Watch(log.write_past_logging, others="hooks")
        for settings in frame.get("config_users") or []:
            _configure_user(environment, settings)
        # A master that only shows what the script holds runs nothing of it.
        if frame.get("init", True):
            events, runner = environment.events, environment.runner
            hooks.fire(events, "init", environment=environment, runner=runner, web_ui=None)
        if frame.get("equal_weights"):
            environment.assign_equal_weights()
        environment.filter_tasks()
        require_tasks(environment.user_classes, tags, exclude_tags)
        return {
            "user_classes": [describe(user_class) for user_class in environment.user_classes],
            "available": sorted(self._script.user_classes),
            "options": plain(vars(options)),
            "custom": self._arguments.custom(options),
            **_describe_shape(environment),
        }

    def _attach(self, environment: Environment) -> None:
        """Join an environment to the master, in place of an earlier one."""
        if self._deliveries is not None:
            self._deliveries.close()
        link = self._link
        runner = MasterRunner(environment, link)
        deliveries = Deliveries(environment, runner)
        runner.in_hook = lambda: gevent.getcurrent() in self._awaited or deliveries.is_current()
        environment.on_exit_code = lambda code: link.notify("exit_code", value=code)
        stats = environment.stats
        errors: list[dict[str, Any]] = []

        def rows() -> list[dict[str, Any]]:
            answer = link.request("stats")
            errors[:] = answer.get("errors") or []
            if (exceptions := answer.get("exceptions")) is not None:
                runner.exceptions = dict(enumerate(exceptions))
            return list(answer.get("rows") or [])

        stats.source, stats.error_source, stats.max_age_s = rows, lambda: errors, STATS_MAX_AGE_S
        self._environment, self._runner = environment, runner
        self._deliveries = deliveries
        self._shape = ShapeDriver(environment, link)

    def _set_options(self, frame: Frame) -> dict[str, Any]:
        environment = self._configured()
        options = environment.parsed_options
        if self._arguments is None or options is None:
            raise ScriptError("other", "there are no options")
        values = dict(frame.get("values") or {})
        shape = environment.shape_class
        if (chosen := values.pop("shape_class", None)) is not None:
            shape = _shape_named(environment, chosen)
        self._arguments.set(options, values)
        environment.shape_class = shape
        if "host" in values:
            environment.host = options.host
        if "profile" in values:
            environment.profile = options.profile
        return {"options": plain(vars(options)), **_describe_shape(environment)}

    def _update_user_class(self, frame: Frame) -> dict[str, Any]:
        environment = self._configured()
        settings = dict(frame.get("settings") or {})
        classes = environment.available_user_classes or {}
        name = settings.get("user_class_name")
        if name not in classes:
            known = ", ".join(sorted(classes))
            raise ScriptError("argument", f"there is no User class {name!r}; there are: {known}")
        environment.update_user_class(settings)
        return {}

    def _configured(self) -> Environment:
        if self._environment is None:
            raise ScriptError("other", "the script was not configured")
        return self._environment

    # -- during runs
    # ----------------------------------------------------------------------------------------------

    def _fire(self, frame: Frame) -> dict[str, Any]:
        environment = self._configured()
        name = frame["hook"]
        if self._deliveries is not None:
            self._deliveries.catch_up()
        environment.stats.forget()
        if name == "test_start" and environment.host:
            for user_class in environment.user_classes:
                user_class.host = environment.host
        args = {"environment": environment, **(frame.get("args") or {})}
        hooks.fire(environment.events, name, reverse=name == "quitting", **args)
        if name == "test_stop":
            repeats.tell_counts()
        return {
            "process_exit_code": environment.process_exit_code,
            "unhandled": log.unhandled_greenlet_exception,
        }

    def _begin_shape(self, frame: Frame) -> dict[str, Any]:
        self._configured()
        if self._shape is not None:
            self._shape.begin()
        return {}

    def _end_shape(self, frame: Frame) -> dict[str, Any]:
        if self._shape is not None:
            self._shape.end()
        return {}

    def _exit(self, frame: Frame) -> dict[str, Any]:
        if self._environment is not None:
            hooks.fire(self._environment.events, "quit", exit_code=frame.get("exit_code") or 0)
        return {}


def _instance(shape: Any) -> Any:
    try:
        return shape()
    except BaseException as e:
        message = f"{shape.__name__} could not be created: {type(e).__name__}: {e}"
        raise ScriptError("other", message, format_exception(e)) from e


def _describe_shape(environment: Environment) -> dict[str, Any]:
    shape = environment.shape_class
    if shape is None:
        return {"shape": None, "use_common_options": False}
    return {"shape": type(shape).__name__, "use_common_options": bool(shape.use_common_options)}


def _shape_named(environment: Environment, name: str) -> Any:
    """The shape of the start form's choice; none for "Default". Raises ScriptError."""
    shapes = environment.available_shape_classes or {}
    if name == "Default":
        return None
    if name not in shapes:
        known = ", ".join(sorted(shapes))
        raise ScriptError("argument", f"there is no load shape {name}; there are: {known}")
    return shapes[name]


def _configure_user(environment: Environment, settings: dict[str, Any]) -> None:
    """Apply one object of `--config-users`. Raises ScriptError for a name that means nothing."""
    classes = environment.available_user_classes or {}
    name = settings.get("user_class_name")
    if name not in classes:
        known = ", ".join(sorted(classes))
        message = f"--config-users: there is no User class {name!r}; there are: {known}"
        raise ScriptError("config_users", message)
    user_class = classes[name]
    for key, value in settings.items():
        if key == "tasks":
            tasks = {task.__name__ for task in user_class.tasks}
            unknown = [task for task in value if task not in tasks] if isinstance(value, list) else [value]
            if unknown or not value:
                asked = ", ".join(map(repr, unknown)) or "an empty list"
                message = f"--config-users: {name} has no task {asked}; there are: {', '.join(sorted(tasks))}"
                raise ScriptError("config_users", message)
        elif key != "user_class_name" and not hasattr(user_class, key):
            similar = difflib.get_close_matches(key, dir(user_class), n=1)
            suggestion = f"; did you mean {similar[0]!r}?" if similar else ""
            message = f"--config-users: {name} has no attribute {key!r}{suggestion}"
            raise ScriptError("config_users", message)
    try:
        environment.update_user_class(settings)
    except Exception as e:
        raise ScriptError("other", f"--config-users: {type(e).__name__}: {e}", format_exception(e)) from e
