"""Every user holds one WebSocket open and asks something over it once a second."""

from locust import WebSocketUser, constant_throughput, task


class Connected(WebSocketUser):
    wait_time = constant_throughput(1)
    default_timeout = 60

    def on_start(self):
        self.socket = self.connect("/ws", name="connect")

    @task
    def ask(self):
        self.socket.request("hello", name="message")
