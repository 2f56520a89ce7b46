"""Emails through the whole of dispatch_message: how many a second, and what computing them costs.

Marketing emails of one journey, in the batches in which Lambda gets them: each is decided on,
claimed, rendered, dressed with its signed links, handed to SES and settled. AWS answers from
another process, so only the function's own processor time is counted. Lambda bills waiting as well:
two percent of the SES bill are 0.15 GB-seconds an email, of which 300 ms could be waited. Beside it
stands the least that a sender could do: one call of SES for each email, by the same client in the
same run.
"""

import time
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

from benchmarks.emulated_aws import Context, EmulatedAws, administrate
from benchmarks.journey_use import JourneyUse
from benchmarks.journeys import ENTRY, MEMORY_GB
from benchmarks.meter import Meter, price
from shared.aws.session import client_without_retries

PEOPLE: Final = 200
BATCH: Final = 5  # as `infra/stacks/journeying.py` feeds the function
BUDGET_SHARE: Final = 0.02  # of the SES bill
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
    """What dispatching takes; `bare` is the processor time of one call of SES and nothing else."""

    emails: int
    per_second: int
    cpu_us: float
    bare_cpu_us: float
    compute_usd_per_million: float
    ses_usd_per_million: float

    @property
    def share(self) -> float:
        """Of the SES bill, from 0 to 1."""
        return self.compute_usd_per_million / self.ses_usd_per_million


def measure(aws: EmulatedAws, meter: Meter) -> Dispatched:
    """Let people into the journey, and dispatch what it asks for."""
    bench = JourneyUse(aws, meter)
    _publish()
    bench.enter(f"{_CLOCK} {_SHAPE}", PEOPLE)
    records = [record for batch in aws.drain("messages") for record in batch]
    handle = import_module("functions.dispatch_message.handler").handle
    handle({"Records": records[:BATCH]}, Context())  # opens what is opened once
    rest = records[BATCH:]
    meter.reset()
    start = time.process_time()
    for first in range(0, len(rest), BATCH):
        answer = handle({"Records": rest[first : first + BATCH]}, Context())
        if answer["batchItemFailures"]:
            raise AssertionError(answer)
    seconds = time.process_time() - start
    if meter.units["ses_message"] != len(rest):
        raise AssertionError(f"{meter.units['ses_message']} of {len(rest)} emails were sent")
    invocations = -(-len(rest) // BATCH)
    compute = seconds * MEMORY_GB * price("lambda_gb_second_arm64")
    compute += invocations * price("lambda_request")
    return Dispatched(
        emails=len(rest),
        per_second=round(len(rest) / seconds),
        cpu_us=round(seconds / len(rest) * 1e6, 1),
        bare_cpu_us=_bare(),
        compute_usd_per_million=round(compute / len(rest) * 1e6, 3),
        ses_usd_per_million=price("ses_message") * 1e6,
    )


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
