"""Classes whose attributes `--config-users` sets; a request's name shows them."""

from locust import User, constant, task


class Base(User):
    abstract = True
    wait_time = constant(0.05)
    colour = "none"

    def show(self, what):
        name = f"{type(self).__name__} {what} {self.colour} {self.host}"
        self.environment.events.request.fire(
            request_type="X", name=name, response_time=1.0, response_length=0, exception=None, context={}
        )


class Apple(Base):
    @task
    def grow(self):
        self.show("grow")

    @task
    def fall(self):
        self.show("fall")


class Berry(Base):
    weight = 3

    @task
    def ripen(self):
        self.show("ripen")
