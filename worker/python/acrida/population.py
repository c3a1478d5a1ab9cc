"""The users that are alive in this process: starting them, counting them, stopping them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import gevent
from gevent.pool import Group

from .user.taskset import LOCUST_STATE_STOPPING, LOCUST_STATE_WAITING

if TYPE_CHECKING:
    from .user.users import User

logger = logging.getLogger("acrida.worker")


class Population:
    """Users by class, in the order they were started."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.group: Any = Group()
        self._users: dict[str, dict[User, None]] = {}
        self._changed = changed

    @property
    def count(self) -> int:
        """Users that are alive, stopping ones included."""
        return sum(map(len, self._users.values()))

    def count_of(self, name: str) -> int:
        """The same, of one class."""
        return len(self._users.get(name, ()))

    def active(self, name: str) -> int:
        """Users of a class that are not about to stop."""
        return sum(user._state is not LOCUST_STATE_STOPPING for user in self._users.get(name, ()))

    def everybody(self) -> list[User]:
        """All users that are alive."""
        return [user for users in self._users.values() for user in users]

    def newest(self, name: str, count: int) -> list[User]:
        """The `count` users of a class that were started last and are not about to stop."""
        users = reversed(self._users.get(name, {}))
        return list(islice((u for u in users if u._state is not LOCUST_STATE_STOPPING), count))

    def start(self, user: User) -> None:
        """Run a user in a greenlet of its own."""
        self._users.setdefault(type(user).__name__, {})[user] = None
        user.start(self.group).rawlink(partial(self._ended, user))
        self._changed()

    def _ended(self, user: User, _: Any) -> None:
        self._users[type(user).__name__].pop(user, None)
        self._changed()

    def stop(self, users: list[User], timeout_s: float) -> None:
        """Stop users and wait until they have: pausing ones at once, the others when their task is done, all
        when `timeout_s` is over. Not to be called by a user, which would wait for itself."""
        pending = users
        if timeout_s > 0:
            idle = [user.greenlet for user in users if user._state in (None, LOCUST_STATE_WAITING)]
            gevent.killall(idle, block=False)
            for user in users:
                if user._state not in (None, LOCUST_STATE_WAITING):
                    user._state = LOCUST_STATE_STOPPING
            gevent.joinall([user.greenlet for user in users], timeout=timeout_s)
            pending = [user for user in users if not user.greenlet.dead]
            if pending:
                logger.info("%d users have not finished after %g s: stopping them", len(pending), timeout_s)
        gevent.killall([user.greenlet for user in pending])
        for user in users:
            self._ended(user, None)  # their links run later, but the counts are to be right now
