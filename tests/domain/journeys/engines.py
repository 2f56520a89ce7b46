"""Two foreign interpreters of ASL, each driven through its own API: moto's, and the emulator's.

Three things are put in their place, in either: what Lambda is, what passes for time, and when a
token is redeemed. States, paths, choices, retries, catchers and time-outs are their own affair.
"""

import datetime as real
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import boto3
from ministack.services import stepfunctions as emulator
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.wait.wait_function import timestamp
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import (
    WaitFunction,
)
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackEndpoint
from moto.stepfunctions.parser.utils import TMP_THREADS

from infra.local.corrections import fail_callback_tasks
from shared.domain.instants import format_instant
from shared.errors import RapportError

ROLE = "arn:aws:iam::123456789012:role/journeys"
NAME = "journey"
EPOCH = real.datetime(1970, 1, 1, tzinfo=real.UTC)


@dataclass
class Foreign:
    """One execution in an interpreter that is not ours."""

    machine: dict[str, Any]
    invoke: Callable[[dict[str, Any]], Any]
    redeemed: Callable[[str], Any]
    slept_until: Callable[[str], None]
    entered: list[str] = field(default_factory=list)
    wrong: list[Exception] = field(default_factory=list)

    def run(self, data: dict[str, Any]) -> str:
        status = self._execute(json.dumps(self.machine), json.dumps(data))
        if self.wrong:
            raise self.wrong[0]
        return {"SUCCEEDED": "Succeed", "FAILED": "Fail"}[status]

    def _execute(self, definition: str, data: str) -> str:
        raise NotImplementedError

    def _call(self, payload: dict[str, Any]) -> tuple[Any, str | None]:
        """What the function answered, or the name of its error; a mistake of ours ends the test."""
        try:
            return self.invoke(payload), None
        except RapportError as error:
            return None, type(error).__name__
        except Exception as error:
            self.wrong.append(error)
            return None, "PermanentError"


class OnMoto(Foreign):
    """In moto, which took its interpreter over from LocalStack."""

    def _execute(self, definition: str, data: str) -> str:
        with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}), self._seams():
            self.client = boto3.client("stepfunctions", region_name="us-east-1")
            machine = self.client.create_state_machine(
                name=NAME, definition=definition, roleArn=ROLE
            )["stateMachineArn"]
            TMP_THREADS.clear()
            arn = self.client.start_execution(stateMachineArn=machine, name=NAME, input=data)[
                "executionArn"
            ]
            TMP_THREADS[0].join()  # of the execution; those of its states end within it
            pages = self.client.get_paginator("get_execution_history").paginate(executionArn=arn)
            self.entered += [
                event["stateEnteredEventDetails"]["name"]
                for page in pages
                for event in page["events"]
                if event["type"].endswith("StateEntered")
            ]
            return str(self.client.describe_execution(executionArn=arn)["status"])

    @contextmanager
    def _seams(self) -> Iterator[None]:
        with ExitStack() as seams:
            for thing, name, ours in (
                (lambda_eval_utils, "_invoke_lambda_function", self._lambda),
                (CallbackEndpoint, "wait", lambda *a, **k: self._token(*a, **k)),
                (
                    WaitFunction,
                    "_wait_interval",
                    lambda _wait, env, wait_seconds: self._wait(wait_seconds),
                ),
                (timestamp, "datetime", SimpleNamespace(datetime=_From1970)),
                (retrier_decl, "time", SimpleNamespace(sleep=lambda seconds: None)),
            ):
                seams.enter_context(patch.object(thing, name, ours))
            yield

    def _lambda(self, parameters: dict[str, Any], **_: Any) -> dict[str, Any]:
        answer, error = self._call(json.loads(parameters["Payload"]))
        if error:
            return {"FunctionError": "Unhandled", "Payload": {"errorType": error}}
        return {"StatusCode": 200, "Payload": answer}

    def _token(self, endpoint: CallbackEndpoint, timeout: float | None = None) -> Any:
        answer = self.redeemed(endpoint.callback_id)
        if answer is not None:
            output = json.dumps(answer)
            self.client.send_task_success(taskToken=endpoint.callback_id, output=output)
        return endpoint.get_outcome()

    def _wait(self, seconds: int) -> None:
        self.slept_until(format_instant(EPOCH + real.timedelta(seconds=seconds)))


class _From1970(real.datetime):
    """A clock that stands at the epoch: seconds to wait are an instant then."""

    @classmethod
    def now(cls, tz: real.tzinfo | None = None) -> "_From1970":
        return cls(1970, 1, 1, tzinfo=tz)


class OnMinistack(Foreign):
    """In the emulator of the local stack, mended as it is mended there."""

    def _execute(self, definition: str, data: str) -> str:
        with self._seams():
            machine = _asked(
                emulator._create_state_machine(
                    {"name": NAME, "definition": definition, "roleArn": ROLE}
                )
            )["stateMachineArn"]
            try:
                request = {"stateMachineArn": machine, "name": NAME, "input": data}
                arn = _asked(emulator._start_execution(request))["executionArn"]
                execution = emulator._executions.pop(arn)
            finally:
                _asked(emulator._delete_state_machine({"stateMachineArn": machine}))
        self.entered += [
            event["stateEnteredEventDetails"]["name"]
            for event in execution["events"]
            if event["type"].endswith("StateEntered")
        ]
        return str(execution["status"])

    @contextmanager
    def _seams(self) -> Iterator[None]:
        ours = {
            "_call_lambda": self._lambda,
            "_resolve_lambda_function_ref": lambda value, optimized: value,
            "_sleep_until": self.slept_until,
            "_emit_execution_status_event": lambda execution: None,
            "threading": SimpleNamespace(Thread=_AtOnce, Event=_NoTime),
            "time": SimpleNamespace(sleep=lambda seconds: None, time=time.time),
            # Named so that all is put back at the end.
            "_invoke_with_callback": emulator._invoke_with_callback,
        }
        with patch.multiple(emulator, **ours), patch.object(emulator.logger, "disabled", True):
            fail_callback_tasks(emulator)
            yield

    def _lambda(self, name: str, payload: dict[str, Any]) -> Any:
        answer, error = self._call(payload)
        if error:
            raise emulator._ExecutionError(error, json.dumps({"errorType": error}))
        if token := payload.get("task_token"):
            redeemed = self.redeemed(token)
            if redeemed is not None:
                emulator._send_task_success({"taskToken": token, "output": json.dumps(redeemed)})
        return answer


class _AtOnce:
    """A thread that has run when it is started."""

    def __init__(self, target: Callable[..., Any], args: tuple[Any, ...], daemon: bool) -> None:
        self._run = lambda: target(*args)

    def start(self) -> None:
        self._run()


class _NoTime(threading.Event):
    """An event for which nobody waits: what has not happened by now comes too late."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


def _asked(answer: tuple[int, dict[str, str], bytes]) -> dict[str, Any]:
    status, _, body = answer
    assert status < 300, body
    data: dict[str, Any] = json.loads(body) if body else {}
    return data
