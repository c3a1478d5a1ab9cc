"""Queues that all users of a worker share: a voucher is used once, an account by one user at a time.

Every worker process has its own: to give each its part, take the items whose number modulo the number of
processes is `environment.runner.worker_index`.
"""

from queue import Empty, Queue

from locust import HttpUser, constant, task
from locust.exception import StopUser

vouchers: Queue[str] = Queue()
for number in range(30):
    vouchers.put(f"V{number:03}")
accounts: Queue[str] = Queue()
accounts.put("anna")


class Redeemer(HttpUser):
    wait_time = constant(0.05)

    @task
    def redeem(self) -> None:
        try:
            voucher = vouchers.get_nowait()
        except Empty:
            raise StopUser() from None  # none is left
        self.client.post("/echo", json={"voucher": voucher}, name="/redeem")


class Member(HttpUser):
    wait_time = constant(0.1)

    @task
    def visit(self) -> None:
        account = accounts.get()  # waits while all are in use
        try:
            self.client.get("/", name=f"/ as {account}")
        finally:
            accounts.put(account)  # recycled
