"""Moves of one person between segments and lifecycle stages, told from the history.

They are found as `update_tags` finds them: a segment is judged when an event touches it and when
its verdict says that it changes by itself, and no sooner.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from shared.domain.backtests.setting import STAGE, Setting
from shared.domain.journeys.stimulus import Happened
from shared.domain.journeys.triggers import moved, segment_trigger, stage_moves
from shared.domain.lifecycle.judging import stage_of
from shared.domain.profiles.model import View
from shared.domain.segments.evaluate import evaluate

FIRST_STAGE = "prospect"


class Moves:
    """Where a person stands in the segments and stages that a journey listens to."""

    def __init__(self, setting: Setting) -> None:
        """Somebody of whom nothing is known: in no segment, and in the first stage."""
        self._setting = setting
        self._every = frozenset(setting.index.references)
        self._inside: set[str] = set()
        self._stage = FIRST_STAGE
        self._turns: dict[str, datetime] = {}

    @property
    def next_turn(self) -> datetime | None:
        """When something has to be judged although nothing happens."""
        return min(self._turns.values(), default=None)

    def touched(self, names: Collection[str], traits: Collection[str], *, born: bool) -> set[str]:
        """What events can change; everything when the person was not there before."""
        return set(self._every if born else self._setting.index.touched_by(names, traits))

    def due(self, now: datetime) -> set[str]:
        """What has to be judged because its time has come."""
        return {name for name, at in self._turns.items() if at <= now}

    def judge(self, wanted: Collection[str], view: View, now: datetime) -> Iterator[Happened]:
        """Judge at `now`; gives the moves, those between stages first."""
        if STAGE in wanted:
            yield from self._judge_stage(view, now)
        for segment_id in sorted(name for name in wanted if name != STAGE):
            condition = self._setting.segments[segment_id]
            verdict = evaluate(condition, view, now, self._setting.zone)
            self._note(segment_id, verdict.changes_at, now)
            if verdict.matches == (segment_id in self._inside):
                continue
            (self._inside.add if verdict.matches else self._inside.remove)(segment_id)
            edge = "entered" if verdict.matches else "exited"
            yield moved("segment", segment_trigger(segment_id, edge), now)

    def _judge_stage(self, view: View, now: datetime) -> Iterator[Happened]:
        lifecycle = self._setting.lifecycle
        if lifecycle is None:
            return
        verdict = stage_of(lifecycle, view, now, self._setting.zone)
        self._note(STAGE, verdict.changes_at, now)
        if verdict.stage != self._stage:
            before, self._stage = self._stage, verdict.stage
            yield from stage_moves(before, verdict.stage, now)

    def _note(self, name: str, at: datetime | None, now: datetime) -> None:
        """Keep when to judge again; an instant that is not later would be judged for ever."""
        if at is not None and at > now:
            self._turns[name] = at
        else:
            self._turns.pop(name, None)
