"""What stands behind botocore: every attempt of every call is answered here, or meets a fault.

The clients are those of `shared.aws.session`, with their own retries: a lost response is asked for
again by botocore, and so a write that has happened already is met once more by itself.
"""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from time import time
from types import SimpleNamespace
from typing import Any, Final, Literal

import botocore.endpoint
import pytest
from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ConnectTimeoutError, ReadTimeoutError

from shared.aws import session
from tests.crash.lives import forget_clients

Fault = Literal["throttled", "timed_out", "lost"]
"""throttled: refused. timed_out: it never arrived. lost: it was done, and the answer never came."""
FAULTS: Final[tuple[Fault, ...]] = ("throttled", "timed_out", "lost")
Answer = dict[str, Any]
Service = Callable[[str, dict[str, Any]], Answer]
"""Answers an operation; raises ClientError."""

# Faults come in storms, in which all of botocore's tries can fail: only then do ours have a say.
_STORMY: Final = 0.8
_STORM_LASTS: Final = 40  # attempts
_CALM_LASTS: Final = 360
_THROTTLED: Final = "ThrottlingException"


@dataclass
class Weather:
    """Which attempts meet which fault, as the seed has it; `rate` of them in the long run."""

    dice: random.Random
    rate: float
    attempts: int = 0
    met: Counter[str] = field(default_factory=Counter)
    is_stormy: bool = False

    def pass_by(self, attempts: int) -> None:
        """Somebody waits for as long as so many attempts would take."""
        if self.is_stormy and self.dice.expovariate(1 / _STORM_LASTS) < attempts:
            self.is_stormy = False

    def fault(self) -> Fault | None:
        self.attempts += 1
        if not self.rate:
            return None
        if self.dice.random() * (_STORM_LASTS if self.is_stormy else _CALM_LASTS) < 1:
            self.is_stormy = not self.is_stormy
        share = _STORM_LASTS / (_STORM_LASTS + _CALM_LASTS)
        calm = (self.rate - share * _STORMY) / (1 - share)
        if self.dice.random() >= (_STORMY if self.is_stormy else calm):
            return None
        fault = self.dice.choice(FAULTS)
        self.met[fault] += 1
        return fault


class Wire:
    """Leads each attempt to its service, unless the weather is against it."""

    def __init__(self, weather: Weather, services: dict[str, Service]) -> None:
        self.weather = weather
        self.calls: Counter[str] = Counter()
        self.journal: list[tuple[str, dict[str, Any], Answer | str]] | None = None
        self._services = services
        self._tokens = 0

    def send(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        """One attempt, as botocore's hook `before-send` hands it over."""
        service, operation = event_name.split(".")[1:]
        answer = self._attempt(service, operation, json.loads(request.body))
        return _answered(request.url, answer)

    def _attempt(self, service: str, operation: str, asked: dict[str, Any]) -> Answer | ClientError:
        match self.weather.fault():
            case "throttled":
                return _error(_THROTTLED, "slow down")
            case "timed_out":
                raise ConnectTimeoutError(endpoint_url=service)
            case "lost":
                self._ask(service, operation, asked)
                raise ReadTimeoutError(endpoint_url=service)
            case _:
                return self._ask(service, operation, asked)

    def _ask(self, service: str, operation: str, asked: dict[str, Any]) -> Answer | ClientError:
        self.calls[operation] += 1
        was = json.dumps(asked) if self.journal is not None and service == "dynamodb" else ""
        try:
            answer: Answer | ClientError = self._services[service](operation, asked)
        except ClientError as error:
            answer = error
        if self.journal is not None and was:
            said = answer.response["Error"]["Code"] if isinstance(answer, ClientError) else answer
            self.journal.append((operation, json.loads(was), said))
        return answer

    def call(self, client: BaseClient, operation: str, asked: dict[str, Any]) -> Answer:
        """A whole call in a hundredth of botocore's time: its tries, without its bytes.

        Nothing is validated, signed or written as JSON; what botocore does with faults is done here
        once more, by the number of tries that the client was made with.
        """
        service = client.meta.service_model.service_id.hyphenize()
        if operation == "TransactWriteItems":
            self._tokens += 1
            asked = {**asked, "ClientRequestToken": str(self._tokens)}
        for left in reversed(range(client.meta.config.retries["total_max_attempts"])):
            try:
                answer = self._attempt(service, operation, asked)
            except (ConnectTimeoutError, ReadTimeoutError):
                if not left:
                    raise
                continue
            if not isinstance(answer, ClientError):
                return answer
            if not (left and answer.response["Error"]["Code"] == _THROTTLED):
                raise ClientError(answer.response, operation)
        raise AssertionError("a call without any try")


def _error(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "")


def _answered(url: str, answer: Answer | ClientError) -> AWSResponse:
    if isinstance(answer, ClientError):
        said = {key: value for key, value in answer.response.items() if key != "Error"}
        error = answer.response["Error"]
        body: Answer = {"__type": error["Code"], "message": error["Message"], **said}
    else:
        body = answer
    status = 400 if isinstance(answer, ClientError) else 200
    return AWSResponse(url, status, {}, _Raw(json.dumps(body).encode()))


class _Raw(BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        while part := self.read(65536):
            yield part


@contextmanager
def plugged(wire: Wire, *, whole: bool) -> Iterator[None]:
    """All clients of this process speak over the wire, and wait for nothing between their tries.

    `whole`: through all of botocore; else only from the doorstep of its clients.
    """
    forget_clients()
    with pytest.MonkeyPatch.context() as patch:
        if whole:
            still = SimpleNamespace(sleep=lambda _: None, time=time)
            patch.setattr(botocore.endpoint, "time", still)
            session._session().register("before-send", wire.send)
        else:
            patch.setattr(
                BaseClient, "_make_api_call", lambda client, *asked: wire.call(client, *asked)
            )
        yield
    forget_clients()
