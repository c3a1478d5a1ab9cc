"""Exceptions a script raises to steer its users, or catches. Locust's names and effects."""

from __future__ import annotations


class LocustError(Exception):
    """A call that cannot mean anything, such as `success()` outside a with-block."""


class ResponseError(Exception):
    """Raised inside a `catch_response` block, it marks the request as failed instead of leaving the task."""


class CatchResponseError(Exception):
    """What a `failure("text")` is recorded as."""


class MissingWaitTimeError(LocustError):
    """Neither the User nor the TaskSet says how long to wait."""


class InterruptTaskSet(Exception):
    """Leaves the current TaskSet for its parent. With `reschedule` the parent picks its next task without a
    wait."""

    def __init__(self, reschedule: bool = True) -> None:
        super().__init__()  # its repr is Locust's: without arguments
        self.reschedule = reschedule


class StopTest(Exception):
    """Ends the whole run."""


class StopUser(Exception):
    """Ends this user, after its `on_stop` methods."""


class RescheduleTask(Exception):
    """Ends the current task, as a `return` would."""


class RescheduleTaskImmediately(Exception):
    """Ends the current task and starts the next one without a wait."""


class RPCError(Exception):
    """The link to the master failed."""


class RPCSendError(Exception):
    """A message could not be sent. Never raised here: the engine sends, and tries again by itself."""


class RPCReceiveError(Exception):
    """A message could not be read. Never raised here: the engine reads."""

    def __init__(self, *args: object, addr: object = None) -> None:
        super().__init__(*args)
        self.addr = addr


class RunnerAlreadyExistsError(Exception):
    """This Environment has a runner already."""
