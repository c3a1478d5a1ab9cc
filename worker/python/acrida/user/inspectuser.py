"""How the users' time is shared among their tasks, as `--show-task-ratio` prints it."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from .taskset import TaskSet
from .users import User

_INDENT = "    "


def get_ratio(
    user_classes: list[type[User]], user_spawned: dict[str, int], total: bool
) -> dict[str, dict[str, Any]]:
    """
    {class: {"ratio": its share of the users, "tasks": {task: the same}}}. A task's share is that of the picks
    of its class, or with `total` of all picks.
    """
    users = sum(user_spawned.values()) or 1
    ratios: dict[str, dict[str, Any]] = {}
    for user_class in user_classes:
        share = user_spawned.get(user_class.__name__, 0) / users
        ratios[user_class.__name__] = {
            "ratio": share,
            "tasks": task_ratios(user_class.tasks, share if total else 1.0, total),
        }
    return ratios


def task_ratios(tasks: list[Any], parent: float = 1.0, total: bool = False) -> dict[str, Any]:
    """
    {task: {"ratio": its share of `parent`, "tasks": the same of a nested TaskSet}}. A nested task's share is
    that of the picks of its TaskSet, or with `total` of all.
    """
    ratios: dict[str, Any] = {}
    for task, count in Counter(tasks).items():
        entry: dict[str, Any] = {"ratio": count * parent / len(tasks)}
        if isinstance(task, type) and issubclass(task, TaskSet):
            entry["tasks"] = task_ratios(task.tasks, entry["ratio"] if total else 1.0, total)
        ratios[task.__name__] = entry
    return ratios


def _distribution(user_classes: list[type[User]], num_users: float) -> dict[str, int]:
    fixed = sum(c.fixed_count for c in user_classes)
    weights = sum(c.weight for c in user_classes if not c.fixed_count)
    rest = max(0, (num_users or (1 if fixed else weights)) - fixed)
    return {c.__name__: round(c.fixed_count or c.weight / weights * rest) for c in user_classes}


def print_task_ratio(user_classes: list[type[User]], num_users: int, total: bool) -> None:
    """Print the shares in per cent, nested ones indented."""

    def show(ratios: dict[str, Any], depth: int) -> None:
        for name, entry in ratios.items():
            pad = _INDENT * depth
            print(f" {pad + format(entry['ratio'] * 100, '.1f'):<10} {pad + name:<50}")
            show(entry.get("tasks", {}), depth + 1)

    show(get_ratio(user_classes, _distribution(user_classes, num_users), total), 0)


def print_task_ratio_json(user_classes: list[type[User]], num_users: int) -> None:
    """Print the shares as JSON: `per_class` and `total`."""
    spawned = _distribution(user_classes, num_users)
    answer = {
        "per_class": get_ratio(user_classes, spawned, False),
        "total": get_ratio(user_classes, spawned, True),
    }
    print(json.dumps(answer, indent=4))
