"""MqttUser: an MQTT client (package paho-mqtt) whose messages are requests of type MQTT.

The client's network loop runs in a greenlet of its own, as the standard library's threads are patched.
"""

from __future__ import annotations

import random
import string
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from ..user.users import User
from ._driver import driver

if TYPE_CHECKING:
    from ..env import Environment

_mqtt = driver("paho.mqtt.client", "paho-mqtt", "MqttUser")
_Base: Any = _mqtt.Client

REQUEST_TYPE = "MQTT"
SUBACK_FAILURE = 0x80
"""Return code of a subscription that the broker refuses (MQTT 3.1.1, section 3.9.3)."""

_ID_CHARS = string.ascii_letters + string.digits
_ID_LENGTH = 16  # with the prefix below the 23 characters that every broker takes


class PublishedMessageContext(NamedTuple):
    """A message on its way out."""

    qos: int
    topic: str
    start_time: float
    payload_size: int


class MqttClient(_Base):  # type: ignore[misc]
    """
    `paho.mqtt.client.Client` that records connect, disconnect, `publish:<qos>:<topic>` (until the broker has
    it) and `subscribe:<qos>:<topic>` (until it is granted).
    """

    def __init__(
        self,
        *args: Any,
        environment: Environment,
        client_id: str | None = None,
        protocol: Any = _mqtt.MQTTv311,
        use_loop_selectors: bool = False,
        **kwargs: Any,
    ) -> None:
        client_id = client_id or "locust-" + "".join(random.choices(_ID_CHARS, k=_ID_LENGTH))
        super().__init__(*args, client_id=client_id, protocol=protocol, **kwargs)
        self.environment = environment
        self.client_id = client_id
        self._published: dict[int, PublishedMessageContext] = {}
        self._subscribed: dict[int, tuple[int, str, float]] = {}
        self.on_publish = self._on_published
        self.on_connect = self._on_connected
        self.on_disconnect = self._on_disconnected
        self.on_subscribe = self._on_subscribed

    def _generate_event_name(self, event_type: str, qos: int, topic: str) -> str:
        """Name of a request; override it to group topics."""
        return f"{event_type}:{qos}:{topic}"

    def _record(self, name: str, ms: float = 0, length: int = 0, error: Any = None, **context: Any) -> None:
        self.environment.events.request.fire(
            request_type=REQUEST_TYPE,
            name=name,
            response_time=ms,
            response_length=length,
            exception=error,
            context={"client_id": self.client_id, **context},
        )

    # Arguments of the callbacks differ between versions of the protocol; the codes come in the same place.

    def _on_connected(self, client: Any, userdata: Any, flags: Any, code: Any, *_: Any) -> None:
        self._record("connect", error=Exception(str(code)) if code != 0 else None)

    def _on_disconnected(self, client: Any, userdata: Any, *rest: Any) -> None:
        code = rest[1] if len(rest) > 2 else rest[0]  # paho's second callback interface has flags first
        self._record("disconnect", error=Exception(str(code)) if code != 0 else None)

    def _on_published(self, client: Any, userdata: Any, mid: int, *_: Any) -> None:
        sent = self._published.pop(mid, None)
        if sent is None:
            self._record("publish", error=AssertionError(f"the broker has a message {mid} that was not sent"))
            return
        name = self._generate_event_name("publish", sent.qos, sent.topic)
        self._record(name, (time.time() - sent.start_time) * 1000, sent.payload_size, **sent._asdict())

    def _on_subscribed(self, client: Any, userdata: Any, mid: int, codes: Any, *_: Any) -> None:
        asked = self._subscribed.pop(mid, None)
        if asked is None:
            self._record("subscribe", error=AssertionError(f"no subscription {mid} was asked for"))
            return
        granted = [getattr(code, "value", code) for code in codes]
        refused = any(code >= SUBACK_FAILURE for code in granted)
        error = AssertionError(f"the broker refused the subscription: {granted}") if refused else None
        self._record_subscription(*asked, error=error)

    def _record_subscription(self, qos: int, topic: str, began: float, error: Any = None) -> None:
        name = self._generate_event_name("subscribe", qos, topic)
        self._record(name, (time.time() - began) * 1000, error=error, qos=qos, topic=topic, start_time=began)

    def publish(
        self, topic: str, payload: Any = None, qos: int = 0, retain: bool = False, properties: Any = None
    ) -> Any:
        """As in paho; recorded when the broker has the message."""
        size = len(payload) if isinstance(payload, (str, bytes, bytearray)) else 0
        sent = PublishedMessageContext(qos, topic, time.time(), size)
        info = super().publish(topic, payload=payload, qos=qos, retain=retain, properties=properties)
        if info.rc == _mqtt.MQTT_ERR_SUCCESS:
            self._published[info.mid] = sent
        else:
            name = self._generate_event_name("publish", qos, topic)
            self._record(name, error=Exception(str(info.rc)), **sent._asdict())
        return info

    def subscribe(self, topic: Any, qos: int = 0, options: Any = None, properties: Any = None) -> Any:
        """As in paho; recorded when the broker has answered."""
        began = time.time()
        first = topic if isinstance(topic, str) else topic[0] if isinstance(topic, tuple) else topic[0][0]
        result, mid = super().subscribe(topic, qos, options, properties)
        if result == _mqtt.MQTT_ERR_SUCCESS and mid is not None:
            self._subscribed[mid] = (qos, first, began)
        else:
            failed = result != _mqtt.MQTT_ERR_SUCCESS
            self._record_subscription(qos, first, began, Exception(str(result)) if failed else None)
        return result, mid


class MqttUser(User):
    """A user with an MQTT `client` that connects to `host` and `port` when the user is made."""

    abstract = True

    host = "localhost"
    port: int = 1883
    """Port of the broker."""
    transport: str = "tcp"
    """`tcp` or `websockets`."""
    ws_path: str = "/mqtt"
    """Path, with websockets."""
    tls_context: Any = None
    """An `ssl.SSLContext`, for TLS."""
    client_cls: type[MqttClient] = MqttClient
    """Class of the client."""
    client_id: str | None = None
    """Identity towards the broker; None: a random one."""
    username: str | None = None
    """Login."""
    password: str | None = None
    """Login."""
    protocol: Any = _mqtt.MQTTv311
    """Version of the protocol."""
    use_loop_selectors: bool = False
    """Without effect here: gevent's `select` is not limited to 1024 files."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.client: MqttClient = self.client_cls(
            environment=environment,
            transport=self.transport,
            client_id=self.client_id,
            protocol=self.protocol,
        )
        if self.tls_context:
            self.client.tls_set_context(self.tls_context)
        if self.transport == "websockets" and self.ws_path:
            self.client.ws_set_options(path=self.ws_path)
        if self.username and self.password:
            self.client.username_pw_set(username=self.username, password=self.password)
        self.client.connect_async(host=self.host, port=self.port)
        self.client.loop_start()
