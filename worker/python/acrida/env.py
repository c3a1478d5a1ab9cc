"""Environment: what a script can reach of the process it runs in."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from .event import Events
from .shape import LoadTestShape
from .stats import RequestStats
from .user.task import filter_tasks_by_tags

if TYPE_CHECKING:
    from argparse import Namespace

    from ._engine import Engine
    from .runner_base import Runner
    from .user.users import User

logger = logging.getLogger("acrida.worker")

RunnerType = TypeVar("RunnerType", bound="Runner")


class Environment:
    """Ties together the classes, events, options and statistics of one process."""

    def __init__(
        self,
        *,
        user_classes: list[type[User]] | None = None,
        shape_class: LoadTestShape | None = None,
        tags: list[str] | None = None,
        locustfile: str | None = None,
        exclude_tags: list[str] | None = None,
        events: Events | None = None,
        host: str | None = None,
        reset_stats: bool = False,
        stop_timeout: float | None = None,
        catch_exceptions: bool = True,
        parsed_options: Namespace | None = None,
        parsed_locustfiles: list[str] | None = None,
        available_user_classes: dict[str, type[User]] | None = None,
        available_shape_classes: dict[str, LoadTestShape] | None = None,
        profile: str | None = None,
    ) -> None:
        self.runner: Runner | None = None
        """The runner, which starts and stops users."""
        self.web_ui: Any = None
        """Always None: the web interface belongs to the master."""
        self.on_exit_code: Callable[[int | None], None] | None = None
        """Called with each new `process_exit_code`."""
        self._process_exit_code: int | None = None
        self.events = events if events is not None else Events()
        """Event hooks."""
        self.locustfile = locustfile
        """File name (without folder) of the script."""
        self.user_classes = [c for c in user_classes or [] if c.weight > 0 or c.fixed_count > 0]
        """Classes that may run here."""
        if user_classes and not self.user_classes:
            raise ValueError("There are no users with weight > 0.")
        self.available_user_classes = available_user_classes
        """All classes of the script, by name."""
        if shape_class is not None and not isinstance(shape_class, LoadTestShape):
            raise ValueError(f"shape_class must be an instance of a LoadTestShape class, not {shape_class!r}")
        self.shape_class = shape_class
        """The load shape (an instance), on the master; None on workers."""
        self.available_shape_classes = available_shape_classes
        """All load shapes of the script, by name."""
        self.parsed_locustfiles = parsed_locustfiles
        """Paths of the script's files."""
        self.profile = profile
        """A label of the run, from `--profile`."""
        self.tags = tags
        """Run only tasks with one of these; None: those in `parsed_options`."""
        self.exclude_tags = exclude_tags
        """Leave out tasks with one of these; None: those in `parsed_options`."""
        self.single_user_instance: User | None = None
        """The user that is debugged (`run_single_user`, `worker --debug`)."""
        self.stats = RequestStats()
        """Statistics of this process; on the master, of all workers together."""
        self.stats.recorder = self._record
        self.host = host
        """Base URL of the target, where one was given for all classes."""
        self.reset_stats = reset_stats
        """Begin the statistics anew when all users have been started."""
        if stop_timeout is None:
            stop_timeout = getattr(parsed_options, "stop_timeout", None)
        self.stop_timeout = float(stop_timeout or 0.0)
        """Seconds that running tasks get to finish when users are stopped."""
        self.catch_exceptions = catch_exceptions
        """Whether a user survives an exception in a task."""
        self.parsed_options = parsed_options
        """Options of the command line, and custom ones as the master has them."""
        self._declared_tasks: dict[Any, list[Any]] = {}
        self._chosen_tasks: dict[Any, list[str]] = {}

    @property
    def process_exit_code(self) -> int | None:
        """If set, the exit code of this process; on the master, of the master itself."""
        return self._process_exit_code

    @process_exit_code.setter
    def process_exit_code(self, code: int | None) -> None:
        self._process_exit_code = code
        if self.on_exit_code is not None:
            self.on_exit_code(code)

    def use_engine(self, engine: Engine) -> None:
        """Read the figures from this process' engine, and let custom clients record there."""
        self.stats.source = engine.snapshot
        self.stats.resetter = engine.reset_stats
        self.events.request.recorder = engine.record

    def _record(self, *request: Any) -> None:
        if self.events.request.recorder is not None:
            self.events.request.recorder(*request)

    @property
    def user_classes_by_name(self) -> dict[str, type[User]]:
        """{class name: class}."""
        return {user_class.__name__: user_class for user_class in self.user_classes}

    def filter_tasks(self) -> None:
        """Apply `tags` and `exclude_tags` to all classes. Starts from the tasks as declared, so it may be
        repeated."""
        tags, excluded = (self._tag_option("tags"), self._tag_option("exclude_tags"))
        for holder in self.user_classes:
            self._restore(holder)
        if tags or excluded:
            checked: dict[Any, bool] = {}
            for user_class in self.user_classes:
                filter_tasks_by_tags(user_class, tags, excluded, checked)

    def _tag_option(self, name: str) -> set[str] | None:
        value = getattr(self, name)
        if value is None:
            value = getattr(self.parsed_options, name, None)
        return set(value) if value else None

    def _restore(self, holder: Any) -> None:
        declared = self._declared_tasks.setdefault(holder, list(holder.tasks))
        chosen = self._chosen_tasks.get(holder)
        holder.tasks = [task for task in declared if chosen is None or task.__name__ in chosen]
        for item in declared:
            if hasattr(item, "tasks"):
                self._restore(item)

    def update_user_class(self, settings: dict[str, Any]) -> None:
        """
        Set attributes of a class by name; `tasks` is a list of names of tasks to keep. On the master, the
        workers do the same. Raises KeyError for a class that is not there.
        """
        changes = dict(settings)
        user_class: Any = (self.available_user_classes or self.user_classes_by_name)[
            changes.pop("user_class_name")
        ]
        names = changes.pop("tasks", None)
        for key, value in changes.items():
            setattr(user_class, key, value)
        if names is not None:
            self._chosen_tasks[user_class] = list(names)
            self._restore(user_class)
        if self.runner is not None:
            self.runner.user_class_updated(settings)

    def assign_equal_weights(self) -> None:
        """Give all classes the weight 1 and all their tasks, also those of nested TaskSets, the same."""
        for user_class in self.user_classes:
            user_class.weight = 1
            user_class.tasks = _leaves(user_class.tasks)
            self._declared_tasks[user_class] = list(user_class.tasks)

    def stop_test(self, reason: BaseException) -> None:
        """A `StopTest` reached the top of a user: end the run."""
        logger.error("%s", reason)
        if self.runner is not None:
            self.runner.stop_test(str(reason))


def _leaves(tasks: list[Any]) -> list[Any]:
    flat: dict[Any, None] = {}
    for task in tasks:
        flat.update(dict.fromkeys(_leaves(task.tasks) if hasattr(task, "tasks") else [task]))
    return list(flat)
