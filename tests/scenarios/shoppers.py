"""The starter playbook on the stack, and shoppers whose pasts come in by HTTP."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx

from cli.apply import apply
from cli.client import AdminClient
from cli.documents import Document, read
from infra.local.stack import LocalStack
from tests.scenarios.admin import Admin, patiently, wait_for_the_day
from tests.scenarios.playbooks import journeys_by_index
from tests.scenarios.two_clocks import BY_INDEX, WORLDS, same_way

PLAYBOOK = Path(__file__).parents[2] / "playbooks" / "starter"
FAST = {"rehearsal": True, "time_scale": 43_200, "email_from": "shop@example.com"}  # a day: 2 s
_SIGNED = re.compile(r"/[a-z]/[\w.~-]{20,}")  # links of a message, which name the message
# Whoever is in it has been judged by everything that came before the event.
ARRIVED = {
    "kind": "segment",
    "segment_id": "acceptance-arrived",
    "title": "Everything has arrived",
    "condition": {"type": "event", "event": "acceptance arrived"},
}


def apply_playbook(admin: Admin) -> None:
    """Put everything of the starter playbook as `rapport apply` does, for a rehearsal.

    Its journeys are there twice, once by each clock.
    """
    documents = [each for file in sorted(PLAYBOOK.glob("*.yaml")) for each in read(file)]
    wanted = [each for each in documents if isinstance(each, Document)]
    assert wanted == documents, "a file of the playbook cannot be read"
    api_url, key = str(admin.http.base_url).removesuffix("/v1/admin/"), admin.key
    wanted += journeys_by_index(wanted)
    applied = list(apply(AdminClient(api_url, key), (d for d in wanted if d.kind != "settings")))
    assert [each for each in applied if each.problems] == []
    admin.apply({"kind": "settings", **FAST}, ARRIVED)


def be_fast(admin: Admin) -> None:
    """Let days be as short as they were: whoever was here since may have made them longer."""
    settings = admin.call("GET", "/settings")["settings"]
    if not FAST.items() <= settings.items():
        admin.apply({"kind": "settings", **settings, **FAST})


class Shop:
    """Sends what people did, and shows what came of it."""

    def __init__(self, stack: LocalStack, admin: Admin, write_key: str) -> None:
        self.stack, self.admin, self.write_key = stack, admin, write_key
        self.mark = f"shop{uuid4().hex[:10]}"
        settings = admin.call("GET", "/settings")["settings"]
        self.zone = ZoneInfo(settings.get("timezone", "UTC"))
        wait_for_the_day(self.zone)
        self.now = datetime.now(UTC)
        self.today = self.now.astimezone(self.zone).date()

    def user(self, name: str) -> str:
        return f"{self.mark}-{name}"

    def email(self, name: str) -> str:
        return f"{self.user(name)}@example.com"

    def on(self, day: date, minute: int = 0) -> datetime:
        """An instant on a natural day, never one that is still to come."""
        at = datetime.combine(day, time(0, 0), self.zone) + timedelta(minutes=minute)
        return min(at.astimezone(UTC), self.now)

    def ago(self, days: int, minute: int = 0) -> datetime:
        """An instant on the natural day so many days before today."""
        return self.on(self.today - timedelta(days=days), minute)

    def come(self, people: Mapping[str, "Past"]) -> None:
        """Send everybody's past and wait until they were judged by the whole of it.

        Each part is judged before the next one is sent: what comes at once may be judged in
        another order, and a part of a past can mean what the whole of it does not.
        """
        parts = {name: self._parts(name, past) for name, past in people.items()}
        for number in range(max(map(len, parts.values()), default=0)):
            for each in parts.values():
                for part in each[number : number + 1]:
                    self._send(part)
            for name, each in parts.items():
                sent = sum(map(len, each[: number + 1]))
                self.admin.until(lambda name=name, sent=sent: self.judged(name) >= sent)
        for name in people:
            self.admin.until(lambda name=name: self.is_in(name, ARRIVED["segment_id"]))

    def _parts(self, name: str, past: "Past") -> list[list[dict[str, Any]]]:
        """Who it is comes first, what was done next, then what else is known, and that is all."""
        who = {
            "type": "identify",
            "traits": {"first_name": name.title(), "email": self.email(name)},
            "context": {"consent": {"categoryPreferences": {"marketing": True}}},
            "timestamp": min([self.now, *(at for at, _, _ in past.events)]).isoformat(),
        }
        did = [
            {"type": "track", "event": event, "timestamp": at.isoformat(), "properties": properties}
            for at, event, properties in past.events
        ]
        now = self.now.isoformat()
        more = {"type": "identify", "traits": past.traits, "timestamp": now}
        arrived = {"type": "track", "event": ARRIVED["condition"]["event"], "timestamp": now}
        told = [
            {**each, "userId": self.user(name), "messageId": f"{self.user(name)}-{number}"}
            for number, each in enumerate([who, *did, more, arrived])
        ]
        lived = told[:-2]
        return [*(lived[start : start + 50] for start in range(0, len(lived), 50)), told[-2:]]

    def _send(self, part: list[dict[str, Any]]) -> None:
        address, key = f"{self.stack.api_url}/v1/batch", (self.write_key, "")
        answer = patiently(lambda: httpx.post(address, json={"batch": part}, auth=key, timeout=60))
        assert answer.json().get("accepted") == len(part), answer.text

    # --- what came of it --------------------------------------------------------------------------

    def judged(self, name: str) -> int:
        """By how many events somebody was judged; 0 before anybody is known."""
        known = self.admin.known("user_id", self.user(name))
        return self.profile(name)["tags"]["events"] if known else 0

    def profile(self, name: str) -> dict[str, Any]:
        return self.admin.profile("user_id", self.user(name), limit="1")

    def membership(self, name: str, segment_id: str) -> dict[str, Any] | None:
        """Where somebody stands in a segment; None without a row, or before anybody is known."""
        asked = {"kind": "user_id", "value": self.user(name), "limit": "1"}
        answer = self.admin.http.get("/profiles", params=asked)
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        rows = answer.raise_for_status().json()["profile"]["memberships"]
        return next((row for row in rows if row["segment_id"] == segment_id), None)

    def is_in(self, name: str, segment_id: str) -> bool:
        row = self.membership(name, segment_id)
        return row is not None and row["member"]

    def members(self, names: Mapping[str, Any], segment_id: str) -> set[str]:
        """Which of these people are in a segment now, as it was judged in real time."""
        return {name for name in names if self.is_in(name, segment_id)}

    def members_by_sql(self, names: Mapping[str, Any], segment_id: str) -> set[str]:
        """The same by the segment's own SQL over the lake."""
        ours = {self.profile(name)["profile_id"]: name for name in names}
        asked = f"/segments/{segment_id}/members?limit=200"
        return {ours[each] for each in self.admin.call("GET", asked)["profile_ids"] if each in ours}

    def because(self, name: str, segment_id: str) -> dict[tuple[str, str], Any]:
        """The facts that decided the last flip: their values by kind and name."""
        row = self.membership(name, segment_id)
        assert row is not None
        return {(fact["about"], fact["name"]): fact.get("value") for fact in row["because"]}

    def tags(self, name: str) -> dict[str, Any]:
        """The values of the tags that somebody has."""
        values = self.profile(name)["tags"]["values"]
        return {each["tag_id"]: each["value"] for each in values}

    def mail(self, name: str) -> list[str]:
        """What SES took for somebody, as text: each is sent by both clocks, and is here once."""
        own, told = ("MessageId", "Timestamp"), []

        def by_both() -> bool:
            found = [each for each in self.stack.emails() if self.email(name) in str(each)]
            told[:] = [
                _SIGNED.sub("/", str({key: each[key] for key in each if key not in own}))
                for each in found
            ]
            return all(told.count(each) == len(WORLDS) for each in told)

        self.admin.until(by_both)
        return list(dict.fromkeys(told))

    def messages(self, name: str) -> set[tuple[str, str]]:
        """(template, status) of every message, when it is the same by both clocks."""
        told = self.profile(name)["messages"]
        by_machine, by_index = (
            {
                (each["template_id"], each["status"])
                for each in told
                if each["journey_id"].endswith(BY_INDEX) is by_index
            }
            for by_index in (False, True)
        )
        return by_machine if by_machine == by_index else {("", "by one clock only")}

    def way(self, name: str, journey_id: str) -> list[tuple[str, str]]:
        """The steps with what was decided, which is the same by both clocks."""
        runs = {run["journey_id"]: run["trace"] for run in self.profile(name)["enrolments"]}
        return same_way(*(runs[f"{journey_id}{world}"] for world in WORLDS))


class Past:
    """What somebody is like and did, in the order in which it arrives."""

    def __init__(self, **traits: Any) -> None:
        self.traits = traits
        self.events: list[tuple[datetime, str, dict[str, Any]]] = []

    def did(self, event: str, *instants: datetime, **properties: Any) -> "Past":
        self.events += [(at, event, properties) for at in instants]
        return self
