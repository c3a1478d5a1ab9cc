"""Two load shapes, of which a test chooses."""

from locust import LoadTestShape, User, constant, task


class Visitor(User):
    wait_time = constant(0.05)

    @task
    def look(self):
        self.environment.events.request.fire(
            request_type="X", name="look", response_time=1.0, response_length=0, exception=None, context={}
        )


class Two(LoadTestShape):
    def tick(self):
        return 2, 10


class Three(LoadTestShape):
    def tick(self):
        return 3, 10
