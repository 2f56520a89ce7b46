"""The heaviest work of what hears how people and providers answer to messages."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from benchmarks.emulated_aws import http_request
from benchmarks.heavy_events import LONG
from benchmarks.stage import WORKSPACE, Peak, Stage
from shared.aws import keys
from shared.aws.identity_secret import IdentitySecret
from shared.aws.items import from_item
from shared.domain.feedback.hits import Hit
from shared.domain.messages.dress import path_of
from shared.domain.messages.links import Answer, Click, Meaning, Preferences, Ref, sign

_BATCH: Final = 10  # of record_feedback
_TOPICS: Final = 20
_BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"


def answer_links(stage: Stage) -> Iterator[Peak]:
    """Links of somebody with a long history: the page with most to choose, saved, and an answer."""
    topics = [{"topic": f"topic-{n}", "title": "x" * 100} for n in range(_TOPICS)]
    settings = stage.ask("GET", "/settings")["settings"]
    more = {"preference_topics": topics, "tracking": True}
    stage.ask("PUT", "/settings", {**settings, **more})
    ref = _sent(stage)
    ticked = {f"marketing/topic-{n}@{way}": "1" for n in range(_TOPICS) for way in ("email", "sms")}
    ticked |= {"tracking": "1"}  # what record_feedback hears of
    ran = stage.run(
        "answer_links",
        [
            _asked(stage, ref, Click(0, 1, "https://shop.example/" + "x" * 1_900), "GET"),
            _asked(stage, ref, Preferences(), "GET"),
            _asked(stage, ref, Preferences(), "POST", ticked),
            _asked(stage, ref, Answer("picks", "like"), "POST"),
        ],
    )
    assert [one["statusCode"] for one in ran.answers] == [302, 200, 200, 200], ran.answers
    what = f"a page of {_TOPICS} topics, saved, and an answer"
    yield Peak("answer_links", what, ran.peak_mb)


def record_feedback(stage: Stage) -> Iterator[Peak]:
    """A full batch: clicks, and a bounce in the end."""
    ref, now = _sent(stage), datetime.now(UTC)
    hits = [
        Hit(
            hit_id=f"heavy-{n}",
            workspace_id=ref.workspace_id,
            profile_id=ref.profile_id,
            message_id=ref.message_id,
            kind="click",
            at=now,
            of=1,
            url="https://shop.example/" + "x" * 1_900,
            agent=_BROWSER,
        )
        for n in range(_BATCH - 1)
    ]
    bounce = {"bounceType": "Permanent", "bouncedRecipients": [], "feedbackId": "heavy"}
    ids = {"workspace_id": [WORKSPACE], "profile_id": [ref.profile_id]}
    mail = {"timestamp": now.isoformat(), "messageId": "ses-1"}
    tags = {**ids, "message_id": [ref.message_id]}
    detail = {"eventType": "Bounce", "mail": {**mail, "tags": tags}, "bounce": bounce}
    said = json.dumps({"source": "aws.ses", "detail": detail})
    ran = stage.from_queue("record_feedback", [*(hit.to_body() for hit in hits), said])
    names = [from_item(row)["name"] for row in stage.rows(ref.profile_id, keys.EVENT_PREFIX)]
    heard = [name for name in names if name in ("$message_clicked", "$message_scanned")]
    assert len(heard) == _BATCH - 1, heard
    assert names.count("$message_bounced") == 1
    yield Peak("record_feedback", f"{_BATCH - 1} clicks and a bounce", ran.peak_mb)


def _sent(stage: Stage) -> Ref:
    """A message that went out."""
    strand = stage.strand(LONG)
    rows = map(from_item, stage.rows(strand, keys.MESSAGE_PREFIX))
    sent = next(row for row in rows if row["status"] == "sent")
    return Ref(WORKSPACE, strand, sent["sk"].removeprefix(keys.MESSAGE_PREFIX))


def _asked(
    stage: Stage, ref: Ref, meaning: Meaning, method: str, form: dict[str, str] | None = None
) -> dict[str, Any]:
    secrets = stage.aws.client("secretsmanager")
    arn = secrets.describe_secret(SecretId="identity")["ARN"]
    token = sign(ref, meaning, IdentitySecret(lambda: secrets, arn).key)
    path = f"/{path_of(meaning)}/{token}"
    request = http_request(method, path, urlencode(form or {}).encode(), "")
    request["headers"] |= {"user-agent": _BROWSER}
    return request
