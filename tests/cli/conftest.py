"""The command over the real handler, without a socket: HTTP requests become gateway events."""

import copy
import json
from base64 import b64encode
from typing import Any, NamedTuple
from urllib.parse import unquote

import httpx
import pytest
from typer.testing import CliRunner

from cli.doctor import Outside
from cli.main import Desk, app
from functions.manage_workspace import handler
from tests.functions.manage_workspace.conftest import (  # noqa: F401
    KEY,
    REQUEST,
    Api,
    api,
    machine_versions,
)

URL = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"


class Gateway(httpx.BaseTransport):
    """Does to a request what API Gateway does, and hands it to the handler."""

    def __init__(self) -> None:
        self.requests: list[str] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        path = unquote(request.url.path)
        self.requests.append(f"{request.method} {path}")
        event = copy.deepcopy(REQUEST)
        event["rawPath"] = path
        event["requestContext"]["http"] |= {"method": request.method, "path": path}
        event["headers"] |= dict(request.headers)
        if request.url.params:
            event["queryStringParameters"] = dict(request.url.params)
        if body := request.read():
            event |= {"body": b64encode(body).decode(), "isBase64Encoded": True}
        answer = handler.handle(event, None)
        return httpx.Response(
            answer["statusCode"], headers=answer["headers"], content=answer["body"], request=request
        )


class Said(NamedTuple):
    """What a command said, and how it ended."""

    code: int
    out: str
    err: str


class Rapport:
    """Runs the command against one deployment."""

    def __init__(self) -> None:
        self.gateway: httpx.BaseTransport = Gateway()
        self.outside = Outside()

    def __call__(self, *words: Any, key: str = KEY) -> Said:
        arguments = ["--url", URL, "--key", key, *map(str, words)]
        return self.alone(*arguments)

    def alone(self, *words: str) -> Said:
        """Without saying where the deployment is."""
        result = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1"}).invoke(
            app, list(words), obj=Desk(transport=self.gateway, outside=self.outside)
        )
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)


@pytest.fixture
def rapport(api: Api) -> Rapport:  # noqa: F811
    """The command over an empty workspace."""
    return Rapport()


@pytest.fixture
def written(tmp_path):
    """Write a YAML file; gives its path."""

    def write(text: str, name: str = "file.yaml"):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return tmp_path / name

    return write


@pytest.fixture
def json_of():
    """What a command printed, read as JSON."""
    return lambda said: json.loads(said.out)
