"""What the master is told about User classes."""

from __future__ import annotations

from typing import Any

from .user.inspectuser import task_ratios


def describe(user_class: Any) -> dict[str, Any]:
    """Name, weight, fixed count, host, tasks and their ratios of a class."""
    return {
        "name": user_class.__name__,
        "weight": user_class.weight,
        "fixed_count": user_class.fixed_count,
        "host": user_class.host,
        "tasks": list(dict.fromkeys(task.__name__ for task in user_class.tasks)),
        "ratio": task_ratios(user_class.tasks),
    }
