"""Writes rows to the lake through Firehose, many to a record, each confirmed."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import Any, Final

from shared.aws.faults import faults_are_transient
from shared.domain.lake.rows import Row, line, pack
from shared.errors import TransientError

MAX_CALL_RECORDS: Final = 500
MAX_CALL_BYTES: Final = 4 * 1024 * 1024
# Records that a call reports as failed are sent again after these seconds.
PAUSES_SECONDS: Final = (0.2, 0.8)


class LakeStream:
    """One delivery stream, which leads to one table."""

    def __init__(
        self, client: Any, stream: str, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """`client` is a low-level Firehose client; `pause` waits between two attempts."""
        self._client = client
        self._stream = stream
        self._pause = pause

    def write(self, rows: Iterable[Row]) -> None:
        """Write rows, in as few records as they fit in.

        When this returns, Firehose has all of them and delivers them within minutes. Raises
        TransientError when it does not have some; others may be on their way by then, so readers
        must not mind a repetition.
        """
        for call in _calls(pack(line(row) for row in rows)):
            self._put_all(call)

    def _put_all(self, records: Sequence[bytes]) -> None:
        for attempt in count():
            records = self._put_once(records)
            if not records:
                return
            if attempt == len(PAUSES_SECONDS):
                raise TransientError("the lake did not take everything", hint="write it again")
            self._pause(PAUSES_SECONDS[attempt])

    def _put_once(self, records: Sequence[bytes]) -> list[bytes]:
        """The records that Firehose did not take; it answers for each in their order."""
        with faults_are_transient():  # the client has tried several times already
            answer = self._client.put_record_batch(
                DeliveryStreamName=self._stream, Records=[{"Data": record} for record in records]
            )
        results = zip(records, answer["RequestResponses"], strict=True)
        return [record for record, result in results if "RecordId" not in result]


def _calls(records: Iterable[bytes]) -> Iterator[list[bytes]]:
    call: list[bytes] = []
    filled = 0
    for record in records:
        if call and (len(call) == MAX_CALL_RECORDS or filled + len(record) > MAX_CALL_BYTES):
            yield call
            call, filled = [], 0
        call.append(record)
        filled += len(record)
    if call:
        yield call
