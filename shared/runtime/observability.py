"""Structured logs and metrics; what may be logged is passed by name, never a whole payload."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

NAMESPACE = "Rapport"


def logger(service: str) -> Logger:
    """A JSON logger that adds the request id; bodies and identifiers are never logged."""
    return Logger(service=service, log_uncaught_exceptions=False)


def metrics(service: str) -> Metrics:
    """CloudWatch metrics in the embedded format; `flush` writes them."""
    return Metrics(namespace=NAMESPACE, service=service)


def count(sink: Metrics, name: str, value: int) -> None:
    """Add a count; zero is left out so that idle functions write nothing."""
    if value:
        sink.add_metric(name=name, unit=MetricUnit.Count, value=value)


def flush(sink: Metrics) -> None:
    """Write what was counted since the last time; nothing when nothing was."""
    if sink.metric_set:
        sink.flush_metrics()
