"""Stream trigger of write_lake: writes a batch to the lake, and raises when Firehose refused some.

Like update_tags it fails the batch as a whole: naming single records would turn a failure into
silent loss wherever the answer is not asked for.
"""

import os
from functools import cache
from typing import Any

from functions.write_lake.settings import Settings
from functions.write_lake.usecase import event_rows, identity_rows
from shared.aws.lake_writer import LakeStream
from shared.aws.session import client
from shared.runtime.observability import count, flush, logger, metrics
from shared.runtime.settings import load

_log = logger("write_lake")
_metrics = metrics("write_lake")


@cache
def _streams() -> tuple[LakeStream, LakeStream]:
    settings = load(Settings, os.environ)
    firehose = client("firehose")
    return LakeStream(firehose, settings.events_stream), LakeStream(
        firehose, settings.identities_stream
    )


@_log.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> None:  # noqa: ARG001
    """Write a batch of the stream; raises TransientError when it must come again."""
    events, identities = _streams()
    # Who is who first: an event whose person is not known yet would show as a person of its own.
    changes = identity_rows(event["Records"])
    identities.write(changes)
    rows = list(event_rows(event["Records"]))
    events.write(rows)
    count(_metrics, "EventsWrittenToLake", len(rows))
    count(_metrics, "IdentitiesWrittenToLake", len(changes))
    flush(_metrics)
