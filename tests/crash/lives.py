"""Lives of the real handlers over real clients, with a fault at any call that they make.

Clients are botocore's own, as `shared.aws.session` makes them: DynamoDB is the engine that judges,
everything else is mocked. A fault comes by botocore's hooks around a call and all its tries. Time
stands still but for what a test lets pass.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Literal

import time_machine
from botocore.exceptions import ReadTimeoutError

from shared.aws import session
from tests.crash.faults import Fault, KilledError
from tests.lambda_context import Context

Kind = Literal["queue", "stream", "http", "tick", "call"]
"""Who calls a function, and so who calls it again: a queue brings what failed, a stream all of it,
a client repeats what was not answered, a schedule comes again whatever happened, a state machine
tries again after an error."""
Effect = tuple[str, dict[str, Any]]
"""A call that was carried out, such as `sqs.SendMessageBatch`, and what it asked for."""

MOST_DELIVERIES = 8
LEASE = timedelta(seconds=76)  # longer than a claim holds
# What others hear of; what the tables hear of is seen in them.
HEARD = ("sqs.SendMessageBatch", "eventbridge.PutEvents", "sesv2.SendEmail", "sns.Publish")
_THROTTLED = {
    "Error": {"Code": "ThrottlingException", "Message": "slow down"},
    "ResponseMetadata": {"HTTPStatusCode": 400},
}


@dataclass(frozen=True)
class Life:
    """One event for one function."""

    function: str
    kind: Kind
    event: dict[str, Any]


@dataclass
class Wire:
    """The calls of one life, of which some meet a fault, by their number from 1.

    `refused` says by name and body which calls are throttled whatever their number.
    """

    faults: Mapping[int, Fault] = field(default_factory=dict)
    refused: Callable[[str, Any], bool] = lambda name, body: False
    calls: list[str] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    _body: Any = None

    def before(self, name: str, body: Any) -> Any:
        self.calls.append(name)
        self._body = body
        if self.refused(name, body):
            return SimpleNamespace(status_code=400), _THROTTLED
        match self.faults.get(len(self.calls)):
            case "before":
                raise KilledError
            case "throttled":
                return SimpleNamespace(status_code=400), _THROTTLED
        return None

    def after(self, name: str, status: int) -> None:
        if status < 300 and name in HEARD:
            self.effects.append((name, json.loads(self._body)))
        match self.faults.get(len(self.calls)):
            case "after":
                raise KilledError
            case "lost":
                raise ReadTimeoutError(endpoint_url="https://aws.example")


class Switch:
    """Leads all calls of the functions' clients over the wire that is plugged in."""

    def __init__(self) -> None:
        self.wire: Wire | None = None

    def before(self, model: Any, params: dict[str, Any], **_: Any) -> Any:
        return self.wire and self.wire.before(_name(model), params.get("body"))

    def after(self, http_response: Any, model: Any, **_: Any) -> None:
        if self.wire:
            self.wire.after(_name(model), http_response.status_code)


def _name(model: Any) -> str:
    return f"{model.service_model.service_id.hyphenize()}.{model.name}"


def forget_clients() -> None:
    for made in (session.client, session.client_without_retries, session.prompt_client):
        made.cache_clear()
    session._session.cache_clear()


@contextmanager
def switched() -> Iterator[Switch]:
    """A mocked AWS, but for the DynamoDB that the environment names, and a switch before it."""
    from moto import mock_aws

    forget_clients()
    with mock_aws():
        switch = Switch()
        session._session().register("before-call", switch.before)
        session._session().register("after-call", switch.after)
        yield switch
    forget_clients()


def begin_process(function: str) -> Callable[[dict[str, Any], Any], Any]:
    """The handler of a function in a process that has just begun: it remembers nothing."""
    handler = import_module(f"functions.{function}.handler")
    own = f"functions.{function}."
    for named in vars(handler).values():
        if hasattr(named, "cache_clear") and str(named.__module__).startswith(own):
            named.cache_clear()
    return handler.handle  # type: ignore[no-any-return]


def again(life: Life, answer: Any) -> Life | None:
    """What comes again after an answer; None when all is done."""
    match life.kind:
        case "queue":
            failed = {each["itemIdentifier"] for each in answer["batchItemFailures"]}
            records = [each for each in life.event["Records"] if each["messageId"] in failed]
            return Life(life.function, life.kind, {"Records": records}) if records else None
        case "http":
            return life if answer["statusCode"] >= 500 else None
        case _:
            return None


@dataclass
class Lived:
    """What came of a life and its repetitions."""

    deliveries: int
    effects: list[Effect]
    calls: list[str]  # of the first delivery
    answer: Any = None


def live(switch: Switch, life: Life, at: datetime, faults: Mapping[int, Fault]) -> Lived:
    """Call a function until nothing is left to come again; only the first time meets faults.

    What still fails the second time comes again when every lease has run out. Raises
    AssertionError when it never ends.
    """
    effects: list[Effect] = []
    first: Wire | None = None
    why: BaseException | None = None
    left: Life | None = life
    for number in range(1, MOST_DELIVERIES + 1):
        wire = Wire(faults if first is None else {})
        first = first or wire
        handle, answer, was_left = begin_process(life.function), None, left
        assert was_left is not None
        switch.wire = wire
        try:
            with time_machine.travel(at + max(0, number - 2) * LEASE, tick=False):
                answer = handle(was_left.event, Context())
            left = again(was_left, answer)
        except (KilledError, Exception) as error:  # whoever calls does not ask what it was
            left, why = was_left, error
        finally:
            switch.wire = None
        effects += wire.effects
        if life.kind == "tick" and number == 1 and faults:
            left = life
        if left is None:
            return Lived(number, effects, first.calls, answer)
    raise AssertionError(f"{life.function} is never done after {dict(faults)}") from why


def bodies_of(effects: Sequence[Effect]) -> Iterator[tuple[str, str, int]]:
    """(queue, body, seconds of delay) of all that was handed to queues; the bus is a queue."""
    for name, asked in effects:
        if name == "sqs.SendMessageBatch":
            queue = asked["QueueUrl"].rpartition("/")[2]
            for entry in asked["Entries"]:
                yield queue, entry["MessageBody"], entry.get("DelaySeconds", 0)
        elif name == "eventbridge.PutEvents":
            for entry in asked["Entries"]:
                yield "facts", json.dumps({"detail": json.loads(entry["Detail"])}), 0
