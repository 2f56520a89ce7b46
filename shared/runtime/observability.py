"""Structured logs and metrics; what may be logged is passed by name, never a whole payload."""

import logging
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit

from shared.errors import RapportError

NAMESPACE = "Rapport"

LOGGED = frozenset(
    {
        # where in the code, which error, what became of it
        *("at", "cause", "error", "status", "reason", "reasons", "answer"),
        *("action", "stage", "step", "task", "kind", "channel", "provider"),
        # names of deliveries and requests, which AWS gives
        *("sqs_message_id", "sequence_number", "correlation_id", "correlation_ids"),
        # ids and names that we or operators made
        *("audience_id", "backtest_id", "broadcast_id", "definition_id", "enrolment_id"),
        *("erasure_id", "export_id", "import_id", "journey_id", "message_id", "profile_id"),
        *("replay_id", "review_id", "workspace_id"),
        # numbers
        *("accepted", "build", "members", "people", "tags"),
        # what a task of a build has done
        *("batches", "bucket", "counts", "differences", "key", "late_at", "superseded"),
    }
)
"""What a log line may say beside a sentence of ours; anything else is left out of it.

Whoever adds a field here has looked at what it can hold. `message_id` is that of a message of ours,
and never that of an event, which a client chooses.
"""


class _Formatter(LambdaPowertoolsFormatter):
    """Writes the fields of `LOGGED`, and of an exception its name and place, never its text.

    The text of an exception can hold what it was raised about, such as a value that is no date;
    and what is in a log cannot be taken out of it again when a person is erased.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The line, without the fields that are not allowed; it says which they were."""
        given = vars(record)
        if refused := given.keys() - _KNOWN:
            allowed = {name: value for name, value in given.items() if name in _KNOWN}
            record = logging.makeLogRecord({**allowed, "left_out": sorted(refused)})
        return super().format(record)

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802 - as logging has it
        """Each error of the chain, the last one first."""
        told: list[str] = []
        error: BaseException | None = ei[1]
        while error and len(told) < _MOST_CAUSES:
            # An error of AWS carries a code, such as AccessDenied, which says more than its class.
            code = (getattr(error, "response", None) or {}).get("Error", {}).get("Code", "")
            name = f"{type(error).__name__}[{code}]" if code else type(error).__name__
            told.append(f"{name} at {place(error.__traceback__)}")
            error = error.__cause__ or error.__context__
        return "; because of ".join(told)


_MOST_CAUSES = 5
# What every record has; a line shows of it what the format says, and its own fields.
_KNOWN = LOGGED | vars(logging.makeLogRecord({})).keys() | {"message", "asctime"}


def place(trace: TracebackType | None) -> str:
    """Where something was raised, innermost last: `handler.py:31 > usecase.py:80`."""
    places: list[str] = []
    while trace:
        places.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return " > ".join(places)


def wordless(error: Exception) -> Exception:
    """An error of the same name without its text, for whatever is written where nobody erases.

    That is what Lambda and Step Functions do with an error that a function raises.
    """
    if isinstance(error, RapportError):
        return type(error)("the log says where")
    named: type[Exception] = type(type(error).__name__, (Exception,), {})
    return named()


def logger(service: str) -> Logger:
    """A JSON logger that adds the request id; bodies and identifiers are never logged."""
    return Logger(
        service=service,
        log_uncaught_exceptions=False,
        logger_formatter=_Formatter(serialize_stacktrace=False),
    )


class ApplyingLog:
    """What the log hears from applying events: never whose they are."""

    def __init__(self, log: Logger) -> None:
        self._log = log

    def failed(self, error: Exception) -> None:
        """Something did not work and will be tried again."""
        self._log.error("events failed", exc_info=error, extra={"error": type(error).__name__})

    def traits_refused(self, reasons: Sequence[str]) -> None:
        """Traits found no room."""
        self._log.warning("traits refused", extra={"reasons": list(reasons)})


def metrics(service: str) -> Metrics:
    """CloudWatch metrics in the embedded format; `flush` writes them."""
    return Metrics(namespace=NAMESPACE, service=service)


def count(sink: Metrics, name: str, value: int) -> None:
    """Add a count; zero is left out so that idle functions write nothing."""
    if value:
        sink.add_metric(name=name, unit=MetricUnit.Count, value=value)


def longest(sink: Metrics, name: str, seconds: int) -> None:
    """Add a time; zero is left out, as with counts."""
    if seconds > 0:
        sink.add_metric(name=name, unit=MetricUnit.Seconds, value=seconds)


def flush(sink: Metrics) -> None:
    """Write what was counted since the last time; nothing when nothing was."""
    if sink.metric_set:
        sink.flush_metrics()
