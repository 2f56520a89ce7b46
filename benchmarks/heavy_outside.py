"""The heaviest work of what pages fetch, and of what leaves for other systems."""

import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from benchmarks.emulated_aws import PROFILES, http_request
from benchmarks.heavy_events import LONG
from benchmarks.stage import WORKSPACE, Peak, Stage
from shared.aws.inbox_store import InboxStore
from shared.domain.inbox.model import InboxMessage
from shared.domain.outbound.model import BUCKET_PREFIX
from shared.domain.outbound.parcels import MOST_BYTES, MOST_EVENTS, Parcel

_MESSAGES: Final = 200
_SHOWN: Final = 50  # of these, the most important
_PARCELS: Final = 2  # a batch of forward_events
_BUCKET: Final = f"{BUCKET_PREFIX}bench"


def serve_inbox(stage: Stage) -> Iterator[Peak]:
    """An inbox of very many messages with the longest texts, and the script of pages."""
    (made,) = stage.administrate(("POST", "/write-keys", {"source_id": "pages"})).answers
    user_hash = _user_hash(stage)
    now = datetime.now(UTC)
    first = InboxMessage(
        message_id="heavy",
        channel="inbox",
        headline="x" * 200,
        text="x" * 4_000,
        created_at=now,
        until=now + timedelta(days=1),
    )
    store = InboxStore(stage.aws.client("dynamodb"), PROFILES)
    for number in range(_MESSAGES):
        message = replace(first, message_id=f"heavy-{number}")
        assert store.put(WORKSPACE, stage.strand(LONG), message)
    key = b64encode(f"{made['write_key']}:".encode()).decode()
    inbox = http_request("GET", "/v1/inbox", b"", f"Basic {key}")
    inbox["headers"] |= {"x-user-hash": user_hash}
    inbox |= {"queryStringParameters": {"user_id": LONG}}
    ran = stage.run("serve_inbox", [inbox, http_request("GET", "/widget.js", b"", "")])
    assert len(json.loads(ran.answers[0]["body"])["messages"]) == _SHOWN, ran.answers[0]
    assert ran.answers[1]["statusCode"] == 200
    yield Peak("serve_inbox", f"an inbox of {_MESSAGES} messages of 4 KB", ran.peak_mb)


def forward_events(stage: Stage) -> Iterator[Peak]:
    """A full batch of the largest parcels, for a bucket."""
    s3 = stage.aws.client("s3")
    s3.create_bucket(Bucket=_BUCKET)
    target = {"type": "s3", "bucket": _BUCKET}
    destination = {"destination_id": "heavy", "facts": ["SegmentEntered"], "to": target}
    stage.ask("PUT", "/destinations/heavy", destination)
    size = MOST_BYTES // MOST_EVENTS - 200
    bodies = [
        Parcel(
            WORKSPACE,
            "heavy",
            tuple(
                {
                    "event_id": f"{place}-{number}",
                    "profile_id": stage.strand(LONG),
                    "name": "SegmentEntered",
                    "segment_id": "x" * size,
                }
                for number in range(MOST_EVENTS)
            ),
        ).to_body()
        for place in range(_PARCELS)
    ]
    ran = stage.from_queue("forward_events", bodies)
    assert len(s3.list_objects_v2(Bucket=_BUCKET)["Contents"]) == _PARCELS
    what = f"{_PARCELS} parcels of {MOST_BYTES // 1_000} KB for a bucket"
    yield Peak("forward_events", what, ran.peak_mb)


def _user_hash(stage: Stage) -> str:
    secret = stage.ask("GET", "/identity/user-hash-key")["user_hash_key"]
    return hmac.new(secret.encode(), LONG.encode(), "sha256").hexdigest()
