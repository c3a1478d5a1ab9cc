"""MarkovTaskSet: each task says which may come next, and how likely each of these is.

A chain is checked when its class is created, so that a misspelt transition is an error at start and not one
in the middle of a run.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar

from ..exception import LocustError
from .taskset import TaskSet, TaskSetMeta

logger = logging.getLogger("acrida.user")

MarkovTaskT = TypeVar("MarkovTaskT", bound=Callable[..., Any])


class NoMarkovTasksError(LocustError):
    """A MarkovTaskSet without any task that has transitions."""


class InvalidTransitionError(LocustError):
    """A transition to a name that the class does not have."""


class NonMarkovTaskTransitionError(LocustError):
    """A transition to something that has no transitions itself: the chain would end there."""


class MarkovTaskTagError(LocustError):
    """A tag on a task of a chain: leaving that task out would break the chain."""


def transition(func_name: str, weight: int = 1) -> Callable[[MarkovTaskT], MarkovTaskT]:
    """
    After this task comes the one called `func_name`, with `weight` relative to its other transitions.
    Example::

        class Visit(MarkovTaskSet):
            @transition("search")
            def front_page(self):
                self.client.get("/")

            @transition("front_page", weight=3)
            @transition("search")
            def search(self):
                self.client.get("/search")
    """
    return transitions({func_name: weight})


def transitions(
    weights: Mapping[str, int] | list[tuple[str, int] | str],
) -> Callable[[MarkovTaskT], MarkovTaskT]:
    """
    Several transitions at once: a dict {name: weight}, or a list of names and (name, weight) pairs. Example::

        @transitions({"front_page": 3, "search": 1})
        def look(self): ...

        @transitions([("front_page", 3), "search"])
        def read(self): ...
    """
    if isinstance(weights, Mapping):
        chosen = dict(weights)
    else:
        chosen = dict(item if isinstance(item, tuple) else (item, 1) for item in weights)

    def declare(decorated: MarkovTaskT) -> MarkovTaskT:
        declared = decorated.__dict__.get("transitions", {})
        decorated.transitions = {**declared, **chosen}  # type: ignore[attr-defined]
        return decorated

    return declare


def is_markov_task(task: Any) -> bool:
    """Whether something has transitions."""
    return hasattr(task, "transitions")


def get_markov_tasks(class_dict: Mapping[str, Any]) -> list[Any]:
    """What in the body of a class has transitions, in the order of declaration."""
    return [item for item in class_dict.values() if is_markov_task(item)]


def to_weighted_list(transitions: Mapping[str, int]) -> list[str]:
    """Each name as often as its weight says."""
    return [name for name, weight in transitions.items() for _ in range(weight)]


def validate_has_markov_tasks(tasks: list[Any], classname: str) -> None:
    """Raise NoMarkovTasksError for an empty chain."""
    if not tasks:
        raise NoMarkovTasksError(
            f"{classname} has no task with transitions: decorate its methods with @transition or "
            "@transitions, or mark the class abstract = True"
        )


def validate_transitions(tasks: list[Any], class_dict: Mapping[str, Any], classname: str) -> None:
    """Raise unless each transition leads to a task of this class that has transitions itself."""
    for task in tasks:
        for name in task.transitions:
            target = class_dict.get(name)
            if not target:
                raise InvalidTransitionError(
                    f"{classname}.{task.__name__} has a transition to {name!r}, which {classname} does not "
                    "define"
                )
            if not is_markov_task(target):
                raise NonMarkovTaskTransitionError(
                    f"{classname}.{task.__name__} has a transition to {name!r}, which has none to go on "
                    "with: decorate it with @transition"
                )


def validate_no_unreachable_tasks(
    tasks: list[Any], class_dict: Mapping[str, Any], classname: str
) -> list[Any]:
    """Warn about tasks that no way leads to from the first one. Returns `tasks`."""
    reached: set[str] = set()
    ahead = [tasks[0].__name__]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += to_weighted_list(class_dict[name].transitions)
    unreachable = [task.__name__ for task in tasks if task.__name__ not in reached]
    if unreachable:
        logger.warning(
            "%s: these tasks will never run, as no transition leads to them from %s: %s",
            classname,
            tasks[0].__name__,
            ", ".join(unreachable),
        )
    return tasks


def validate_task_name(decorated_func: Any) -> None:
    """Warn about `on_start` and `on_stop` as tasks, and raise ValueError for `run`."""
    name = decorated_func.__name__
    if name in ("on_start", "on_stop"):
        logger.warning("%s is decorated with @transition, so it will run as a task as well", name)
    if name == "run":
        raise ValueError("run() is what drives a TaskSet: it cannot be a task. Give the task another name")


def validate_no_tags(task: Any, classname: str) -> None:
    """Raise MarkovTaskTagError if the task is tagged."""
    tags = getattr(task, "locust_tag_set", None)
    if tags is not None:
        raise MarkovTaskTagError(
            f"{classname}.{task.__name__} is tagged ({', '.join(sorted(tags))}): a task of a MarkovTaskSet "
            "cannot be left out. Tag the whole set's parent instead"
        )


def validate_markov_chain(tasks: list[Any], class_dict: Mapping[str, Any], classname: str) -> None:
    """All checks of a chain."""
    validate_has_markov_tasks(tasks, classname)
    validate_transitions(tasks, class_dict, classname)
    validate_no_unreachable_tasks(tasks, class_dict, classname)
    for task in tasks:
        validate_task_name(task)
        validate_no_tags(task, classname)


class MarkovTaskSetMeta(TaskSetMeta):
    """Checks the chain of a class that is not abstract, and finds where it begins."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> MarkovTaskSetMeta:
        if not namespace.get("abstract"):
            namespace["abstract"] = False
            tasks = get_markov_tasks(namespace)
            validate_markov_chain(tasks, namespace, name)
            namespace["current"] = tasks[0]
            for task in tasks:
                task.transitions = to_weighted_list(task.transitions)
        # Not TaskSetMeta's way: in a chain, @task means nothing.
        return type.__new__(mcs, name, bases, namespace)


class MarkovTaskSet(TaskSet, metaclass=MarkovTaskSetMeta):
    """
    Runs tasks as a Markov chain: first the one that is declared first, then one of its transitions, and so
    on until `interrupt()`.

    Only methods with `@transition` or `@transitions` are part of it, inherited ones are not, and they cannot
    have tags.
    """

    abstract: ClassVar[bool] = True
    """True for a class that is only there to be subclassed: its chain is not checked."""

    current: Any
    """The task to run next."""

    def get_next_task(self) -> Any:
        """The current task; moves on to one of its transitions."""
        task = self.current
        names = task.transitions
        if not names:
            raise LocustError(f"All transitions of {type(self).__name__}.{task.__name__} have weight 0")
        self.current = getattr(self, random.choice(names))
        return task
