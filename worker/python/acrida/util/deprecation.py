"""Names of Locust's first versions: what has become of them is said when a script uses one."""

from __future__ import annotations

import warnings
from typing import Any


def check_for_deprecated_task_set_attribute(class_dict: dict[str, Any]) -> None:
    """Warn about a User class that names its TaskSet in `task_set`, which has no effect."""
    from ..user.taskset import TaskSet

    named = class_dict.get("task_set")
    if isinstance(named, type) and issubclass(named, TaskSet) and not hasattr(named, "locust_task_weight"):
        warnings.warn(
            f"`task_set` of a User has no effect since Locust 1.0: write `tasks = [{named.__name__}]`",
            DeprecationWarning,
            stacklevel=3,
        )


def deprecated_locust_meta_class(deprecation_message: str) -> type[type]:
    """A metaclass whose first class can be defined, and whose subclasses raise ImportError."""

    class Renamed(type):
        def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
            if bases:
                raise ImportError(deprecation_message)
            return super().__new__(mcs, name, bases, namespace)

    return Renamed


def _renamed(name: str, old: str, new: str) -> Any:
    meta = deprecated_locust_meta_class(f"{old} is called {new} since Locust 1.0: inherit from that")
    return meta(name, (), {"__doc__": f"Locust's name for {new} before 1.0: it cannot be inherited from."})


DeprecatedLocustClass: Any = _renamed("DeprecatedLocustClass", "Locust", "User")
DeprecatedHttpLocustClass: Any = _renamed("DeprecatedHttpLocustClass", "HttpLocust", "HttpUser")
DeprecatedFastHttpLocustClass: Any = _renamed(
    "DeprecatedFastHttpLocustClass", "FastHttpLocust", "FastHttpUser"
)
