"""Playbooks on the stack by both clocks at once, and people who live through them.

Everything of a playbook is installed twice, as `rapport apply` does: as it lies there, and once
more under other ids, with the due index as the clock. What people do concerns both, so the traces
of the two must be the same.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final
from uuid import uuid4

import httpx

from cli.apply import apply
from cli.client import AdminClient
from cli.documents import Document, read_all
from infra.local.stack import LocalStack
from tests.scenarios.admin import CATALOG_SECONDS, Admin
from tests.scenarios.two_clocks import BY_INDEX, WORLDS, same_way

FOLDER: Final = Path(__file__).parents[2] / "playbooks"
QUIET_SECONDS: Final = 5.0  # until somebody new is known and an event of theirs is counted
SLOWEST: Final = 8.0

_IDS: Final = frozenset({"segment_id", "tag_id", "journey_id", "list_id"})
_NAMED: Final = frozenset({"tags", "lists"})  # of an update, by id
_SERIAL: Final = count(1)


def documents_of(*names: str) -> list[Document]:
    """All definitions of some playbooks; their tests run elsewhere."""
    files = [path for name in names for path in sorted((FOLDER / name).glob("*.yaml"))]
    return [one for one in read_all(files) if one.kind != "journey_test"]


def by_index(documents: Iterable[Document]) -> list[Document]:
    """The same definitions in a world of their own, with the other clock."""
    documents = list(documents)
    kinds = ("segment", "tag", "journey", "list")
    ids = {one.name for one in documents if one.kind in kinds}
    twins = [replace(one, body=_renamed(one.body, ids)) for one in documents if one.kind in kinds]
    for one in twins:
        if one.kind == "journey":
            one.body["clock"] = "due_index"
    return twins


def journeys_by_index(documents: Iterable[Document]) -> list[Document]:
    """The journeys once more with the other clock, over the same segments."""
    journeys = [one for one in documents if one.kind == "journey"]
    return [
        replace(
            one,
            body={**one.body, "journey_id": f"{one.name}{BY_INDEX}", "clock": "due_index"},
        )
        for one in journeys
    ]


def _renamed(part: Any, ids: Collection[str]) -> Any:
    if isinstance(part, list):
        return [_renamed(each, ids) for each in part]
    if not isinstance(part, dict):
        return part
    renamed = {}
    for name, value in part.items():
        is_id = name in _IDS or (name == "value" and part.get("property") in _IDS)
        if is_id and value in ids:
            value = f"{value}{BY_INDEX}"
        elif name in _NAMED and isinstance(value, dict):
            value = {f"{key}{BY_INDEX}" if key in ids else key: each for key, each in value.items()}
        renamed[name] = _renamed(value, ids)
    return renamed


@contextmanager
def playing(
    admin: Admin, pace: float, documents: Iterable[Document], *, day: float
) -> Iterator[None]:
    """Definitions for both clocks, in a rehearsal in which a day takes so many seconds.

    `pace` makes days longer on a busy machine, so that people find time to do something in them.
    Afterwards the journeys are paused, so that people of other scenarios meet none of them.
    """
    scale = round(86_400 / (day * pace))
    settings = {"rehearsal": True, "time_scale": scale, "email_from": "shop@example.com"}
    documents = list(documents)
    journeys = [f"{one.name}{world}" for one in documents if one.kind == "journey"
                for world in WORLDS]  # fmt: skip
    client = AdminClient(str(admin.http.base_url).removesuffix("/v1/admin/"), admin.key)
    client.put("settings", body=settings)
    applied = list(apply(client, [*documents, *by_index(documents)]))
    assert [each.problems for each in applied if each.problems] == []
    for journey_id in journeys:
        if admin.call("GET", f"/journeys/{journey_id}")["status"] == "paused":
            admin.call("POST", f"/journeys/{journey_id}/resume")
        assert admin.call("GET", f"/journeys/{journey_id}")["status"] == "published"
    sleep(CATALOG_SECONDS)
    yield
    for journey_id in journeys:
        admin.call("POST", f"/journeys/{journey_id}/pause")


def witness(journey_id: str, event: str) -> dict[str, Any]:
    """A journey that nobody pauses: an event that led into it has been judged by all the others."""
    return {
        "kind": "journey",
        "journey_id": journey_id,
        "title": f"Witness of {event}",
        "clock": "due_index",
        "entry": {"type": "event", "event": event},
        "steps": [{"type": "wait", "name": "a day", "duration": "P1D"}],
    }


class Person:
    """Somebody new who agreed to marketing; what they do comes in by HTTP."""

    def __init__(self, stack: LocalStack, admin: Admin, write_key: str, **traits: Any) -> None:
        self.stack, self.admin, self._key = stack, admin, write_key
        self.user_id = f"play-{uuid4().hex[:12]}"
        self.email = traits.pop("email", f"{self.user_id}@example.com")
        number = uuid4().int % 80_000
        self.phone = f"+1{200 + number // 100}55501{number % 100:02d}"
        known = {"first_name": "Mei", "email": self.email, "phone": self.phone, **traits}
        consent = {"consent": {"categoryPreferences": {"marketing": True, "service": True}}}
        self._send({"type": "identify", "traits": known, "context": consent})
        admin.until(lambda: admin.known("user_id", self.user_id))

    def does(self, event: str, *, at: datetime | None = None, **properties: Any) -> None:
        """Do one thing, now or at an instant in the past."""
        self._send({"type": "track", "event": event, "properties": properties}, at)

    def is_now(self, **traits: Any) -> None:
        """Say something about oneself."""
        self._send({"type": "identify", "traits": traits})

    def _send(self, message: dict[str, Any], at: datetime | None = None) -> None:
        instant = (at or datetime.now(UTC)).isoformat()
        named = f"{self.user_id}-{next(_SERIAL)}"
        whole = {**message, "userId": self.user_id, "messageId": named, "timestamp": instant}
        answer = httpx.post(
            f"{self.stack.api_url}/v1/batch",
            json={"batch": [whole]},
            auth=(self._key, ""),
            timeout=60,
        )
        assert answer.json().get("accepted") == 1, answer.text

    # --- what came of it --------------------------------------------------------------------------

    def profile(self) -> dict[str, Any]:
        return self.admin.profile("user_id", self.user_id, limit="1")

    def runs(self, journey_id: str) -> list[dict[str, Any] | None]:
        """The run in a journey by each clock."""
        found = {run["journey_id"]: run for run in self.profile()["enrolments"]}
        return [found.get(f"{journey_id}{world}") for world in WORLDS]

    def is_witnessed(self, journey_id: str) -> None:
        """Wait until a run in a `witness` has begun."""
        self.admin.until(lambda: self.runs(journey_id)[0] is not None)

    def stands(self, journey_id: str, step: str) -> None:
        """Wait until both runs wait at a step."""
        self._until(journey_id, lambda run: run["step"] == step and run["due_at"] is not None)

    def ends(self, journey_id: str, status: str, reason: str | None = None) -> None:
        """Wait until both runs are over; they ended like this."""
        self._until(journey_id, lambda run: run["status"] != "active")
        wanted = (status, reason or status)
        found = [(run["status"], run["reason"]) for run in self.runs(journey_id) if run]
        assert found == [wanted, wanted], (journey_id, self.user_id, found)

    def is_counted(self, event: str) -> None:
        """Wait until an event of this person is counted: then every condition sees it."""
        self.admin.until(lambda: event in {one["event"] for one in self.profile()["counts"]})

    def _until(self, journey_id: str, so: Callable[[dict[str, Any]], bool]) -> None:
        self.admin.until(lambda: all(run and so(run) for run in self.runs(journey_id)))

    def way(self, journey_id: str) -> list[tuple[str, str]]:
        """The steps with what was decided, which is the same by both clocks, to the instant."""
        return same_way(*(run["trace"] for run in self.runs(journey_id) if run))

    def messages(self, journey_id: str) -> list[str]:
        """The templates of what was sent in a journey, each once by each clock, in their order."""
        told = sorted(
            self.profile()["messages"],
            key=lambda one: (one["requested_at"], one["claimed_at"] or ""),
        )
        by_clock = [
            [one["template_id"] for one in told
             if one["journey_id"] == f"{journey_id}{world}" and one["status"] == "sent"]
            for world in WORLDS
        ]  # fmt: skip
        assert by_clock[0] == by_clock[1], (self.user_id, told)
        return by_clock[0]

    def got(self, journey_id: str, *templates: str) -> None:
        """Wait until everything that was asked for is sent; it is this and nothing else."""

        def settled() -> bool:
            ids = {f"{journey_id}{world}" for world in WORLDS}
            told = [one for one in self.profile()["messages"] if one["journey_id"] in ids]
            return len(told) >= 2 * len(templates) and all(one["settled_at"] for one in told)

        self.admin.until(settled)
        sent = self.messages(journey_id)
        assert sent == list(templates), (sent, self.profile()["messages"])

    def events(self, name: str, **properties: Any) -> list[dict[str, Any]]:
        """The events of a name with these properties in the timeline."""
        wanted = properties.items()
        found = [each for each in self.admin.timeline(self.user_id) if each["name"] == name]
        return [each for each in found if wanted <= each["properties"].items()]

    def rewarded(self, journey_id: str, *rewards: dict[str, Any]) -> None:
        """Wait until these rewards are in the timeline, once by each clock, and no others are."""
        wanted = Counter(str(sorted(each.items())) for each in rewards)

        def given(world: str) -> Counter[str]:
            found = self.events("$rewarded", journey_id=f"{journey_id}{world}")
            what = [
                {key: each["properties"][key] for key in ("coupon", "points")
                 if key in each["properties"]}
                for each in found
            ]  # fmt: skip
            return Counter(str(sorted(each.items())) for each in what)

        self.admin.until(lambda: all(given(world) >= wanted for world in WORLDS))
        assert [given(world) for world in WORLDS] == [wanted, wanted]

    def tag(self, tag_id: str) -> list[Any]:
        """The value of a tag in each world; None without one."""
        values = {each["tag_id"]: each["value"] for each in self.profile()["tags"]["values"]}
        return [values.get(f"{tag_id}{world}") for world in WORLDS]

    def is_tagged(self, tag_id: str, value: Any) -> None:
        """Wait until a tag has a value in both worlds."""
        self.admin.until(lambda: self.tag(tag_id) == [value, value])

    def tasks(self, journey_id: str, to: str) -> list[dict[str, Any]]:
        """Wait until somebody has a task with this person by each clock; gives them."""
        ids = {f"{journey_id}{world}" for world in WORLDS}
        found: list[dict[str, Any]] = []

        def given() -> bool:
            mine = self.profile()["profile_id"]
            told = self.admin.call("GET", f"/tasks?to={to}")["tasks"]
            found[:] = [one for one in told
                        if one["profile_id"] == mine and one["journey_id"] in ids]  # fmt: skip
            return len(found) == len(WORLDS)

        self.admin.until(given)
        return found

    def mail(self) -> list[str]:
        """What SES took for this person."""
        return [text for text in map(str, self.stack.emails()) if self.email in text]

    def texts(self) -> list[str]:
        """What SNS took for this person."""
        return [str(each) for each in self.stack.texts() if each["PhoneNumber"] == self.phone]


def pace_of(person: Callable[..., Person]) -> float:
    """How many times slower than a quiet machine this one is now, and never less than 1.

    Measured twice: by the first time all functions are awake.
    """
    for _ in range(2):
        begun = monotonic()
        someone = person()
        someone.does("pace measured")
        someone.is_counted("pace measured")
        took = monotonic() - begun
    return min(SLOWEST, max(1.0, took / QUIET_SECONDS))
