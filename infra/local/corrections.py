"""Where the emulator differs from AWS in a way that product code would notice, and the mending.

Product code has no local branch, so what matters is mended here, in the emulator's own process.
Each correction names what AWS does; `tests/scenarios/test_local_stack.py` watches them, so that a
new release of the emulator that needs one no more is noticed.
"""

import importlib
import io
import re
import sys
import threading
import zipfile
from collections.abc import Callable
from contextvars import ContextVar
from email.utils import parseaddr
from functools import partialmethod, wraps
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from infra.local import (
    alarm_corrections,
    lake_corrections,
    long_partitions,
    mail_corrections,
    row_permissions,
)

TRACE_HEAD: Final = "Traceback (most recent call last):\n"
_UNNAMED_ERROR: Final = "Runtime.HandlerError"
_EXCEPTION_LINE: Final = re.compile(r"^(?:[\w<>]+\.)*(?P<name>\w+)(?::|$)", re.MULTILINE)


def apply(*, copies: int, shared_layers: Path) -> None:
    """Mend the emulator in this process, before it serves its first request."""
    functions = importlib.import_module("ministack.services.lambda_svc")
    workers = importlib.import_module("ministack.core.lambda_runtime")
    machines = importlib.import_module("ministack.services.stepfunctions")
    gateway = importlib.import_module("ministack.services.apigateway")
    actions = importlib.import_module("ministack.core.iam_actions")
    permissions = importlib.import_module("ministack.core.iam_evaluator")
    provisioners = importlib.import_module("ministack.services.cloudformation.provisioners")
    athena = importlib.import_module("ministack.services.athena")
    glue = importlib.import_module("ministack.services.glue")
    firehose = importlib.import_module("ministack.services.firehose")
    dynamodb = importlib.import_module("ministack.services.dynamodb")
    mail = importlib.import_module("ministack.services.ses_v2")
    buses = importlib.import_module("ministack.services.eventbridge")
    queue_invocations(functions, copies)
    name_errors(functions)
    fail_callback_tasks(machines)
    time_out_by_path(machines)
    keep_binary_bodies(gateway)
    read_cors_of_templates(gateway)
    refer_to_secrets_by_arn(provisioners)
    count_loopback_as_secure(permissions)
    judge_queue_batches_as_single(actions)
    judge_mail_by_its_sender(actions)
    judge_map_runs_by_their_arn(actions)
    unpack_layers_once(functions, shared_layers)
    stop_waiting_for_silence(workers)
    lake_corrections.apply(athena, glue, firehose, actions)
    long_partitions.apply(dynamodb)
    mail_corrections.apply(mail, buses)
    alarm_corrections.apply(provisioners)
    row_permissions.apply(actions, permissions)


def queue_invocations(functions: ModuleType, copies: int) -> None:
    """Let at most `copies` of each function run at once; further calls wait for their turn.

    AWS runs a thousand at once. Here each one is a process of this machine, and a burst would stall
    it. Each function has a line of its own, so that a crowd of journeys keeps nobody else waiting.
    Waiting is safe: only the admin API waits for another function, which itself waits for none.
    """
    lines: dict[str, threading.Semaphore] = {}
    dispatch: Callable[..., Any] = functions._execute_function_dispatch

    @wraps(dispatch)
    def in_turn(function: Any, config: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        with lines.setdefault(config["FunctionName"], threading.Semaphore(copies)):
            return dispatch(function, config, *args, **kwargs)

    functions.__dict__["_execute_function_dispatch"] = in_turn


def name_errors(functions: ModuleType) -> None:
    """Report the class of an exception as AWS does, so that Retry and Catch by name work."""
    execute: Callable[..., Any] = functions._execute_function_warm

    @wraps(execute)
    def named(*args: Any, **kwargs: Any) -> Any:
        result = execute(*args, **kwargs)
        body = result.get("body")
        if isinstance(body, dict) and body.get("errorType") == _UNNAMED_ERROR:
            body["errorType"] = exception_name(result.get("log", "")) or _UNNAMED_ERROR
        return result

    functions.__dict__["_execute_function_warm"] = named


def exception_name(log: str) -> str | None:
    """The class name of the exception whose traceback ends a log; None when there is none."""
    _, found, frames = log.rpartition(TRACE_HEAD)
    last_line = _EXCEPTION_LINE.search(frames) if found else None
    return last_line["name"] if last_line else None


def fail_callback_tasks(machines: ModuleType) -> None:
    """Fail a task that waits for its token when the function that was handed the token fails.

    The emulator drops that error and waits for the time-out; on AWS the task fails at once, and its
    Retry and Catch apply.
    """
    call: Callable[..., Any] = machines._call_lambda
    wait: Callable[..., Any] = machines._invoke_with_callback
    here = threading.local()

    @wraps(call)
    def call_and_tell(*args: Any, **kwargs: Any) -> Any:
        try:
            return call(*args, **kwargs)
        except machines._ExecutionError as error:
            task = machines._task_tokens.get(getattr(here, "token", None))
            if task is not None and not task["event"].is_set():
                task["error"] = {"Error": error.error, "Cause": error.cause}
                task["event"].set()
            raise

    @wraps(wait)
    def wait_with_token(resource: Any, payload: Any, token: str, state: Any) -> Any:
        here.token = token
        try:
            return wait(resource, payload, token, state)
        finally:
            here.token = None

    machines.__dict__["_call_lambda"] = call_and_tell
    machines.__dict__["_invoke_with_callback"] = wait_with_token


def time_out_by_path(machines: ModuleType) -> None:
    """Let a Task last as long as its input says, by `TimeoutSecondsPath`.

    The emulator knows `TimeoutSeconds` alone, and would wait for a token for a day.
    """
    execute: Callable[..., Any] = machines._execute_task

    @wraps(execute)
    def execute_in_time(state: dict[str, Any], given: Any, *more: Any) -> Any:
        if path := state.get("TimeoutSecondsPath"):
            state = {**state, "TimeoutSeconds": machines._resolve_path(path, given)}
        return execute(state, given, *more)

    machines.__dict__["_execute_task"] = execute_in_time


def keep_binary_bodies(gateway: ModuleType) -> None:
    """Hand over bytes that are no text in base64, whatever the content type says.

    SDKs label gzip as JSON; decoding that as text, as the emulator does, destroys it.
    """
    is_text: Callable[[str | None], bool] = gateway._v2_request_body_is_text
    invoke: Callable[..., Any] = gateway._invoke_lambda_proxy
    binary: ContextVar[bool] = ContextVar("binary", default=False)

    async def noting(
        integration: Any, api: Any, stage: Any, path: Any, method: Any, headers: Any, body: bytes,
        *args: Any, **kwargs: Any,
    ) -> Any:  # fmt: skip
        binary.set(not _is_utf8(body))
        return await invoke(integration, api, stage, path, method, headers, body, *args, **kwargs)

    gateway.__dict__["_v2_request_body_is_text"] = lambda kind: not binary.get() and is_text(kind)
    gateway.__dict__["_invoke_lambda_proxy"] = noting


def read_cors_of_templates(gateway: ModuleType) -> None:
    """Read the CORS settings of templates, which write the names of fields in upper case."""
    for name in ("_cors_preflight_response", "_cors_response_headers"):
        original: Callable[[dict[str, Any], str], Any] = gateway.__dict__[name]

        def read(
            settings: dict[str, Any],
            origin: str,
            original: Callable[[dict[str, Any], str], Any] = original,
        ) -> Any:
            return original({key[:1].lower() + key[1:]: settings[key] for key in settings}, origin)

        gateway.__dict__[name] = wraps(original)(read)


def refer_to_secrets_by_arn(provisioners: ModuleType) -> None:
    """Let a template's reference to a secret be its ARN, which policies and settings hold."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    create: Callable[..., tuple[str, dict[str, str]]] = handlers["create"]

    @wraps(create)
    def create_and_name(*args: Any, **kwargs: Any) -> tuple[str, dict[str, str]]:
        _, attributes = create(*args, **kwargs)
        return attributes["Arn"], attributes

    handlers["create"] = create_and_name


def count_loopback_as_secure(permissions: ModuleType) -> None:
    """Take a call over the loopback interface for one over TLS, which our queues insist on."""
    resolve: Callable[..., Any] = permissions._resolve_condition_key

    @wraps(resolve)
    def resolve_secured(key: str, context: Any) -> Any:
        return "true" if key.lower() == "aws:securetransport" else resolve(key, context)

    permissions.__dict__["_resolve_condition_key"] = resolve_secured


def judge_queue_batches_as_single(actions: ModuleType) -> None:
    """Allow a batch to whoever may send or delete one message, as SQS does."""
    extract: Callable[..., str | None] = actions.extract_iam_action

    @wraps(extract)
    def extract_single(*args: Any, **kwargs: Any) -> str | None:
        action = extract(*args, **kwargs)
        if action is None or not action.startswith("sqs:"):
            return action
        return action.removesuffix("Batch")

    actions.__dict__["extract_iam_action"] = extract_single


def judge_mail_by_its_sender(actions: ModuleType) -> None:
    """Allow or deny mail for the identity that it is sent as, not for everything."""
    resource: Callable[[str, str, bytes, str, str], str] = actions._ses_v2_resource_arn

    @wraps(resource)
    def resource_or_sender(method: str, path: str, body: bytes, region: str, account: str) -> str:
        if not path.endswith("/outbound-emails"):
            return resource(method, path, body, region, account)
        _, sender = parseaddr(actions._safe_json_field(body, "FromEmailAddress"))
        return f"arn:aws:ses:{region}:{account}:identity/{sender}"

    actions.__dict__["_ses_v2_resource_arn"] = resource_or_sender


def judge_map_runs_by_their_arn(actions: ModuleType) -> None:
    """Allow looking at a Map Run to whoever may, not only to those who may look at everything."""
    extract: Callable[..., str] = actions.extract_resource_arn

    @wraps(extract)
    def extract_map_run(
        service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any
    ) -> str:
        named = actions._safe_json_field(body, "mapRunArn") if service == "states" else None
        return named or extract(service, method, path, headers, body, *rest)

    actions.__dict__["extract_resource_arn"] = extract_map_run


def unpack_layers_once(functions: ModuleType, folder: Path) -> None:
    """Unpack a layer once for all processes, where the emulator unpacks it for each.

    What a process gets instead is a layer with one line that puts the unpacked one on its path.
    """
    resolve: Callable[..., bytes | None] = functions._resolve_layer_zip
    lock = threading.Lock()

    @wraps(resolve)
    def resolve_shared(attachment: Any) -> bytes | None:
        layer = resolve(attachment)
        if layer is None:
            return None
        home = folder / sha256(layer).hexdigest()[:16]
        with lock:
            if not home.exists():
                with zipfile.ZipFile(io.BytesIO(layer)) as archive:
                    archive.extractall(home)
        return _signpost(home / "python")

    functions.__dict__["_resolve_layer_zip"] = resolve_shared


def stop_waiting_for_silence(workers: ModuleType) -> None:
    """Do not hold a process for 50 ms after each invocation that logged nothing."""
    workers.Worker._drain_stderr_bounded = partialmethod(
        workers.Worker._drain_stderr_bounded, first_line_wait=0.005
    )


def _signpost(python: Path) -> bytes:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            f"python/lib/{version}/site-packages/layer.pth",
            f"import sys; sys.path.insert(0, {str(python)!r})\n",
        )
    return buffer.getvalue()


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True
