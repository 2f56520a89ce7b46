"""The heaviest work of what pages fetch, and of what leaves for other systems."""

import hmac
import json
import re
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from benchmarks.emulated_aws import PROFILES, http_request
from benchmarks.heavy_events import LONG
from benchmarks.stage import WORKSPACE, Peak, Stage
from functions.receive_callbacks.usecase import MOST_BYTES as MOST_BYTES_OF_CALLBACK
from shared.aws.inbox_store import InboxStore
from shared.domain.channels.providers import SECRETS_PREFIX
from shared.domain.inbox.model import InboxMessage
from shared.domain.outbound.model import BUCKET_PREFIX
from shared.domain.outbound.parcels import MOST_BYTES, MOST_EVENTS, Parcel
from shared.providers.wechat.crypto import Seal

_MESSAGES: Final = 200
_SHOWN: Final = 50  # of these, the most important
_CALLBACKS: Final = 20
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


def serve_console(stage: Stage) -> Iterator[Peak]:
    """The console's page and all that it loads, packed."""
    page = http_request("GET", "/console", b"", "")
    (shown,) = stage.run("serve_console", [page]).answers
    assert shown["statusCode"] == 200, "`make console` builds what it serves"
    named = re.findall(r'="(console/[^"]+)"', shown["body"])
    loads = [http_request("GET", f"/{name}", b"", "") for name in named]
    for load in loads:
        load["headers"] |= {"accept-encoding": "gzip"}
    ran = stage.run("serve_console", [page, *loads])
    assert [one["statusCode"] for one in ran.answers] == [200] * (len(named) + 1)
    yield Peak("serve_console", "the page with its script and style", ran.peak_mb)


def receive_callbacks(stage: Stage) -> Iterator[Peak]:
    """Sealed callbacks, as large as they are taken."""
    told = {"token": "token", "encoding_aes_key": b64encode(bytes(32)).decode().rstrip("=")}
    secret = stage.aws.client("secretsmanager").create_secret(
        Name=f"{SECRETS_PREFIX}bench", SecretString=json.dumps(told)
    )
    account = {"type": "wechat", "app_id": "wx1", "secret_arn": secret["ARN"]}
    stage.ask("PUT", "/providers/wechat", account)
    seal = Seal.of(told["token"], told["encoding_aes_key"], "wx1")
    now = str(int(time.time()))
    requests = []
    for number in range(_CALLBACKS):
        text = "x" * (MOST_BYTES_OF_CALLBACK * 3 // 4 - 1_000)
        message = (
            f"<xml><FromUserName>o{number}</FromUserName><CreateTime>{now}</CreateTime>"
            f"<MsgType>text</MsgType><MsgId>{number}</MsgId><Content>{text}</Content></xml>"
        )
        sealed, signed = seal.close(message.encode(), bytes(16), now, "n")
        body = f"<xml><Encrypt>{sealed}</Encrypt></xml>".encode()
        request = http_request("POST", "/v1/callbacks/wechat", body, "")
        query = {"timestamp": now, "nonce": "n", "msg_signature": signed}
        requests.append({**request, "queryStringParameters": query})
    ran = stage.run("receive_callbacks", requests)
    assert [answer["statusCode"] for answer in ran.answers] == [200] * _CALLBACKS, ran.answers[0]
    what = f"{_CALLBACKS} sealed callbacks of {MOST_BYTES_OF_CALLBACK // 1_024} KB"
    yield Peak("receive_callbacks", what, ran.peak_mb)


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
