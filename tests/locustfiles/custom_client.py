"""A client of another protocol that reports through events.request, with and without a response time."""

import time

from locust import User, constant, task


class Calculator:
    def __init__(self, request_event):
        self._request_event = request_event

    def divide(self, a, b):
        meta = {
            "request_type": "calc",
            "name": "divide",
            "start_time": time.time(),
            "response_length": 0,
            "response": None,
            "context": {},
            "exception": None,
        }
        start = time.perf_counter()
        try:
            meta["response"] = a / b
            meta["response_length"] = 8
        except ZeroDivisionError as error:
            meta["exception"] = error
        meta["response_time"] = (time.perf_counter() - start) * 1000
        self._request_event.fire(**meta)
        return meta["response"]


class CalculatingUser(User):
    wait_time = constant(0.05)

    def __init__(self, environment):
        super().__init__(environment)
        self.client = Calculator(environment.events.request)

    @task
    def good(self):
        assert self.client.divide(6, 3) == 2

    @task
    def bad(self):
        self.client.divide(1, 0)

    @task
    def event_without_a_time(self):
        fire = self.environment.events.request.fire
        fire(request_type="calc", name="note", response_time=None, response_length=0, exception=None)
