"""A locustfile without a User class."""

from locust import task


@task
def lonely(self):
    pass
