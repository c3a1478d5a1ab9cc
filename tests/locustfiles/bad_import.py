"""Imports what is not there."""

import a_package_nobody_has
from locust import HttpUser, task


class Importing(HttpUser):
    @task
    def work(self):
        a_package_nobody_has.work()
