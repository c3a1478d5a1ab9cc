"""Three classes, of which a test names some."""

from locust import User, constant, task


class Base(User):
    abstract = True
    wait_time = constant(0.05)

    @task
    def work(self):
        name = type(self).__name__
        self.environment.events.request.fire(
            request_type="X", name=name, response_time=1.0, response_length=0, exception=None, context={}
        )


class Apple(Base):
    pass


class Berry(Base):
    fixed_count = 2


class Cherry(Base):
    pass
