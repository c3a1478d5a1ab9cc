"""Users that only wait: what a user weighs."""

from locust import FastHttpUser, constant, task


class Idle(FastHttpUser):
    wait_time = constant(3600)

    @task
    def nothing(self):
        pass
