"""Asks for what stands still, by the queue that should have brought it.

Nothing is decided here, so nothing can be doubled: whoever is asked decides as if the queue had
brought it the first time. Executions have no queue; one that has gone is started anew.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final, assert_never

from functions.mend_waits.ports import Ports, Queue
from shared.aws.enrolment_rows import stored_of
from shared.aws.message_rows import request_of
from shared.domain.due.batches import MAX_PEOPLE, Batch, Due, encode
from shared.domain.identity.person import Person
from shared.domain.instants import parse_instant
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.ports import Ref, Stored
from shared.domain.journeys.wakes import Wake, wake_named, wake_of
from shared.domain.messages.lanes import name_of
from shared.domain.messages.model import MessageRequest
from shared.domain.recovery.damage import LATE, Damage, Finding, Seen, decided_at_of
from shared.errors import InvalidInputError, NewerVersionError, PermanentError, TransientError

_TOGETHER: Final = 100  # wakes whose enrolments are read in one call
_NAMES: Final[dict[Seen, Finding]] = {
    "gone": "ExecutionsGone",
    "untold": "ExecutionsUntold",
    "behind": "ExecutionsBehind",
}


class Mender:
    """Mends what was found, or only counts it; `found` and `left` go by the names of metrics.

    `left` is what nobody was asked for: everything when it only counts, else what cannot be helped.
    """

    def __init__(self, ports: Ports, *, late: timedelta = LATE, only_looks: bool = False) -> None:
        """Work over these ports; what is overdue by `late` stands still."""
        self._ports = ports
        self._late = late
        self._only_looks = only_looks
        self.found: Counter[Finding] = Counter()
        self.left: Counter[Finding] = Counter()

    def mend(
        self, workspace_id: str, damages: Sequence[Damage], is_time_up: Callable[[], bool]
    ) -> int:
        """Mend a page; gives how many it came to, one at least, when the time is up before the end.

        Those alone are counted, once each by whoever goes on behind them. Raises TransientError.
        """
        done = 0
        try:
            for one in damages:
                if one.kind in ("execution", "idle"):
                    if done and is_time_up():
                        break
                    self._see_to(workspace_id, one)
                done += 1
        finally:
            self._ask(workspace_id, damages[:done])
        return done

    def clear(
        self, workspace_id: str, dues: Sequence[Due], is_time_up: Callable[[], bool]
    ) -> int | None:
        """Take out those wakes that nobody waits for; None once all were looked at.

        Where the time is up before that, how many of those it came to, the first ones, lie there
        still. What shares its row with others stays: it is brought with them, and comes to nothing.
        A page of such rows names 25,000.
        """
        kept = 0
        for first in range(0, len(dues), _TOGETHER):
            if first and is_time_up():
                return kept
            part = dues[first : first + _TOGETHER]
            try:
                kept += self._clear(workspace_id, part)
            except NewerVersionError:  # an enrolment among them; their wakes do no harm
                self._count("Unreadable", helped=False)
                kept += len(part)
        return None

    # --- by queues ----------------------------------------------------------------------------

    def _ask(self, workspace_id: str, damages: Sequence[Damage]) -> None:
        """Ask for all that stands still in a page, many in one message."""
        waits: list[str] = []
        people: list[str] = []
        messages: list[str] = []
        claims: list[MessageRequest] = []
        for one in damages:
            match one.kind:
                case "wait":
                    waits.append(one.name)
                case "judgement":
                    people.append(one.name)
                case "message" | "claim":
                    request = self._request(workspace_id, one)
                    if request is not None and one.kind == "claim":
                        claims.append(request)
                    elif request is not None:
                        messages.append(name_of(request))
                case "execution" | "idle" | "unreadable":
                    pass
                case _:
                    assert_never(one.kind)
        unreadable = sum(one.kind == "unreadable" for one in damages)
        self._count("Unreadable", unreadable, helped=False)
        people = self._answering(workspace_id, people)
        self._count("WaitsWithoutWake", len(waits))
        self._count("PeopleNotJudged", len(people))
        self._count("MessagesNotBack", len(messages))
        self._count("ClaimsWithoutOutcome", len(claims))
        if self._only_looks:
            return
        self._send(workspace_id, self._ports.wakes, waits)
        self._send(workspace_id, self._ports.due, people)
        # A message that goes out takes its provider some seconds.
        self._send(workspace_id, self._ports.messages, messages, most=1)
        if claims:
            self._ports.messages.ask(claims)

    def _count(self, name: Finding, number: int = 1, *, helped: bool = True) -> None:
        if number:
            self.found[name] += number
            if self._only_looks or not helped:
                self.left[name] += number

    def _answering(self, workspace_id: str, strand_ids: Sequence[str]) -> list[str]:
        """Those who answer for themselves: of who was merged, the instant stays as it was."""
        people = self._persons(workspace_id, strand_ids) if strand_ids else {}
        return [one for one in strand_ids if one in people and people[one].profile_id == one]

    def _persons(self, workspace_id: str, strand_ids: Sequence[str]) -> Mapping[str, Person]:
        """Those who can be read: one of a newer version is looked for by halves, and left."""
        try:
            return self._ports.people.persons(workspace_id, strand_ids)
        except NewerVersionError:
            if len(strand_ids) == 1:
                self._count("Unreadable", helped=False)
                return {}
        half = len(strand_ids) // 2
        first, others = strand_ids[:half], strand_ids[half:]
        return {**self._persons(workspace_id, first), **self._persons(workspace_id, others)}

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
            self._count("Unreadable", helped=False)
            return None

    # --- executions ---------------------------------------------------------------------------

    def _see_to(self, workspace_id: str, damage: Damage) -> None:
        """Look closer at an enrolment by Step Functions, and start or stop its execution.

        Raises TransientError alone: whatever else is wrong with one keeps no other waiting.
        """
        row = dict(damage.row or {})
        ref = Ref(workspace_id, damage.profile_id, damage.name)
        restarter = self._ports.restarter()
        try:
            stored = stored_of(row)
            decided_at = parse_instant(decided_at_of(row))
            if damage.kind == "idle":
                self._stop(ref, stored)
            elif restarter.stands_still(stored, decided_at, self._late):
                if self._only_looks:
                    seen = restarter.look(ref, stored.version)
                else:
                    seen = restarter.restart(ref, stored.version, decided_at)
                if seen != "fine":
                    self._count(_NAMES[seen], helped=seen != "behind")
        except (InvalidInputError, PermanentError, NewerVersionError):
            self._count("Unreadable", helped=False)  # its journey is no more, or not yet
        except TransientError:
            raise
        except Exception as error:  # the others are no worse for it, and the next walk comes by
            self._ports.tell(ref, error)
            self._count("ExecutionsNotSeenTo", helped=False)

    def _stop(self, ref: Ref, stored: Stored) -> None:
        restarter = self._ports.restarter()
        if restarter.may_idle(stored) and restarter.is_idle(ref, stored.machine):
            if not self._only_looks:
                restarter.stop(ref, stored.machine)
            self._count("ExecutionsIdle")

    # --- wakes without a wait -----------------------------------------------------------------

    def _clear(self, workspace_id: str, dues: Sequence[Due]) -> int:
        """Take out what may go of these; gives how many stay.

        What is read may be a moment old: a wait that was over then is over now.
        """
        kept = len(dues)
        wakes = [wake_named(workspace_id, due.name) for due in dues]
        seen = self._ports.enrolments.glance([wake.ref for wake in wakes])
        for due, wake in zip(dues, wakes, strict=True):
            stored = seen.get(wake.ref) or self._ports.enrolments.load(wake.ref)
            if stored is None or not _is_over(wake, stored.enrolment):
                continue
            if self._ports.wake_rows.lies_alone(workspace_id, due):
                self._count("WakesWithoutWait")
                if not self._only_looks:
                    self._ports.wake_index.forget(workspace_id, due.name, due.due_at)
                    kept -= 1
        return kept


def _is_over(wake: Wake, enrolment: Enrolment) -> bool:
    """Whether a wait can never be (again): a trace only grows, and who has ended stays so.

    A row lies there before its enrolment is stored, so one beyond the trace may be about to begin.
    """
    if enrolment.status != "active":
        return True
    return wake.place < len(enrolment.trace) and wake_of(enrolment) != wake
