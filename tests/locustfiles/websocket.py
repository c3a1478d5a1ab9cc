"""What a WebSocket client must get right, one round a user. A check that fails is a failure of that name."""

import json
import os

from locust import WebSocketUser, constant, task
from locust.contrib.websocket import (
    WebSocketClient,
    WebSocketClosed,
    WebSocketHandshakeError,
    WebSocketTimeout,
)
from locust.exception import StopUser

TLS = os.environ["TARGET_TLS"].replace("https://", "wss://")


class Features(WebSocketUser):
    wait_time = constant(0)
    subprotocols = ["chat.v1", "chat.v2"]

    def check(self, name, holds):
        error = None if holds else AssertionError(name)
        self.environment.events.request.fire(
            request_type="CHECK", name=name, response_time=0, response_length=0, exception=error, context={}
        )

    @task
    def one_round(self):
        with self.connect("/ws", name="chat", headers={"X-Test": "yes"}) as chat:
            self.check("subprotocol", chat.subprotocol == "chat.v2")
            self.check("headers", json.loads(chat.request("!headers"))["x-test"] == "yes")
            chat.send("hello")
            self.check("text", chat.receive() == "hello")
            chat.send(b"\x00\x01")
            self.check("binary", chat.receive() == b"\x00\x01")
            chat.ping()
            self.check("match", chat.request("!push 5", match="push 4") == "push 4")
            self.check("long", len(chat.request("!bytes 3000000", name="long")) == 3_000_000)
        self.check("closed", (chat.closed, chat.close_code) == (True, 1000))
        self.secure()
        self.troubles()
        held = self.connect("/ws", name="held")
        held.send("until the user stops")
        self.kept = held
        raise StopUser()

    def secure(self):
        client = WebSocketClient(
            TLS, self.environment.events.request, self, verify=os.environ["TARGET_CA"], push_name=None
        )
        with client.connect("/ws", name="secure") as ws:
            self.check("tls", ws.request("over TLS") == "over TLS")
            self.check("tls long", len(ws.request("!bytes 300000")) == 300_000)

    def troubles(self):
        try:
            self.connect("/status/403", name="refused")
        except WebSocketHandshakeError as e:
            self.check("status", e.status_code == 403)
        try:
            self.connect(TLS + "/ws", name="untrusted")
        except ConnectionError:
            pass
        ws = self.connect("/ws", name="troubled")
        try:
            ws.receive(timeout=0.1, name="silent")
        except WebSocketTimeout:
            pass
        for order, name in (("!close 1011 broken", "server error"), ("!drop", "dropped")):
            try:
                ws.request(order, name=name)
            except WebSocketClosed as e:
                self.check(f"code of {name}", e.code == (1011 if name == "server error" else 1006))
            ws = self.connect("/ws", name="troubled")
        ws.send("!close 1000")
        try:
            ws.receive(name="orderly")
        except WebSocketClosed:
            pass
