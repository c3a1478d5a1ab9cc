"""Servers on 127.0.0.1 for tests: a target, also under TLS, and a proxy that counts what it is asked for."""

from __future__ import annotations

import contextlib
import gzip
import json
from pathlib import Path
from urllib.parse import urlsplit

import gevent
import gevent.socket
from gevent.event import Event
from gevent.pywsgi import WSGIHandler, WSGIServer
from gevent.server import StreamServer


class Target:
    """Answers `/echo` with what it was sent; counts connections and the requests of each."""

    def __init__(self, tls: tuple[str, str] | None = None) -> None:
        self.connections: list[int] = []
        self.release = Event()
        self.waiting = 0
        target = self

        class Handler(WSGIHandler):
            def handle(self) -> None:
                self.number = len(target.connections)
                target.connections.append(0)
                super().handle()

            def run_application(self) -> None:
                target.connections[self.number] += 1
                super().run_application()

        options = {"certfile": tls[0], "keyfile": tls[1]} if tls else {}
        self.wsgi = WSGIServer(("127.0.0.1", 0), self.application, log=None, handler_class=Handler, **options)
        self.wsgi.start()
        self.port: int = self.wsgi.server_port
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def application(self, environ, start_response):
        path, headers = environ["PATH_INFO"], [("Content-Type", "text/plain; charset=utf-8")]
        body = environ["wsgi.input"].read()
        status, answer = "200 OK", b"hello"
        if path.endswith("/echo"):
            sent = {k[5:].replace("_", "-").lower(): v for k, v in environ.items() if k.startswith("HTTP_")}
            sent["content-type"] = environ.get("CONTENT_TYPE", "")
            answer = json.dumps(
                {
                    "method": environ["REQUEST_METHOD"],
                    "path": path,
                    "query": environ["QUERY_STRING"],
                    "headers": sent,
                    "body": body.decode("latin1"),
                }
            ).encode()
            headers = [("Content-Type", "application/json")]
        elif path == "/wait":
            self.waiting += 1
            self.release.wait(10)
            self.waiting -= 1
        elif path.startswith("/status/"):
            status = f"{path[8:]} Some Reason"
        elif path == "/to":
            status, answer = "302 Found", b""
            headers.append(("Location", environ["QUERY_STRING"]))
        elif path == "/digest" and not environ.get("HTTP_AUTHORIZATION", "").startswith("Digest "):
            status, answer = "401 Unauthorized", b"who?"
            headers.append(("WWW-Authenticate", 'Digest realm="r", nonce="n", qop="auth", algorithm=MD5'))
        elif path == "/links":
            headers.append(("Link", '</2>; rel="next"; title="two", <http://other/9>; rel=last'))
        elif path == "/latin":
            headers, answer = (
                [("Content-Type", "application/x")],
                "Schöne Grüße aus Köln, süße Mädchen".encode("latin1"),
            )
        elif path == "/gzip":
            answer = gzip.compress(b"line 1\nline 2\nline 3")
            headers.append(("Content-Encoding", "gzip"))
        elif path == "/cookies":
            headers += [("Set-Cookie", "a=1; Path=/"), ("Set-Cookie", "b=2; Path=/")]
        headers.append(("Content-Length", str(len(answer))))
        start_response(status, headers)
        return [answer]

    def stop(self) -> None:
        self.release.set()
        self.wsgi.stop(timeout=0.1)


class Proxy:
    """Forwards absolute URLs and opens tunnels; `asked` has the first line and headers of each request."""

    def __init__(self, login: str | None = None) -> None:
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.connections = 0
        self.login = login
        self.server = StreamServer(("127.0.0.1", 0), self._serve)
        self.server.start()
        self.port: int = self.server.server_port
        self.url = f"http://127.0.0.1:{self.port}"

    def _serve(self, client, _address) -> None:
        self.connections += 1
        reader = client.makefile("rb")
        with contextlib.suppress(OSError):
            while line := reader.readline().decode().strip():
                headers = {}
                while header := reader.readline().decode().strip():
                    name, _, value = header.partition(": ")
                    headers[name.lower()] = value
                self.asked.append((line, headers))
                body = reader.read(int(headers.get("content-length", 0)))
                if self.login is not None and headers.get("proxy-authorization") != self.login:
                    client.sendall(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
                    continue
                method, place, _ = line.split()
                if method == "CONNECT":
                    self._tunnel(client, place)
                    return
                client.sendall(self._forward(method, place, headers, body))

    def _tunnel(self, client, place: str) -> None:
        host, _, port = place.rpartition(":")
        server = gevent.socket.create_connection((host, int(port)))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")

        def pump(source, sink) -> None:
            with contextlib.suppress(OSError):
                while data := source.recv(65536):
                    sink.sendall(data)
                sink.shutdown(gevent.socket.SHUT_WR)

        back = gevent.spawn(pump, server, client)
        pump(client, server)
        back.join()
        server.close()

    def _forward(self, method: str, place: str, headers: dict[str, str], body: bytes) -> bytes:
        url = urlsplit(place)
        assert url.hostname and url.port, f"the URL is not absolute: {place}"
        server = gevent.socket.create_connection((url.hostname, url.port))
        path = url.path + (f"?{url.query}" if url.query else "")
        lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items() if k != "connection")]
        server.sendall("\r\n".join([*lines, "connection: close", "", ""]).encode() + body)
        answer = b""
        while data := server.recv(65536):
            answer += data
        server.close()
        return answer.replace(b"Connection: close\r\n", b"")

    def stop(self) -> None:
        self.server.stop(timeout=0.1)


def certificate(folder: Path) -> tuple[str, str]:
    """Files of a certificate for 127.0.0.1, with that of its authority, and of its key."""
    import trustme

    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    certificates, key = folder / "certificates.pem", folder / "key.pem"
    for one in (*issued.cert_chain_pems, authority.cert_pem):
        one.write_to_path(certificates, append=True)
    issued.private_key_pem.write_to_path(key)
    return str(certificates), str(key)
