"""WebSockets: a chat with a request and its answer, a message of the server's own accord, and a ping."""

from locust import WebSocketUser, between, task


class Chatter(WebSocketUser):
    """Keeps one WebSocket open from start to stop; the engine closes it at the end."""

    wait_time = between(1, 2)
    subprotocols = ["chat.v1"]
    default_timeout = 5

    def on_start(self) -> None:
        # Rows: WS (connection), WSS and WSR (sent, received), WSC (request with its answer), WSP (ping).
        self.room = self.connect("/ws", name="room")

    @task(5)
    def ask(self) -> None:
        answer = self.room.request("how are you?", match="you", name="question")
        assert answer == "how are you?"

    @task
    def listen(self) -> None:
        self.room.send("!push 3", name="subscribe")
        # What does not match is recorded as a push: WSR "push".
        self.room.receive(match="push 2", name="news")

    @task
    def ping(self) -> None:
        self.room.ping()
