"""`run_single_user` in a script that is started with Python, on the real engine."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import acrida

PACKAGES = os.path.dirname(os.path.dirname(acrida.__file__))

SCRIPT = """
import os
from locust import HttpUser, constant, events, run_single_user, tag, task
from locust.exception import StopUser

@events.init_command_line_parser.add_listener
def add(parser):
    parser.add_argument("--word", default="none")

@events.init.add_listener
def init(environment, runner, **kwargs):
    print("init", runner, environment.locustfile)

@events.test_start.add_listener
def start(environment, **kwargs):
    print("start", environment.parsed_options.word)

class Visitor(HttpUser):
    wait_time = constant(0)
    host = "http://nowhere.invalid"

    def on_stop(self):
        env = self.environment
        print("stop", env.stats.total.num_requests, env.single_user_instance is self)

    @tag("seen")
    @task
    def look(self):
        self.client.post("/fine", data="sent", context={"who": "me"})
        self.client.get("/missing", name="a name")
        with self.client.get("/fine", catch_response=True) as response:
            response.failure("not\\nliked")
        raise StopUser()

    @tag("unseen")
    @task(1000)
    def never(self):
        print("never")
        raise StopUser()

if __name__ == "__main__":
    run_single_user(Visitor, **eval(os.environ["FLAGS"]))
"""


class Handler(BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200 if self.path == "/fine" else 404)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"12345")

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()


def run(tmp_path, flags, *args):
    path = tmp_path / "visit.py"
    path.write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, str(path), *args],
        env={**os.environ, "PYTHONPATH": PACKAGES, "FLAGS": flags},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.engine
def test_a_user_runs_alone_and_each_request_is_a_line(tmp_path, server):
    process = run(tmp_path, "{}", "--host", server, "--tags", "seen", "--word", "hello")
    out, err = process.communicate(timeout=60)
    lines = [line.split("\t") for line in out.splitlines() if line]
    assert process.returncode == 0 and not err, err
    assert lines[0] == ["type", f"{'name':<50}", "resp_ms", "exception"]
    assert lines[1] == ["init None visit.py"] and lines[2] == ["start hello"]
    kinds = [(line[0], line[1].strip()) for line in lines[3:6]]
    assert kinds == [("POST", "/fine"), ("GET", "a name"), ("GET", "/fine")]
    assert len(lines[3]) == 3 and int(lines[3][2]) >= 0
    assert lines[4][3].startswith("HTTPError('404 Client Error")
    assert lines[5][3] == "not liked"
    assert lines[6] == ["stop 3 True"]


@pytest.mark.engine
def test_columns_can_be_added_and_unknown_options_are_no_error(tmp_path, server):
    flags = "dict(include_length=True, include_time=True, include_context=True, include_payload=True)"
    process = run(tmp_path, flags, "-H", server, "-T", "seen", "--users", "3")
    out, _ = process.communicate(timeout=60)
    lines = out.splitlines()
    assert lines[0] == "Ignored on the command line: --users 3"
    header = [cell.strip() for cell in lines[2].split("\t")]
    assert header == ["time", "type", "name", "resp_ms", "length", "exception", "context", "payload"]
    row = next(line for line in lines if "POST" in line).split("\t")
    assert row[0].startswith("20") and row[4] == "5" and "'who': 'me'" in row[6] and "sent" in row[7]
