"""What the scripts of the script host's tests begin with."""

HEAD = "from locust import *\nfrom locust import events\nimport gevent, time, logging, sys\n"
USER = """
class Shop(HttpUser):
    host = "http://h"
    weight = 3
    @task(3)
    def browse(self): ...
    @tag("x")
    @task
    class Checkout(SequentialTaskSet):
        @task
        def pay(self): ...

class Other(HttpUser):
    fixed_count = 1
    @task
    def only(self): ...
"""
