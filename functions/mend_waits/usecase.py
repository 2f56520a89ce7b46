"""Walks on through the table, and asks by its queue for what stands still.

Also looks at the wakes that lie ahead, a page of one shard in turn, and takes out those whose wait
is over: they would come to nothing, but be brought.

Nothing is written about anybody here, so nothing can be doubled: whoever is asked decides as if the
queue had brought it the first time.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from shared.aws import keys
from shared.aws.damage_scan import DamageScan
from shared.aws.due_store import DueIndex, DueRows
from shared.aws.enrolment_store import EnrolmentStore
from shared.aws.message_rows import request_of
from shared.aws.person_reader import PersonReader
from shared.domain.due.batches import MAX_PEOPLE, Batch, Due, encode
from shared.domain.due.timing import SHARDS
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.wakes import Wake, wake_named, wake_of
from shared.domain.messages.lanes import name_of
from shared.domain.messages.model import MessageRequest
from shared.domain.recovery.damage import Damage, late_before
from shared.errors import InvalidInputError

MOST_PAGES: Final = 50  # a run: 6,400 read units at most
LOOKED_AHEAD: Final = timedelta(days=400)
_TOGETHER: Final = 100  # wakes whose enrolments are read in one call


class Queue(Protocol):
    """What brings names to whoever attends to them."""

    def send_later(self, messages: Iterable[tuple[str, int]]) -> None:
        """Send (body, seconds of delay); raises TransientError."""


class Messages(Queue, Protocol):
    """What brings messages to dispatch_message, by what was asked for or by their names."""

    def ask(self, requests: Iterable[MessageRequest]) -> None:
        """Hand over what was asked for; raises TransientError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything outside that mending touches."""

    scan: DamageScan
    due: Queue
    wakes: Queue
    messages: Messages
    wake_rows: DueRows
    wake_index: DueIndex
    enrolments: EnrolmentStore
    people: PersonReader
    now: Callable[[], datetime]


class MendWaits:
    """One run; `counts` says what was found, by the names of metrics."""

    def __init__(self, ports: Ports) -> None:
        """Work over these ports."""
        self._ports = ports
        self.counts: Counter[str] = Counter()

    def run(
        self, workspace_id: str, is_time_up: Callable[[], bool], pages: int = MOST_PAGES
    ) -> bool:
        """Look at so many pages, or fewer; says whether the walk came to the end of the table.

        Raises TransientError; the next run looks at the same pages again.
        """
        scan, late = self._ports.scan, late_before(self._ports.now())
        place = scan.place(workspace_id)
        for _ in range(pages):
            page = scan.page(workspace_id, place, late)
            self._ask(workspace_id, page.found)
            place = page.after
            scan.remember(workspace_id, place)
            if place is None or is_time_up():
                break
        return place is None

    def _ask(self, workspace_id: str, found: Iterable[Damage]) -> None:
        """Ask for all that stands still in a page, many in one message."""
        names: dict[str, list[str]] = {"wait": [], "judgement": [], "message": []}
        claims: list[MessageRequest] = []
        for one in found:
            match one.kind:
                case "wait" | "judgement":
                    names[one.kind].append(one.name)
                case "message" | "claim":
                    request = self._request(workspace_id, one)
                    if request is not None and one.kind == "claim":
                        claims.append(request)
                    elif request is not None:
                        names["message"].append(name_of(request))
        names["judgement"] = self._answering(workspace_id, names["judgement"])
        self._send(workspace_id, self._ports.wakes, names["wait"])
        self._send(workspace_id, self._ports.due, names["judgement"])
        # A message that goes out takes its provider some seconds.
        self._send(workspace_id, self._ports.messages, names["message"], most=1)
        if claims:
            self._ports.messages.ask(claims)
        self.counts["WaitsWithoutWake"] += len(names["wait"])
        self.counts["PeopleNotJudged"] += len(names["judgement"])
        self.counts["MessagesNotBack"] += len(names["message"])
        self.counts["ClaimsWithoutOutcome"] += len(claims)
        self.counts = +self.counts

    def _answering(self, workspace_id: str, strand_ids: Sequence[str]) -> list[str]:
        """Those who answer for themselves: of who was merged, the instant stays as it was."""
        people = self._ports.people.persons(workspace_id, strand_ids) if strand_ids else {}
        return [one for one in strand_ids if one in people and people[one].profile_id == one]

    def _send(
        self, workspace_id: str, queue: Queue, names: Sequence[str], most: int = MAX_PEOPLE
    ) -> None:
        now = self._ports.now()
        parts = [tuple(names[first : first + most]) for first in range(0, len(names), most)]
        if parts:
            queue.send_later([(encode(Batch(workspace_id, part, now)), 0) for part in parts])

    def _request(self, workspace_id: str, found: Damage) -> MessageRequest | None:
        try:
            return request_of(workspace_id, found.profile_id, found.name, dict(found.row or {}))
        except InvalidInputError:
            self.counts["MessagesUnreadable"] += 1
            return None

    # --- wakes without a wait -----------------------------------------------------------------

    def clear(self, workspace_id: str, shard: int, is_time_up: Callable[[], bool]) -> None:
        """Take out the wakes of a shard that nobody waits for, as far as one page holds them.

        What shares its row with others stays: it is brought with them, and comes to nothing. A page
        of such rows names 25,000, so it ends also when the time is up.
        """
        now = self._ports.now()
        beginning = keys.due_from(now + timedelta(minutes=5))
        page = self._ports.wake_rows.page(
            workspace_id, shard % SHARDS, beginning, now + LOOKED_AHEAD
        )
        for first in range(0, len(page.due), _TOGETHER):
            if is_time_up():
                return
            self._clear(workspace_id, page.due[first : first + _TOGETHER])

    def _clear(self, workspace_id: str, dues: Sequence[Due]) -> None:
        """What is read may be a moment old: a wait that was over then is over now."""
        wakes = [wake_named(workspace_id, due.name) for due in dues]
        seen = self._ports.enrolments.glance([wake.ref for wake in wakes])
        for due, wake in zip(dues, wakes, strict=True):
            stored = seen.get(wake.ref) or self._ports.enrolments.load(wake.ref)
            if stored is None or not _is_over(wake, stored.enrolment):
                continue
            if self._ports.wake_rows.lies_alone(workspace_id, due):
                self.counts["WakesWithoutWait"] += 1
                self._ports.wake_index.forget(workspace_id, due.name, due.due_at)


def _is_over(wake: Wake, enrolment: Enrolment) -> bool:
    """Whether a wait can never be (again): a trace only grows, and who has ended stays so.

    A row lies there before its enrolment is stored, so one beyond the trace may be about to begin.
    """
    if enrolment.status != "active":
        return True
    return wake.place < len(enrolment.trace) and wake_of(enrolment) != wake
