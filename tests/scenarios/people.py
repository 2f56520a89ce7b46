"""People who live through playbooks on the stack, by both clocks at once."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from itertools import count, product
from time import monotonic
from typing import Any, Final
from uuid import uuid4

import httpx

from infra.local.stack import LocalStack
from tests.scenarios.admin import Admin, patiently
from tests.scenarios.two_clocks import WORLDS, same_way

QUIET_SECONDS: Final = 5.0  # until somebody new is known and an event of theirs is counted
SLOWEST: Final = 8.0
RAN_OUT: Final = frozenset({"elapsed", "timed_out"})  # decisions that time alone brings

_SERIAL: Final = count(1)
_NUMBERS: Final = count(2_000)  # of telephones that nobody else has: else two people are in doubt


class TooLateError(AssertionError):
    """The machine was too slow for what somebody was to do while a run waited."""


class Person:
    """Somebody new who agreed to marketing; what they do comes in by HTTP."""

    def __init__(self, stack: LocalStack, admin: Admin, write_key: str, **traits: Any) -> None:
        self.stack, self.admin, self._key = stack, admin, write_key
        self._acts: list[tuple[str, str]] = []  # waits in which this person is to do something
        self.user_id = f"play-{uuid4().hex[:12]}"
        self.email = traits.pop("email", f"{self.user_id}@example.com")
        number = next(_NUMBERS)
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
        address, body = f"{self.stack.api_url}/v1/batch", {"batch": [whole]}
        answer = patiently(lambda: httpx.post(address, json=body, auth=(self._key, ""), timeout=60))
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
        """Wait until both runs wait at a step; what is to happen then, happens now.

        Raises `TooLateError` when a run has left it or is over.
        """
        self._acts.append((journey_id, step))

        def waits(run: dict[str, Any]) -> bool:
            if run["status"] != "active":
                raise TooLateError(f"{self.user_id} is out of {journey_id} before {step!r}: {run}")
            self._was_heard(run, step)
            return run["step"] == step and run["due_at"] is not None

        self._until(journey_id, waits)

    def ends(
        self, journey_id: str, status: str, reason: str | None = None, *, heard: Iterable[str] = ()
    ) -> None:
        """Wait until both runs are over; they ended like this.

        `heard`: waits in which this person did something; raises `TooLateError` when one ran out.
        """
        self._until(journey_id, lambda run: run["status"] != "active")
        runs = [run for run in self.runs(journey_id) if run]
        for run, step in product(runs, heard):
            self._was_heard(run, step)
        wanted = (status, reason or status)
        found = [(run["status"], run["reason"]) for run in runs]
        assert found == [wanted, wanted], (journey_id, self.user_id, found)

    def was_in_time(self) -> None:
        """Raise `TooLateError` when a wait ran out in which this person was to do something.

        Or when the machine was too slow for a provider on it, and nobody knows of a message.
        """
        for message in self.profile()["messages"]:
            if message["status"] == "unknown":
                raise TooLateError(f"no provider answered in time for {self.user_id}: {message}")
        for journey_id, step in self._acts:
            for run in filter(None, self.runs(journey_id)):
                self._was_heard(run, step)

    def _was_heard(self, run: dict[str, Any], step: str) -> None:
        decided = {entry["decision"] for entry in run["trace"] if entry["step"] == step}
        if decided & RAN_OUT:
            raise TooLateError(f"{self.user_id} was not heard in time at {step!r}: {run}")

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
            told = self.admin.call("GET", f"/tasks?to={to}&limit=200")["tasks"]
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


class People:
    """Makes somebody new at a time, and remembers them for as long as a story is told."""

    def __init__(self, stack: LocalStack, admin: Admin, write_key: str) -> None:
        self._where = stack, admin, write_key
        self._made: list[Person] = []

    def __call__(self, **traits: Any) -> Person:
        self._made.append(Person(*self._where, **traits))
        return self._made[-1]

    def forget(self) -> None:
        """Begin another story, with other people."""
        self._made.clear()

    def were_in_time(self) -> None:
        """Raise `TooLateError` when somebody was too late for what they were to do."""
        for each in self._made:
            each.was_in_time()


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
