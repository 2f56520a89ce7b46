"""Carries a review on from where it stands; every step may be repeated.

What is decided is decided by the code that decides on events as they come in: a replayed claim that
says nothing new changes nothing, so an adoption may begin again at any place.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from shared.aws.review_store import EverybodyReader, Page, ReviewStore
from shared.domain.events.model import Event
from shared.domain.identity.graph import Graph
from shared.domain.identity.review import Review
from shared.domain.identity.rulebook import Rulebook, rulebook_of
from shared.domain.identity.rules import IdentityRules
from shared.domain.identity.trial import Trial


class Judge(Protocol):
    """Decides on identity under given rules, and writes what changes."""

    def hear(self, workspace_id: str, rulebook: Rulebook, events: Sequence[Event]) -> Counter[str]:
        """Let events claim again what they claim; gives metric → count. Raises TransientError."""

    def look_again(
        self, workspace_id: str, rulebook: Rulebook, graphs: Sequence[Graph]
    ) -> Counter[str]:
        """Decide again on people and all they are in dispute with. Raises TransientError."""


class ReviewIdentity:
    """Takes one review as far as time allows."""

    def __init__(
        self,
        reviews: ReviewStore,
        everybody: EverybodyReader,
        judge: Judge,
        now: Callable[[], datetime],
    ) -> None:
        """Work over these ports; `now` gives the instant."""
        self._reviews = reviews
        self._everybody = everybody
        self._judge = judge
        self._now = now

    def carry_on(self, workspace_id: str, review_id: str, is_time_up: Callable[[], bool]) -> Review:
        """Go on until it is done or the time is up; gives how far it is then.

        Raises ConflictError when another worker carries it on, TransientError.
        """
        review = self._reviews.load(workspace_id, review_id)
        rulebook = rulebook_of(IdentityRules.model_validate_json(review.rules))
        if review.purpose == "trial" and not review.is_done:
            return self._try(workspace_id, review, rulebook)
        while not (review.is_done or is_time_up()):
            review = self._adopt(workspace_id, review, rulebook)
        return review

    def _try(self, workspace_id: str, review: Review, rulebook: Rulebook) -> Review:
        """A trial holds everything in memory, so it is made in one go."""
        trial, cursor = Trial(rulebook), ""
        while True:
            page = self._everybody.page(workspace_id, cursor)
            for graph in page.graphs:
                trial.know(graph)
            for dispute in page.disputes:
                trial.dispute(dispute)
            for event in page.events:
                trial.hear(event)
            cursor = page.cursor
            if not cursor:
                return self._finish(workspace_id, replace(review, report=trial.report().to_json()))

    def _adopt(self, workspace_id: str, review: Review, rulebook: Rulebook) -> Review:
        page = self._everybody.page(workspace_id, review.cursor)
        changed = self._change(workspace_id, review, rulebook, page)
        counts = dict(Counter(review.counts) + changed)
        after = replace(review, cursor=page.cursor, counts=counts)
        if page.cursor:
            return self._reviews.put(workspace_id, after)
        if review.stage == "events":
            return self._reviews.put(workspace_id, replace(after, stage="people"))
        return self._finish(workspace_id, after)

    def _change(
        self, workspace_id: str, review: Review, rulebook: Rulebook, page: Page
    ) -> Counter[str]:
        if review.stage == "events":
            return self._judge.hear(workspace_id, rulebook, page.events)
        return self._judge.look_again(workspace_id, rulebook, page.graphs)

    def _finish(self, workspace_id: str, review: Review) -> Review:
        done = replace(review, stage="done", cursor="", finished_at=self._now())
        return self._reviews.put(workspace_id, done)
