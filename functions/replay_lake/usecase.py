"""Replays the lake: what arrived from a day on is applied again, by the code that applied it first.

Identifiers get back their strands; then each event meets its own key, as every repetition does,
and is new or known; then come consents, cuts and suppressions, which no event tells. The stream of
the table brings all that is new to those who count and judge, as ever. So a replay may overlap with
what a table holds, be begun again, or be done twice: what is there stays as it is.

The checkpoint moves after every stretch, and only from where this worker found it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, Final, Protocol, assert_never
from zlib import crc32

from shared.aws.consent_rows import decision_of
from shared.aws.corrections import Corrections
from shared.aws.lake_facts import AGREED, CUT, IDENTIFIER, SUPPRESSION
from shared.aws.lake_reader import LakeReader
from shared.aws.replay_store import ReplayStore
from shared.aws.sent_messages import SentMessages
from shared.domain.consents.model import Decision
from shared.domain.events.model import Event
from shared.domain.events.own import CONSENT_CHANGED, MESSAGE_SENT
from shared.domain.identity.applying import Applied
from shared.domain.identity.graph import Identifier
from shared.domain.identity.ports import ConsentPort
from shared.domain.identity.resettling import Home, Resettle
from shared.domain.instants import parse_instant
from shared.domain.lake.tables import EVENTS, IDENTITIES, Table
from shared.domain.profiles.model import Profile
from shared.domain.recovery.progress import Replay
from shared.domain.recovery.rows import Fact, Lain, fact_of, lain_of, last_of_each
from shared.errors import ConflictError, PermanentError, TransientError

STRETCH: Final = 500
ATTEMPTS: Final = 3  # at events that failed for now, before the whole replay waits for its retry

Numbered = tuple[int, dict[str, Any]]


class Applier(Protocol):
    """Finds the person of each event and writes the event down, once."""

    def apply(self, events: Sequence[Event]) -> Applied:
        """Apply events of any people; safe to repeat, and to do in several threads."""


class Strands(Protocol):
    """The strands themselves, for events that name nobody."""

    def profile(self, workspace_id: str, profile_id: str) -> Profile | None:
        """A strand; None when there is none."""

    def add_event(self, profile_id: str, event: Event) -> bool:
        """Write an event down; False when it is there already. Raises PermanentError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Everything outside that a replay touches; `threads` apply side by side."""

    replays: ReplayStore
    lake: LakeReader
    applier: Applier
    strands: Strands
    sent: SentMessages
    consents: ConsentPort
    resettle: Resettle
    corrections: Corrections
    now: Callable[[], datetime]
    threads: int = 8


class ReplayLake:
    """One turn at one replay."""

    def __init__(self, ports: Ports) -> None:
        """Work over these ports."""
        self._ports = ports

    def carry_on(
        self, workspace_id: str, replay_id: str, is_time_up: Callable[[], bool]
    ) -> Replay | None:
        """Go on until it is done or the time is up; gives how far it is then, None without any.

        Raises ConflictError when another worker carries it on, TransientError.
        """
        replay = self._ports.replays.find(workspace_id, replay_id)
        if replay is not None and not replay.all_objects:
            replay = self._move(replay, self._counted(replay))
        while replay is not None and not (replay.is_done or is_time_up()):
            replay = self._take_stage(replay, is_time_up)
        return replay

    def _counted(self, replay: Replay) -> Replay:
        """With the number of objects that all stages read; what arrives meanwhile comes on top."""
        numbers = {
            table.name: sum(1 for _ in self._ports.lake.keys(table, replay.from_day))
            for table in (EVENTS, IDENTITIES)
        }
        total = numbers[EVENTS.name] + 3 * numbers[IDENTITIES.name]
        return replace(replay, all_objects=max(total, 1))

    def _take_stage(self, replay: Replay, is_time_up: Callable[[], bool]) -> Replay:
        match replay.stage:
            case "identifiers" | "agreed":
                return self._through(replay, IDENTITIES, is_time_up)
            case "events":
                return self._through(replay, EVENTS, is_time_up)
            case "corrections":
                return self._correct(replay)
            case "done":
                return replay
            case _:
                assert_never(replay.stage)

    def _through(self, replay: Replay, table: Table, is_time_up: Callable[[], bool]) -> Replay:
        """Take the rows of a table, object by object, from where the replay stands."""
        for key in self._ports.lake.keys(table, replay.from_day, replay.after):
            for stretch in _stretches(self._ports.lake.rows(key, replay.line)):
                done = self._take(replay, [row for _, row in stretch])
                after = replay.through(
                    stretch[-1][0],
                    len(stretch),
                    applied=done["applied"],
                    known=done["known"],
                    left_out=done["left_out"],
                )
                replay = self._move(replay, after)
                if is_time_up():
                    return replay
            replay = self._move(replay, replay.past(key))
            if is_time_up():
                return replay
        return self._move(replay, replay.onward())

    def _take(self, replay: Replay, rows: Sequence[dict[str, Any]]) -> Counter[str]:
        mine = [row for row in rows if row["workspace_id"] == replay.workspace_id]
        match replay.stage:
            case "identifiers":
                return self._settle(replay.workspace_id, _facts(mine, IDENTIFIER))
            case "agreed":
                return self._agree(replay.workspace_id, _facts(mine, AGREED))
            case _:
                return self._apply(replay.workspace_id, [lain_of(row) for row in mine])

    # --- identifiers, consents, corrections ---------------------------------------------------

    def _settle(self, workspace_id: str, facts: Iterable[Fact]) -> Counter[str]:
        self._ports.resettle.settle(workspace_id, [_home(fact) for fact in facts])
        return Counter()

    def _agree(self, workspace_id: str, facts: Iterable[Fact]) -> Counter[str]:
        """Nobody there, or erased: nothing happens."""
        ledgers: dict[str, list[Decision]] = {}
        for fact in facts:
            if fact.told is not None:
                ledgers.setdefault(fact.strand_id, []).append(decision_of(fact.told))
        for strand_id, decisions in ledgers.items():
            self._ports.consents.record(workspace_id, strand_id, decisions)
        return Counter()

    def _correct(self, replay: Replay) -> Replay:
        """Operators speak last, and their last word counts; there is little of it."""
        told: list[Fact] = []
        objects = 0
        for key in self._ports.lake.keys(IDENTITIES, replay.from_day):
            objects += 1
            rows = [row for _, row in self._ports.lake.rows(key)]
            mine = [row for row in rows if row["workspace_id"] == replay.workspace_id]
            told += [*_facts(mine, CUT), *_facts(mine, SUPPRESSION)]
        self._ports.corrections.correct(replay.workspace_id, last_of_each(told).values())
        done = replace(replay, objects=replay.objects + objects)
        return self._move(replay, done.onward())

    # --- events -------------------------------------------------------------------------------

    def _apply(self, workspace_id: str, lain: Sequence[Lain]) -> Counter[str]:
        """Apply events; what names nobody, or nobody any more, goes into its strand by itself."""
        # What is in force is told anew when decisions are.
        lain = [one for one in lain if one.event.name != CONSENT_CHANGED]
        hands: dict[int, list[Lain]] = {}
        for one in lain:
            hands.setdefault(crc32(one.strand_id.encode()) % self._ports.threads, []).append(one)
        done: Counter[str] = Counter()
        if len(hands) < 2:
            for members in hands.values():
                done += self._apply_some(workspace_id, members)
            return done
        with ThreadPoolExecutor(len(hands)) as pool:
            for each in pool.map(lambda some: self._apply_some(workspace_id, some), hands.values()):
                done += each
        return done

    def _apply_some(self, workspace_id: str, lain: Sequence[Lain]) -> Counter[str]:
        done: Counter[str] = Counter()
        left = list(lain)
        for _ in range(ATTEMPTS):
            if not left:
                return done
            applied = self._ports.applier.apply([one.event for one in left])
            done["applied"] += applied.counts["EventsApplied"]
            done["known"] += applied.counts["EventsDuplicate"]
            done["left_out"] += applied.counts["EventsErased"]
            for index in applied.refused:
                done[self._put(workspace_id, left[index])] += 1
            left = [left[index] for index in sorted(applied.failed)]
        if left:
            raise TransientError(f"{len(left)} events could not be applied for now")
        return done

    def _put(self, workspace_id: str, one: Lain) -> str:
        """What Rapport itself told, and what rules of today could not place."""
        if self._ports.strands.profile(workspace_id, one.strand_id) is None:
            return "left_out"  # of somebody who was erased
        if one.event.name == MESSAGE_SENT:  # before the event, which is looked at but once
            self._ports.sent.remember(one.strand_id, one.event)
        try:
            new = self._ports.strands.add_event(one.strand_id, one.event)
        except PermanentError:  # as it was refused the first time
            return "left_out"
        except ConflictError as error:  # about this row; nobody else carries the replay on
            raise TransientError("somebody else writes the same event") from error
        return "applied" if new else "known"

    def _move(self, before: Replay, after: Replay) -> Replay:
        return self._ports.replays.move(before, after, self._ports.now())


def _facts(rows: Iterable[dict[str, Any]], kind: str) -> Iterator[Fact]:
    for row in rows:
        fact = fact_of(row)
        if fact is not None and fact.kind == kind:
            yield fact


def _home(fact: Fact) -> Home:
    kind, _, value = fact.key.partition("#")
    told = fact.told or {}
    erased_at = told.get("erased_at")
    return Home(
        Identifier(kind, value),
        fact.strand_id,
        parse_instant(told["linked_at"]),
        parse_instant(erased_at) if erased_at else None,
    )


def _stretches(rows: Iterable[Numbered]) -> Iterator[list[Numbered]]:
    iterator = iter(rows)
    while stretch := list(islice(iterator, STRETCH)):
        yield stretch
