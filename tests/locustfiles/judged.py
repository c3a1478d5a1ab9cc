"""catch_response in each of its outcomes; one round per user."""

from locust import FastHttpUser, HttpUser, User, constant, task
from locust.exception import RescheduleTask, StopUser


class Judging(User):
    abstract = True
    wait_time = constant(0)

    @task
    def one_round(self):
        kind = type(self).__name__
        with self.client.get("/status/404", catch_response=True, name=f"{kind} 404 is fine") as response:
            response.success()
        with self.client.get("/json", catch_response=True, name=f"{kind} 200 is not") as response:
            if response.json()["message"] == "hello":
                response.failure("said hello")
        with self.client.get("/status/500", catch_response=True, name=f"{kind} left alone") as response:
            pass
        with self.client.get("/", catch_response=True, name=f"{kind} good") as response:
            assert response.text == "hello world\n"
        try:
            with self.client.get("/", catch_response=True, name=f"{kind} raised") as response:
                raise RescheduleTask()
        except RescheduleTask:
            pass
        with self.client.rename_request(f"{kind} renamed"):
            self.client.get("/items/1")
            self.client.get("/items/2")
        raise StopUser()


class Plain(Judging, HttpUser):
    pass


class Fast(Judging, FastHttpUser):
    pass
