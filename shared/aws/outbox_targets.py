"""Puts parcels of events where AWS keeps them: a bus of the customer's, or a bucket."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from botocore.exceptions import ClientError

from events.model import SOURCE
from shared.aws.faults import faults_are_transient
from shared.domain.outbound.model import BucketTarget, BusTarget
from shared.domain.outbound.parcels import Parcel
from shared.errors import TransientError

_A_CALL: Final = 10


class OutboxTargets:
    """Every method may be repeated; each raises TransientError when it should be."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        """`client` gives the client of a service; asked when one is needed."""
        self._client = client

    def put_on_bus(self, target: BusTarget, parcel: Parcel) -> None:
        """Put each event on the bus as it is on ours, `event_id` in its detail."""
        entries = [
            {
                "EventBusName": target.arn,
                "Source": SOURCE,
                "DetailType": event["name"],
                "Detail": json.dumps(event, ensure_ascii=False),
            }
            for event in parcel.events
        ]
        for first in range(0, len(entries), _A_CALL):
            with _mendable("the bus"), faults_are_transient():
                answer = self._client("events").put_events(Entries=entries[first : first + _A_CALL])
            if answer["FailedEntryCount"]:
                codes = sorted({each.get("ErrorCode", "") for each in answer["Entries"]} - {""})
                raise TransientError(f"the bus did not take every event: {', '.join(codes)}")

    def write_object(self, target: BucketTarget, parcel: Parcel, now: datetime) -> None:
        """Write one object of JSON lines; the same parcel on the same day is the same object."""
        day = f"day={now:%Y-%m-%d}"
        key = f"{target.prefix}{parcel.destination_id}/{day}/{parcel.key}.jsonl"
        lines = "".join(json.dumps(each, ensure_ascii=False) + "\n" for each in parcel.events)
        with _mendable("the bucket"), faults_are_transient():
            self._client("s3").put_object(
                Bucket=target.bucket,
                Key=key,
                Body=lines.encode(),
                ContentType="application/x-ndjson",
            )


@contextmanager
def _mendable(what: str) -> Iterator[None]:
    """Somebody may mend what AWS refuses here: a missing bucket, a policy that is not there yet."""
    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise TransientError(f"{what} is refused: {code}") from error
