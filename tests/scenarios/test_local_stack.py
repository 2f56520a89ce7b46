"""The local stack starts, says so when it cannot, and leaves nothing running behind."""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import botocore.session
import httpx
import pytest
from botocore.exceptions import ClientError

from infra.local.corrections import exception_name
from infra.local.front_door import FrontDoor, PortBusyError
from infra.local.stack import LocalStack

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 120
API = httpx.Client(timeout=PATIENCE_SECONDS)  # the first call of a function waits for its start


# --- the front door, alone ------------------------------------------------------------------------


class _Echo(BaseHTTPRequestHandler):
    """Answers with what it was asked, and with the status that the path names."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        said = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.hex(),
        }
        text = json.dumps(said).encode()
        self.send_response(418 if "teapot" in self.path else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_DELETE = do_GET = do_HEAD = do_OPTIONS = do_PATCH = do_POST = do_PUT = answer  # noqa: N815

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def door() -> Iterator[FrontDoor]:
    echo = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    Thread(target=echo.serve_forever, args=(0.05,), daemon=True).start()
    front = FrontDoor(0)
    front.open(f"http://127.0.0.1:{echo.server_port}/base")
    yield front
    front.stop()
    echo.shutdown()
    echo.server_close()


@pytest.mark.parametrize("method", ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"])
def test_the_front_door_passes_every_method_and_the_query_on(door, method):
    said = httpx.request(method, f"{door.url}/v1/t?a=%2F&b=1").json()
    assert said["method"] == method
    assert said["path"] == "/base/v1/t?a=%2F&b=1"


def test_the_front_door_does_not_touch_a_compressed_body(door):
    body = gzip.compress("你好".encode())
    headers = {"content-encoding": "gzip", "content-type": "text/plain", "x-mine": "1"}
    said = httpx.post(door.url, content=body, headers=headers).json()
    assert bytes.fromhex(said["body"]) == body
    assert said["headers"].items() >= headers.items()


def test_the_front_door_takes_a_body_in_chunks(door):
    said = httpx.post(door.url, content=iter([b"one", b"two" * 1000, b"three"])).json()
    assert bytes.fromhex(said["body"]) == b"one" + b"two" * 1000 + b"three"


def test_the_front_door_gives_the_status_back(door):
    assert httpx.get(f"{door.url}/teapot").status_code == 418


def test_the_front_door_keeps_the_connection(door):
    with httpx.Client() as client:
        assert [client.get(door.url).status_code for _ in range(3)] == [200] * 3


def test_the_front_door_refuses_what_the_gateway_would_refuse(door):
    answer = httpx.post(door.url, content=b"x" * (10 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.json() == {"message": "Request Entity Too Large"}


def test_a_busy_port_is_known_at_once(door):
    with pytest.raises(PortBusyError, match="in use"):
        FrontDoor(int(door.url.rsplit(":", 1)[1]))


def test_the_class_of_an_exception_is_read_from_the_end_of_a_log():
    log = (
        '{"message": "x"}\nTraceback (most recent call last):\n  File "a.py", line 1\nKeyError: 1\n'
        "\nThe above exception was the direct cause of the following exception:\n\n"
        'Traceback (most recent call last):\n  File "b.py", line 2, in f\n    raise g()\n'
        "shared.errors.EnrolmentEndedError: over: since\nlong ago"
    )
    assert exception_name(log) == "EnrolmentEndedError"
    assert exception_name("no traceback here") is None


# --- the stack --------------------------------------------------------------------------------


@pytest.mark.stack
def test_the_stack_answers_at_its_front_door(stack):
    assert API.post(f"{stack.api_url}/v1/batch", content=b"{").status_code in {400, 401}
    assert API.get(f"{stack.api_url}/v1/admin/settings").status_code == 401


@pytest.mark.stack
def test_a_preflight_allows_a_browser_to_send_its_write_key(stack):
    asked = {
        "origin": "https://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization",
    }
    answer = API.options(f"{stack.api_url}/v1/b", headers=asked)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "authorization" in answer.headers["access-control-allow-headers"]


@pytest.mark.stack
def test_answers_name_the_allowed_origin_once(stack):
    answer = API.post(f"{stack.api_url}/v1/b", headers={"origin": "https://shop.example"})
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]


@pytest.mark.stack
def test_a_function_can_be_followed_by_its_logs(stack):
    API.post(f"{stack.api_url}/v1/batch", content=b"{}")
    assert so(lambda: any(line.startswith("REPORT") for line in stack.logs("ingest_events")))


@pytest.mark.stack
def test_policies_are_enforced_as_in_an_account(stack):
    stack.client("iam").create_user(UserName="stranger")
    key = stack.client("iam").create_access_key(UserName="stranger")["AccessKey"]
    stranger = botocore.session.get_session().create_client(
        "dynamodb",
        endpoint_url=stack.aws_endpoint,
        region_name="us-east-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    with pytest.raises(ClientError, match="AccessDenied"):
        stranger.scan(TableName=stack.outputs["ProfilesTable"])


class Up:
    """`make up`, on a port of its own."""

    def __init__(self, port: int = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "infra.local"],
            cwd=ROOT,
            env=os.environ | {"PORT": str(port)},
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            # Tests that run in the background are told to ignore Ctrl-C, and children inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    def until(self, text: str) -> str:
        said = ""
        for line in self.process.stdout:
            said += line
            if text in line:
                return said
        raise AssertionError(f"ended before it said {text!r}:\n{said}")

    def family(self) -> set[int]:
        """The process and all that came from it."""
        rows = subprocess.run(
            ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        parents = dict(tuple(map(int, row.split())) for row in rows)
        family = {self.process.pid}
        while grown := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= grown
        return family


def so(holds: Callable[[], object]) -> bool:
    """Whether it is so in time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False


def gone(family: set[int]) -> bool:
    return so(lambda: all(zombie(pid) for pid in family))


def zombie(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.stack
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_however_it_ends_nothing_is_left_running(how):
    up = Up()
    url = up.until("API for SDKs").split()[-1]
    assert so(lambda: (found := LocalStack.running()) and found.api_url == url)
    API.post(f"{url}/v1/batch", content=b"{}")  # so that a function runs too
    family = up.family()
    assert len(family) >= 3
    up.process.send_signal(how)
    status = up.process.wait(PATIENCE_SECONDS)
    assert gone(family)
    assert status == (-signal.SIGKILL if how == signal.SIGKILL else 0)
    assert LocalStack.running() is None


@pytest.mark.stack
def test_a_second_one_on_a_busy_port_says_so():
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        up = Up(busy.getsockname()[1])
        assert "is in use" in up.until("Another port: make up PORT=")
        assert up.process.wait(PATIENCE_SECONDS) == 1
