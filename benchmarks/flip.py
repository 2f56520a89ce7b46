"""From an event to a message: processor time of everything that one event sets going, alone.

Each of some people puts something into a cart. That flips a segment, on which a journey waits, and
the journey writes an email: accepted, applied, judged, entered, decided, claimed and sent. Nothing
is shared with another event: every function is called for this one alone.
"""

import json
import time
from collections import Counter
from importlib import import_module
from typing import Any, Final

from benchmarks import bare
from benchmarks.emulated_aws import EmulatedAws, administrate
from benchmarks.meter import Meter
from benchmarks.spine import CATALOG_TTL_SECONDS, Spine

PEOPLE: Final = 20
_WARM: Final = 3  # who come first, so that everything is open
_EVENT: Final = "flip"
_CALL: Final = "decode and dynamodb:PutItem"
_DEFINED: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("PUT", "/settings", {"email_from": "a@example.com", "consent_required": []}),
    (
        "PUT",
        "/segments/flip",
        {
            "segment_id": "flip",
            "title": "Flip",
            "condition": {"type": "event", "event": _EVENT, "within_days": 30},
        },
    ),
    (
        "PUT",
        "/journeys/flip",
        {
            "journey_id": "flip",
            "title": "Flip",
            "purpose": "transactional",
            "clock": "due_index",
            "entry": {"type": "segment", "segment_id": "flip"},
            "steps": [{"type": "send", "name": "remind", "template_id": "cart"}],
        },
    ),
    ("POST", "/journeys/flip/publish", {}),
)


class Flip(Spine):
    """The functions from HTTP to SES."""

    def __init__(self, aws: EmulatedAws, meter: Meter) -> None:
        """Define the segment and the journey."""
        super().__init__(aws, meter)
        self.calls: Counter[str] = Counter()
        for name in ("advance_journeys", "dispatch_message"):
            self.handles[name] = import_module(f"functions.{name}.handler").handle
        for method, path, body in _DEFINED:
            administrate(self.handles["manage_workspace"], method, path, body)

    def measure(self) -> dict[str, Any]:
        """Milliseconds an event in each function; raises AssertionError if one brings no email."""
        people = [f"flip-{n}" for n in range(PEOPLE + _WARM)]
        for person in people:
            self._all_the_way(
                {"type": "identify", "traits": {"email": f"{person}@example.com"}}, person
            )
        for person in people[:_WARM]:
            self._all_the_way({"type": "track", "event": _EVENT}, person)
        self.meter.reset()
        self.cpu.clear()
        self.calls.clear()
        for person in people[_WARM:]:
            self._all_the_way({"type": "track", "event": _EVENT}, person)
        if self.meter.units["ses_message"] != PEOPLE:
            raise AssertionError(f"{self.meter.units['ses_message']} of {PEOPLE} were written to")
        found = {name: round(s / PEOPLE * 1e3, 2) for name, s in self.cpu.items()}
        return {
            "people": PEOPLE,
            "ms": found,
            "cpu_ms": round(sum(self.cpu.values()) / PEOPLE * 1e3, 1),
            "calls": round(sum(self.calls.values()) / PEOPLE, 1),
            "bare_call_ms": round(bare.cpu_us_per_call(self.aws)[_CALL] / 1e3, 2),
        }

    def _all_the_way(self, event: dict[str, Any], person: str) -> None:
        told = {**event, "userId": person, "messageId": f"{event['type']}-{person}"}
        self._post(json.dumps({"batch": [told]}).encode(), 1)
        self._merge()
        self._hear()
        for records in self.aws.drain("messages"):
            self._call("dispatch_message", {"Records": records})
        counted = self.cpu.copy()
        self.calls += self.meter.calls
        self._hear()  # what the message itself brings about: nobody waits for that
        self.cpu = counted
        self.meter.calls.clear()

    def _hear(self) -> None:
        """Bring the stream to update_tags, and what that tells to advance_journeys."""
        self.meter.told.clear()
        self._update(lake=False)
        bodies = [json.dumps({"detail": json.loads(one["Detail"])}) for one in self.meter.told]
        if bodies:
            facts = [{"messageId": str(n), "body": body} for n, body in enumerate(bodies)]
            self._call("advance_journeys", {"Records": facts})


def measure(aws: EmulatedAws, meter: Meter) -> dict[str, Any]:
    """What one event takes."""
    flip = Flip(aws, meter)
    time.sleep(CATALOG_TTL_SECONDS)  # until every function knows what was defined
    return flip.measure()
