"""The sequence of User classes in which users are started where no master deals them out.

It is the master's (`master/src/dispatch/mix.rs`), and so Locust's: classes with a `fixed_count` first, then
endlessly the class whose next user brings the mix nearest to the wanted one.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .user.users import User


def sequence(classes: Iterable[type[User]]) -> Iterator[str]:
    """Names of classes, in the order of their users. It ends only if all classes have a fixed count."""
    ordered = sorted(classes, key=lambda user_class: user_class.__name__)
    fixed = {c.__name__: c.fixed_count for c in ordered if c.fixed_count > 0}
    missing = dict(fixed)
    places = _weighted({name: float(count) for name, count in fixed.items()})
    while any(missing.values()):
        name = next(places)
        if missing[name]:
            missing[name] -= 1
            yield name
    yield from _weighted({c.__name__: c.weight for c in ordered if not c.fixed_count and c.weight > 0})


def _weighted(weights: dict[str, float]) -> Iterator[str]:
    heap = [_candidate(weight, weight, rank, name) for rank, (name, weight) in enumerate(weights.items())]
    heapq.heapify(heap)
    while heap:
        _, reached, weight, rank, name = heap[0]
        heapq.heapreplace(heap, _candidate(weight, reached, rank, name))
        yield name


def _candidate(weight: float, reached: float, rank: int, name: str) -> tuple[float, float, float, int, str]:
    return (weight * math.log2(reached / (reached + 1)), reached + 1, weight, rank, name)


def counts(classes: Iterable[type[User]], users: int) -> dict[str, int]:
    """How many of `users` are of which class, with zeros; fewer, if all classes have a fixed count."""
    classes = list(classes)
    found = Counter(islice(sequence(classes), users))
    return {user_class.__name__: found[user_class.__name__] for user_class in classes}
