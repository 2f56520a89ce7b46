"""Carries an erasure on from where it stands; every stage may be repeated, in whole or in part.

The mark is the commit: from then on no function meets the person, and what comes late is dropped by
the tombstones. Whoever had read the person before the mark ends within its own time-out, so the
erasure waits longer than that and sweeps a second time.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from shared.aws.eraser import Eraser
from shared.aws.erasure_store import ErasureStore
from shared.aws.marks import Marked, Marks
from shared.aws.tombstones import Tombstones
from shared.domain.erasure.letters import Wanted
from shared.domain.erasure.model import Erasure, Stage, finish


class Store(Protocol):
    """A place beside the tables in which a person's data may lie."""

    def erase(self, workspace_id: str, person: Wanted) -> Mapping[str, int]:
        """Remove what is the person's; gives what was removed, by name. May be repeated."""


class News(Protocol):
    """Tells systems of the customer's who was erased (`shared.aws.erasure_news.ErasureNews`)."""

    def announce(self, person: Marked, erasure_id: str) -> int:
        """Tell every destination that wants to know; gives how many these are. Repeatable."""


class ErasePerson:
    """Takes one erasure as far as it can go now."""

    def __init__(
        self,
        ledger: ErasureStore,
        marks: Marks,
        eraser: Eraser,
        tombstones: Tombstones,
        stores: Mapping[Stage, Store],
        news: News,
        settle: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        """`stores` are the places beside the tables, each by the stage that looks there.

        `settle` is how long work that began before the mark may take; `now` gives the instant.
        """
        self._ledger = ledger
        self._marks = marks
        self._eraser = eraser
        self._tombstones = tombstones
        self._stores = stores
        self._news = news
        self._settle = settle
        self._now = now

    def carry_on(self, workspace_id: str, erasure_id: str) -> Erasure:
        """Finish stage after stage until the erasure is done or has to wait; gives where it is.

        Raises TransientError when it must be called again, ConflictError when somebody else has
        carried it on at the same time.
        """
        while True:
            erasure = self._ledger.load(workspace_id, erasure_id)
            now = self._now()
            if erasure.is_done or (erasure.resume_at and now < erasure.resume_at):
                return erasure
            self._step(workspace_id, erasure)

    def _step(self, workspace_id: str, erasure: Erasure) -> None:
        if erasure.stage == "mark":
            self._mark(workspace_id, erasure)
            return
        person = self._marks.marked(workspace_id, erasure)
        if person:
            self._remove(person, erasure)
        after = finish(erasure, self._now(), self._settle)
        if after.is_done:
            after = replace(after, profile_id=None)
            if person:
                self._eraser.conclude(person, erasure, after)
                return
        self._ledger.move(workspace_id, erasure, after)

    def _mark(self, workspace_id: str, erasure: Erasure) -> None:
        if erasure.profile_id is None:
            raise ValueError("an erasure that has not begun knows whom it is about")
        person = self._marks.mark(workspace_id, erasure.profile_id, erasure.erasure_id, self._now())
        after = finish(erasure, self._now(), self._settle)
        if person:
            after = replace(after, profile_id=person.profile_id, erased_at=person.erased_at)
        self._ledger.move(workspace_id, erasure, after)

    def _remove(self, person: Marked, erasure: Erasure) -> None:
        """What a stage removes of a person who is marked."""
        workspace_id, erasure_id = person.workspace_id, erasure.erasure_id
        match erasure.stage:
            case "forget":
                identifiers = [identifier for identifier, _ in person.identifiers]
                self._tombstones.put(workspace_id, identifiers, person.erased_at)
                self._eraser.forget(person, erasure_id)
            case "leave":
                self._eraser.leave(person, erasure_id)
            case "sweep":
                self._eraser.sweep(person, erasure_id, last=False)
            case "sweep_again":
                self._eraser.sweep(person, erasure_id, last=True)
            case "announce":
                self._news.announce(person, erasure_id)
            case stage if store := self._stores.get(stage):
                removed = store.erase(workspace_id, person.wanted)
                self._ledger.add(workspace_id, erasure_id, removed)
            case _:
                pass
