"""What emails cost and take, from the queue to SES and back as "delivered".

Marketing emails of one journey, in the batches in which Lambda gets them: each is decided on,
claimed, rendered, dressed with its signed links, handed to SES and settled; then SES says that it
was delivered, and the stream brings all of it to update_tags. AWS answers from another process, so
only the functions' own processor time is counted. Lambda bills waiting as well: two percent of the
SES bill are 0.15 GB-seconds an email, of which 300 ms could be waited. Beside it stands the least
that a sender could do: one call of SES for each email, by the same client in the same run.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from typing import Any, Final

from benchmarks.emulated_aws import EmulatedAws, administrate
from benchmarks.journey_use import JourneyUse
from benchmarks.journeys import ENTRY, MEMORY_GB
from benchmarks.meter import Meter, price
from shared.aws import keys
from shared.aws.items import from_item
from shared.aws.session import client_without_retries

PEOPLE: Final = 200
BATCH: Final = 5  # as `infra/stacks/journeying.py` feeds the function
FEEDBACK_BATCH: Final = 10
BUDGET_SHARE: Final = 0.02  # of the SES bill
_DELETE_AND_RECEIVE: Final = 2  # requests by which Lambda takes a batch
_COMPUTING: Final = ("lambda_gb_second_arm64", "lambda_request")
_SHAPE: Final = "letter"
_CLOCK: Final = "due_index"
_LETTER: Final = {
    "channel": "email",
    "template_id": "letter",
    "subject": 'News for {{ profile.email | default: "you" }}',
    "html": "<h1>News</h1>"
    + "".join(f'<p>Offer {n}: <a href="https://shop.example/{n}">look</a></p>' for n in range(10))
    + '<p><a href="{{ links.unsubscribe }}">Leave</a></p>',
}


@dataclass(frozen=True, kw_only=True)
class Dispatched:
    """What emails take; `bare` is the processor time of one call of SES and nothing else.

    `usd_by_price` is for a million emails, delivery included; `cpu_us` are those of one email.
    """

    emails: int
    per_second: int
    cpu_us: dict[str, float]
    bare_cpu_us: float
    usd_per_million: float
    usd_by_price: dict[str, float]
    compute_share: float
    budget_share: float = BUDGET_SHARE


class MessageBench(JourneyUse):
    """Lets people into a journey that writes to them, and hears what becomes of it."""

    def measure(self) -> Dispatched:
        """What the emails took; raises AssertionError when one was not sent or not heard of."""
        self._handles["record_feedback"] = import_module("functions.record_feedback.handler").handle
        self.enter(f"{_CLOCK} {_SHAPE}", PEOPLE)
        records = [record for batch in self._aws.drain("messages") for record in batch]
        first, rest = records[:FEEDBACK_BATCH], records[FEEDBACK_BATCH:]
        self._send_and_hear(first)  # opens what is opened once
        self._meter.reset()
        self._cpu.clear()
        self._send_and_hear(rest)
        units = self._meter.units
        if units["ses_message"] != len(rest):
            raise AssertionError(f"{units['ses_message']} of {len(rest)} emails were sent")
        units["lambda_gb_second_arm64"] += sum(self._cpu.values()) * MEMORY_GB
        scale = 1_000_000 / len(rest)
        usd = {name: round(n * price(name) * scale, 3) for name, n in sorted(units.items())}
        computing = sum(usd[name] for name in _COMPUTING)
        return Dispatched(
            emails=len(rest),
            per_second=round(len(rest) / self._cpu["dispatch_message"]),
            cpu_us={name: round(s / len(rest) * 1e6, 1) for name, s in self._cpu.items()},
            bare_cpu_us=_bare(),
            usd_per_million=round(sum(usd.values()), 2),
            usd_by_price=usd,
            compute_share=round(computing / usd["ses_message"], 5),
        )

    def _send_and_hear(self, records: list[dict[str, str]]) -> None:
        self._in_batches("dispatch_message", records, BATCH)
        self._hear_of_it()
        ids = [json.loads(record["body"])["message"]["profile_id"] for record in records]
        reports = [
            {"messageId": one, "body": _delivered(ref)} for one in ids for ref in self._refs(one)
        ]
        self._meter.units["sqs_request_64kb"] += len(reports)  # EventBridge sends each
        self._in_batches("record_feedback", reports, FEEDBACK_BATCH)
        self._hear_of_it()
        if len(reports) != len(records):
            raise AssertionError(f"{len(reports)} messages of {len(records)}")

    def _in_batches(self, function: str, records: list[dict[str, str]], size: int) -> None:
        for first in range(0, len(records), size):
            self._meter.units["sqs_request_64kb"] += _DELETE_AND_RECEIVE
            self._call(function, {"Records": records[first : first + size]})

    def _refs(self, profile_id: str) -> Iterator[tuple[str, str]]:
        """(profile, message) of what was sent to somebody."""
        values = {":pk": {"S": keys.person("default", profile_id)}}
        rows = self._aws.client("dynamodb").query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :sk)",
            ExpressionAttributeValues={**values, ":sk": {"S": keys.MESSAGE_PREFIX}},
        )["Items"]
        for row in map(from_item, rows):
            yield profile_id, row["sk"].removeprefix(keys.MESSAGE_PREFIX)


def measure(aws: EmulatedAws, meter: Meter) -> Dispatched:
    """Let people into the journey, dispatch what it asks for, and hear that it was delivered."""
    bench = MessageBench(aws, meter)
    _publish()
    return bench.measure()


def _delivered(ref: tuple[str, str]) -> str:
    """What SES says of a message, as EventBridge puts it into the queue."""
    profile_id, message_id = ref
    at = datetime.now(UTC).isoformat()
    tags = {"workspace_id": ["default"], "profile_id": [profile_id], "message_id": [message_id]}
    detail = {
        "eventType": "Delivery",
        "mail": {"timestamp": at, "messageId": f"ses-{message_id}", "tags": tags},
        "delivery": {"timestamp": at, "recipients": []},
    }
    return json.dumps({"source": "aws.ses", "detail": detail})


def _publish() -> None:
    admin = import_module("functions.manage_workspace.handler").handle
    settings = {"email_from": "a@example.com", "consent_required": []}
    administrate(admin, "PUT", "/settings", settings)
    administrate(admin, "PUT", "/templates/letter", _LETTER)
    journey: dict[str, Any] = {
        "journey_id": "letter",
        "title": "A letter",
        "purpose": "marketing",
        "clock": _CLOCK,
        "entry": {"type": "event", "event": f"{ENTRY} {_CLOCK} {_SHAPE}", "max_age": "P30D"},
        "steps": [{"type": "send", "name": "letter", "template_id": "letter"}],
    }
    administrate(admin, "PUT", "/journeys/letter", journey)
    administrate(admin, "POST", "/journeys/letter/publish", {})


def _bare() -> float:
    """Microseconds of one email by SES alone."""
    ses = client_without_retries("sesv2")
    html = {"Data": _LETTER["html"], "Charset": "UTF-8"}
    content = {"Simple": {"Subject": {"Data": "News"}, "Body": {"Html": html}}}
    start = time.process_time()
    for n in range(PEOPLE):
        ses.send_email(
            FromEmailAddress="a@example.com",
            Destination={"ToAddresses": [f"{n}@example.com"]},
            Content=content,
        )
    return round((time.process_time() - start) / PEOPLE * 1e6, 1)
