"""What the master is told about User classes, and what `--show-task-ratio` prints."""

from __future__ import annotations

from typing import Any


def describe(user_class: Any) -> dict[str, Any]:
    """Name, weight, fixed count, host and tasks of a class."""
    return {
        "name": user_class.__name__,
        "weight": user_class.weight,
        "fixed_count": user_class.fixed_count,
        "host": user_class.host,
        "tasks": list(dict.fromkeys(task.__name__ for task in user_class.tasks)),
        "ratio": task_ratio(user_class.tasks),
    }


def task_ratio(tasks: list[Any]) -> dict[str, Any]:
    """{task: {"ratio": share of the picks, "tasks": the same for a nested TaskSet}}."""
    ratios: dict[str, Any] = {}
    for task in dict.fromkeys(tasks):
        entry: dict[str, Any] = {"ratio": tasks.count(task) / len(tasks)}
        if hasattr(task, "tasks"):
            entry["tasks"] = task_ratio(task.tasks)
        ratios[task.__name__] = entry
    return ratios
