"""Partial batches: each record is handled alone, and only those that failed come back."""

from collections.abc import Callable, Iterable
from typing import Any

from aws_lambda_powertools import Logger

from shared.runtime.correlation import correlations_of

BatchResponse = dict[str, list[dict[str, str]]]


def each_message(
    event: dict[str, Any], handle: Callable[[dict[str, Any]], None], log: Logger
) -> BatchResponse:
    """Run `handle` on every SQS record; report those that raised, so that only they are retried."""
    failed: list[str] = []
    for record in event["Records"]:
        try:
            handle(record)
        except Exception as error:
            log.exception(
                "message failed",
                extra={
                    "sqs_message_id": record["messageId"],
                    "error": type(error).__name__,
                    "correlation_ids": correlations_of(record["body"]),
                },
            )
            failed.append(record["messageId"])
    return failures(failed)


def failures(item_identifiers: Iterable[str]) -> BatchResponse:
    """The answer that makes Lambda retry exactly these records."""
    return {"batchItemFailures": [{"itemIdentifier": item} for item in item_identifiers]}
