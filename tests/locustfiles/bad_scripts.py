"""Scripts that misbehave, by CASE, beside users that must not suffer from it."""

import os
import subprocess
import sys
import time

import gevent
from gevent.monkey import get_original

from locust import FastHttpUser, User, constant, events, task
from locust.exception import StopUser

CASE = os.environ["CASE"]
IS_WORKER = "worker_main" in str(getattr(sys.modules["__main__"], "__file__", ""))


def note(text):
    with open(os.environ["NOTES"], "a") as file:
        file.write(text + "\n")


class Good(FastHttpUser):
    wait_time = constant(0.1)

    @task
    def root(self):
        self.client.get("/", name="good")


class Bad(FastHttpUser):
    fixed_count = 1
    wait_time = constant(0.2)

    def on_start(self):
        if CASE == "exit_on_start":
            sys.exit(3)
        if CASE == "leftovers":
            for _ in range(3):
                gevent.spawn(leftover)

    @task
    def misbehave(self):
        globals().get(CASE, nothing)(self)


def nothing(user):
    pass


def leftover():
    while True:
        gevent.sleep(0.1)


def exit_in_task(user):
    sys.exit(3)


def exit_in_greenlet(user):
    gevent.spawn(sys.exit, 3)


def die_in_greenlet(user):
    gevent.spawn(lambda: 1 // 0)


def block(user):
    get_original("time", "sleep")(7)
    note("blocked")
    raise StopUser()


def spin(user):
    while True:
        pass


def fork(user):
    """A child that waits, asks, and comes back into the task loop."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        note("waited")
        raise StopUser()
    gevent.sleep(0.5)
    subprocess.run(["true"], check=True)
    try:
        user.client.get("/", name="child")
    except RuntimeError as e:
        note(f"refused: {e}")


def processes(user):
    import multiprocessing

    context = multiprocessing.get_context("fork")
    child = context.Process(target=in_process)
    child.start()
    child.join()
    note(f"exit code {child.exitcode}")
    answer = subprocess.run(["cat"], stdout=subprocess.PIPE, check=True)
    note(f"cat read {answer.stdout!r}")
    lasting = context.Process(target=time.sleep, args=(1000,))
    lasting.start()
    note(f"lasting {lasting.pid}")
    raise StopUser()


def in_process():
    time.sleep(0.3)
    note("in process")


if CASE == "hook":

    @events.request.add_listener
    def on_request(**kwargs):
        raise ZeroDivisionError("in the hook")


if CASE == "exit_in_hook":

    @events.test_start.add_listener
    def on_test_start(**kwargs):
        sys.exit(3)


if CASE == "dies_early" and IS_WORKER:
    try:
        os.close(os.open(os.environ["NOTES"], os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        pass
    else:
        os._exit(7)

if CASE == "missing_package" and IS_WORKER:
    import no_such_package_of_mine  # noqa: F401

if CASE == "exit_at_import" and IS_WORKER:
    sys.exit(3)
