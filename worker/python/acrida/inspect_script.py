"""Tells the master what a locustfile contains: `python -m acrida.inspect_script`, JSON in, JSON out.

Request: {"locustfiles": [...], "user_classes": [...], "tags": [...]|null, "exclude_tags": [...]|null,
"options": {}}. Answer: {"user_classes": [...], "shape_classes": [...], "available": [...]}, or {"error":
{kind, message, detail}}.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

import acrida

from .env import Environment
from .options import namespace
from .script_loader import ScriptError, load_user_classes, require_tasks, select
from .tracebacks import format_exception


def inspect(request: dict[str, Any]) -> dict[str, Any]:
    """Answer one request."""
    try:
        available = load_user_classes(request["locustfiles"])
        classes = select(available, request.get("user_classes") or [])
        tags, exclude_tags = request.get("tags") or None, request.get("exclude_tags") or None
        environment = Environment(
            user_classes=classes,
            tags=tags,
            exclude_tags=exclude_tags,
            events=acrida.events,
            parsed_options=namespace(request.get("options") or {}, acrida.events.init_command_line_parser),
        )
        environment.filter_tasks()
        require_tasks(environment.user_classes, tags, exclude_tags)
    except ScriptError as e:
        return {"error": {"kind": e.kind, "message": e.message, "detail": e.detail}}
    except Exception as e:
        return {
            "error": {"kind": "other", "message": f"{type(e).__name__}: {e}", "detail": format_exception(e)}
        }
    return {
        "user_classes": [describe(user_class) for user_class in environment.user_classes],
        "shape_classes": [],
        "available": sorted(available),
    }


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


def main() -> None:
    """Read the request from stdin; what the script prints goes to stderr."""
    request = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        answer = inspect(request)
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
