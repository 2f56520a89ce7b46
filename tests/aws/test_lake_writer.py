"""Firehose has everything when a write returns, in few records; the rest is sent again."""

import json

import pytest
from botocore.exceptions import ClientError

from shared.aws.lake_writer import MAX_CALL_RECORDS, PAUSES_SECONDS, LakeStream
from shared.errors import TransientError


class Firehose:
    """Refuses the records whose number, counted over all calls, is in `refuses`."""

    def __init__(self, refuses=()):
        self.refuses = set(refuses)
        self.calls = []
        self.seen = 0

    def put_record_batch(self, DeliveryStreamName, Records):  # noqa: N803
        self.calls.append([record["Data"] for record in Records])
        answers = []
        for _ in Records:
            refused = self.seen in self.refuses
            answers.append({"ErrorCode": "Busy"} if refused else {"RecordId": str(self.seen)})
            self.seen += 1
        return {"RequestResponses": answers, "FailedPutCount": 1}


def rows(number, size=10):
    return [{"strand_id": str(n), "properties": "x" * size} for n in range(number)]


def taken(calls):
    return [json.loads(line) for call in calls for record in call for line in record.splitlines()]


def test_many_rows_share_a_record():
    firehose = Firehose()
    LakeStream(firehose, "events").write(rows(1_000))
    assert [len(call) for call in firehose.calls] == [1]
    assert taken(firehose.calls) == rows(1_000)


def test_nothing_to_write_is_no_call():
    firehose = Firehose()
    LakeStream(firehose, "events").write([])
    assert firehose.calls == []


def test_a_call_stays_below_four_megabytes():
    firehose = Firehose()
    LakeStream(firehose, "events").write(rows(10, 800 * 1024))
    assert [len(call) for call in firehose.calls] == [5, 5]
    assert max(map(len, firehose.calls)) <= MAX_CALL_RECORDS


def test_only_what_was_refused_is_sent_again():
    firehose, pauses = Firehose(refuses={1}), []
    LakeStream(firehose, "events", pauses.append).write(rows(3, 800 * 1024))
    assert [len(call) for call in firehose.calls] == [3, 1]
    assert firehose.calls[1] == [firehose.calls[0][1]]
    assert pauses == [PAUSES_SECONDS[0]]


def test_what_firehose_keeps_refusing_is_told():
    firehose = Firehose(refuses=range(10))
    with pytest.raises(TransientError, match="the lake did not take everything"):
        LakeStream(firehose, "events", lambda _: None).write(rows(1))
    assert len(firehose.calls) == 1 + len(PAUSES_SECONDS)


def test_a_busy_firehose_is_a_transient_fault_and_a_missing_right_is_not():
    class Broken:
        def __init__(self, code, status):
            self.answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}

        def put_record_batch(self, **_):
            raise ClientError(self.answer, "PutRecordBatch")

    with pytest.raises(TransientError):
        LakeStream(Broken("ServiceUnavailableException", 503), "events").write(rows(1))
    with pytest.raises(ClientError):
        LakeStream(Broken("AccessDeniedException", 400), "events").write(rows(1))
