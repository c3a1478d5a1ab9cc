"""SequentialTaskSet: tasks in the order of their declaration."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle
from typing import Any

from .task import expand
from .taskset import TaskSet, TaskSetMeta, no_tasks


class SequentialTaskSetMeta(TaskSetMeta):
    """Collects tasks in order: `tasks` counts where it stands among the decorated methods."""

    @staticmethod
    def collect(bases: tuple[type, ...], namespace: dict[str, Any]) -> list[Any]:
        tasks: list[Any] = []
        for base in bases:
            tasks += getattr(base, "tasks", None) or []
        for key, value in namespace.items():
            if key == "tasks":
                if not isinstance(value, (list, dict)):
                    raise ValueError("The 'tasks' attribute must be a list or a dict")
                tasks += expand(value)
            elif (weight := getattr(value, "locust_task_weight", None)) is not None:
                tasks.extend([value] * weight)
        return tasks


class SequentialTaskSet(TaskSet, metaclass=SequentialTaskSetMeta):
    """
    Runs its tasks one after the other, again and again, until `interrupt()`. A task of weight n runs n times
    in a row.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._task_cycle: Iterator[Any] = cycle(self.tasks)

    def get_next_task(self) -> Any:
        if not self.tasks:
            raise no_tasks(self)
        return next(self._task_cycle)
