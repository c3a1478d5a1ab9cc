"""Declaring tasks: `@task`, `@tag`, and how a class collects and filters them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar, overload, runtime_checkable

logger = logging.getLogger("acrida.user")

TaskT = TypeVar("TaskT", bound=Callable[..., Any])


@runtime_checkable
class TaskHolder(Protocol):
    """Something with tasks: a User or a TaskSet."""

    tasks: list[Any]


@overload
def task(weight: TaskT) -> TaskT: ...
@overload
def task(weight: int) -> Callable[[TaskT], TaskT]: ...
def task(weight: TaskT | int = 1) -> TaskT | Callable[[TaskT], TaskT]:
    """
    Declare a method or a nested TaskSet as a task; the weight says how often it is picked. Example::

        class ForumPage(TaskSet):
            @task(100)
            def read_thread(self):
                pass

            @task
            class Profile(TaskSet):
                @task
                def view(self):
                    pass
    """

    def declare(func: TaskT, weight: int = 1) -> TaskT:
        if func.__name__ in ("on_start", "on_stop"):
            logger.warning("%s is decorated with @task, so it will run as a task as well", func.__name__)
        if func.__name__ == "run":
            raise ValueError("run() is what drives a user: it cannot be a task. Give the task another name")
        func.locust_task_weight = weight  # type: ignore[attr-defined]
        return func

    if callable(weight):
        return declare(weight)
    return lambda func: declare(func, weight)


def tag(*tags: str) -> Callable[[TaskT], TaskT]:
    """
    Tag a task or TaskSet, for `--tags` and `--exclude-tags`. Example::

        @tag("checkout", "slow")
        @task
        def pay(self):
            pass

    Raises ValueError when no name is given.
    """
    if not tags or callable(tags[0]):
        raise ValueError('@tag needs at least one name, as in @tag("checkout")')

    def declare(decorated: TaskT) -> TaskT:
        if hasattr(decorated, "tasks"):
            decorated.tasks = [declare(t) for t in decorated.tasks]
        else:
            known = decorated.__dict__.get("locust_tag_set", set())
            decorated.locust_tag_set = known | set(tags)  # type: ignore[attr-defined]
        return decorated

    return declare


def expand(tasks: Any) -> list[Any]:
    """The flat list, one entry per unit of weight, for a `tasks` attribute (list, list of pairs, or dict)."""
    flat: list[Any] = []
    for item in tasks.items() if isinstance(tasks, dict) else tasks:
        if isinstance(item, tuple):
            flat.extend([item[0]] * item[1])
        else:
            flat.append(item)
    return flat


def collect_tasks(bases: Iterable[type], namespace: dict[str, Any]) -> list[Any]:
    """All tasks of a class: inherited ones, its `tasks` attribute, then its decorated methods and classes."""
    tasks: list[Any] = []
    for base in bases:
        tasks += getattr(base, "tasks", None) or []
    tasks += expand(namespace.get("tasks") or [])
    for item in namespace.values():
        weight = getattr(item, "locust_task_weight", None)
        if weight is not None:
            tasks.extend([item] * weight)
    return tasks


def get_tasks_from_base_classes(bases: Iterable[type], class_dict: dict[str, Any]) -> list[Any]:
    """Locust's name for `collect_tasks`."""
    return collect_tasks(bases, class_dict)


def is_markov_taskset(task: Any) -> bool:
    """Whether a task is a MarkovTaskSet class."""
    return type(task).__name__ == "MarkovTaskSetMeta"


def filter_tasks_by_tags(
    holder: Any, tags: set[str] | None, exclude_tags: set[str] | None, checked: dict[Any, bool] | None = None
) -> None:
    """
    Take the tasks that the tags rule out from `holder` (a User or TaskSet class) and its nested TaskSets.

    A task stays if it has one of `tags` (when given) and none of `exclude_tags`; a TaskSet, if a task of it
    does. A MarkovTaskSet always stays, whole: its tasks have no tags.
    """
    checked = {} if checked is None else checked
    for item in holder.tasks:
        if item in checked:
            continue
        if is_markov_taskset(item):
            checked[item] = True
        elif hasattr(item, "tasks"):
            filter_tasks_by_tags(item, tags, exclude_tags, checked)
            checked[item] = bool(item.tasks)
        else:
            own: set[str] = getattr(item, "locust_tag_set", set())
            checked[item] = (tags is None or bool(own & tags)) and not (exclude_tags and own & exclude_tags)
    holder.tasks = [item for item in holder.tasks if checked[item]]
    if not holder.tasks:
        logger.warning("%s has no tasks left after filtering by tags; running it will fail", holder.__name__)


_IN_TASKSET = (
    "LOCUST_STATE_RUNNING",
    "LOCUST_STATE_STOPPING",
    "LOCUST_STATE_WAITING",
    "DefaultTaskSet",
    "TaskSet",
    "TaskSetMeta",
)


def __getattr__(name: str) -> Any:
    # Locust keeps its TaskSet in this module; ours lives next door, and imports this one.
    if name in _IN_TASKSET:
        from . import taskset

        return getattr(taskset, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
