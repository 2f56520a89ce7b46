"""One person's part of a period, replayed on a virtual clock through the interpreter.

Events come when they arrived and waits end when they are due, whichever is first; what each of them
does is what `advance_journeys`, the due index and dispatch do: waits and exit rules are told first,
then the journey is entered, and whoever begins to wait looks back at what came before.

                arrivals ──┐                          ┌── advance ── carry on ── look back
    schedule, segments ────┼── whichever is first ────┤
                   wakes ──┘                          └── enter, where re-entry lets in

Only arrivals of the period can begin anything; what was before it is known. What this very journey
did in the period is left out of the history, for it is what is to be found out; its runs of before
the period count for re-entry. A person is who she is today, with all her strands.
"""

from bisect import bisect_left, insort
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final

from shared.domain.backtests.arrivals import arrival, happened_by, key_of_event, when
from shared.domain.backtests.asks import Asks
from shared.domain.backtests.guard import Guard
from shared.domain.backtests.messages import SENT, Judged
from shared.domain.backtests.moves import Moves
from shared.domain.backtests.outgoing import Outgoing
from shared.domain.backtests.setting import Setting
from shared.domain.backtests.story import Story, Turned
from shared.domain.events.model import Event
from shared.domain.events.own import CONSENT_CHANGED
from shared.domain.histories.known import Known
from shared.domain.journeys.actions import ActionRequest
from shared.domain.journeys.asking import Request, asked_for
from shared.domain.journeys.calls import carry_on
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.journeys.entry import enters, key_of
from shared.domain.journeys.ids import enrolment_id
from shared.domain.journeys.interpreter import Advance, advance, enrol
from shared.domain.journeys.kinds import AskingStep, BranchStep
from shared.domain.journeys.milestones import told_by
from shared.domain.journeys.stimulus import Facts, Happened, TimeUp
from shared.domain.journeys.told import told
from shared.domain.journeys.triggers import matches, standing_triggers
from shared.domain.messages.sent import message_sent

# Rapport tells of a consent when it has come to hold it, some seconds after the event that brought
# it, and a message is decided on some seconds after the event that brought that one.
TOLD_WITHIN: Final = timedelta(minutes=1)


def replay(setting: Setting, profile_id: str, events: Iterable[Event]) -> Story:
    """What the journey would have done with a person whose history this is, up to the period's end.

    The events may come in any order and more than once, those after the period too: they are not
    looked at.
    """
    last = setting.period.last
    history = {key_of_event(event): event for event in events if event.received_at < last}
    return _Life(setting, profile_id, sorted(history.values(), key=arrival)).live()


@dataclass(slots=True)
class _Going:
    """A run that began in the period.

    `turn` counts its changes, so that old wakes are known, and `told` the decisions that were seen
    to.
    """

    enrolment: Enrolment
    turn: int = 0
    told: int = 0


class _Life:
    def __init__(self, setting: Setting, profile_id: str, history: Sequence[Event]) -> None:
        self._setting, self._journey = setting, setting.journey
        self._profile_id = profile_id
        first = setting.period.first
        begin = bisect_left(history, first, key=lambda event: event.received_at)
        self._before, self._coming = history[:begin], deque(history[begin:])
        self._consents = deque(event for event in history if event.name == CONSENT_CHANGED)
        self._known = Known(setting.asked, setting.zone)
        self._moves = Moves(setting)
        self._asks = Asks(setting, profile_id)
        self._guard = Guard(setting.journey)
        self._standing = frozenset(standing_triggers(setting.journey))
        self._is_born = bool(self._before)
        self._past: list[Happened] = []
        self._runs: dict[str, _Going] = {}
        self._active: dict[str, _Going] = {}
        self._wakes: list[tuple[datetime, str, int]] = []
        self._own: list[Event] = []
        self._asked: list[Request] = []
        self._messages: list[Judged] = []
        self._outgoing = Outgoing(setting)
        self._actions: Counter[str] = Counter()
        self._turned: Counter[Turned] = Counter()

    def live(self) -> Story:
        self._remember()
        while (now := self._next()) is not None and now < self._setting.period.last:
            self._hear_consents(now)
            if self._coming and self._coming[0].received_at == now:
                self._arrive([*self._arrivals(now)], now)
            elif self._asks.next_at == now:
                self._ask(now)
            elif due := self._moves.due(now):
                self._turn(due, now)
            elif self._outgoing.next_at == now:
                self._let_out(self._outgoing.come_back(self._enrolment, self._known, now))
            else:
                self._wake(now)
            self._settle(now)
        return Story(
            self._profile_id,
            tuple(going.enrolment for going in self._runs.values()),
            (*self._messages, *self._outgoing.left()),
            self._actions,
            self._turned,
            self._outgoing.deferrals,
        )

    def _enrolment(self, name: str) -> Enrolment:
        return self._runs[name].enrolment

    # --- time ---------------------------------------------------------------------------------

    def _next(self) -> datetime | None:
        """What comes first; of an instant arrivals, asks, turns, messages put off, then wakes."""
        instants = (
            self._coming[0].received_at if self._coming else None,
            self._asks.next_at,
            self._moves.next_turn,
            self._outgoing.next_at,
            self._wakes[0][0] if self._wakes else None,
        )
        return min((at for at in instants if at is not None), default=None)

    def _arrivals(self, now: datetime) -> Iterator[Event]:
        while self._coming and self._coming[0].received_at == now:
            event = self._coming.popleft()
            if not self._guard.is_act(event):
                yield event

    def _remember(self) -> None:
        """Take in what was before the period; nothing of it is news."""
        for event in self._before:
            self._known.tell(event)
            self._outgoing.remember(event)
            if event.name in self._setting.triggers:
                insort(self._past, happened_by(event), key=when)
            self._guard.remember(event)
        if self._before:
            wanted = self._moves.touched((), (), born=True)
            list(self._moves.judge(wanted, self._known.view(), self._setting.period.first))

    def _hear_consents(self, now: datetime) -> None:
        while self._consents and self._consents[0].received_at <= now + TOLD_WITHIN:
            self._known.hear(self._consents.popleft())

    # --- what happens ---------------------------------------------------------------------------

    def _arrive(self, arrived: Sequence[Event], now: datetime) -> None:
        """Events of one instant: all are known before any is told, as stores have them."""
        listened = []
        for event in arrived:
            self._known.tell(event)
            self._outgoing.remember(event)
            if event.name in self._setting.triggers:
                listened.append(happened_by(event))
                insort(self._past, listened[-1], key=when)
        for happened in listened:
            self._tell(happened, now)
        if arrived and self._setting.index.references:
            names = {event.name for event in arrived}
            traits = {trait for event in arrived for trait in event.traits}
            wanted = self._moves.touched(names, traits, born=not self._is_born)
            self._turn(wanted, now)
            self._is_born = True

    def _ask(self, now: datetime) -> None:
        """Let a schedule ask the person in; what it asked then has the same id."""
        asked = [one for one in self._asks.due(now, self._known) if not self._guard.is_act(one)]
        for one in asked:
            self._guard.did(one)
        self._arrive(asked, now)

    def _turn(self, wanted: set[str], now: datetime) -> None:
        """Judge segments and stages, and tell of those that have turned."""
        for happened in [*self._moves.judge(wanted, self._known.view(), now)]:
            if happened.trigger in self._setting.triggers:
                insort(self._past, happened, key=when)
                self._tell(happened, now)

    def _tell(self, happened: Happened, now: datetime) -> None:
        for going in [*self._active.values()]:
            self._move(going, happened, now)
        if enters(self._journey, happened):
            self._enter(happened, now)
        elif matches(self._journey.entry, happened):
            self._turned["too_old"] += 1

    def _enter(self, happened: Happened, now: datetime) -> None:
        journey, setting = self._journey, self._setting
        ids = setting.workspace_id, journey.journey_id, self._profile_id
        name = enrolment_id(*ids, happened.fact_id, key_of(journey, happened.properties))
        if self._guard.has_begun(name):
            return
        if not self._guard.admits(happened, name):
            self._turned["not_again"] += 1
            return
        made = enrol(
            journey,
            setting.version,
            happened,
            workspace_id=setting.workspace_id,
            profile_id=self._profile_id,
            enrolment_id=name,
        )
        self._guard.begin(made.enrolment)
        going = self._runs[name] = self._active[name] = _Going(made.enrolment)
        self._note(told_by(made.enrolment, 0, now))
        self._go(going, made, now)
        for past in self._since(made.enrolment.entered_at, self._standing):
            self._move(going, past, now)
        self._look_back(going, now)

    def _wake(self, now: datetime) -> None:
        _, name, turn = heappop(self._wakes)
        going = self._runs[name]
        if going.turn == turn:
            at = going.enrolment.at
            due = TimeUp(at, going.enrolment.visits[at])
            self._go(going, advance(self._journey, going.enrolment, due, now), now)
            self._look_back(going, now)

    def _move(self, going: _Going, happened: Happened, now: datetime) -> None:
        made = advance(self._journey, going.enrolment, happened, now)
        if made.enrolment is not going.enrolment:
            self._go(going, made, now)
            self._look_back(going, now)

    def _go(self, going: _Going, made: Advance, now: datetime) -> None:
        """Carry out everything up to the next wait, and plan its end."""
        before = going.enrolment
        made = carry_on(
            self._journey, made, None, now, self._facts, belongs=lambda _step, _after: True
        )
        after = going.enrolment = made.enrolment
        self._asked += asked_for(self._journey, after, after.trace[going.told :])
        going.told = len(after.trace)
        self._note(told_by(after, len(before.trace), now))
        if after.status != "active":
            self._guard.end(after)
            del self._active[after.enrolment_id]
            going.turn += 1
        elif made.wake is not None:
            going.turn += 1
            heappush(self._wakes, (max(made.wake, now), after.enrolment_id, going.turn))

    def _look_back(self, going: _Going, now: datetime) -> None:
        """Find what came before the run began to wait."""
        waiting, turn = going.enrolment.waiting, going.turn
        if waiting is None or not waiting.triggers:
            return
        for happened in self._since(waiting.since, frozenset(waiting.triggers)):
            self._move(going, happened, now)
            if going.turn != turn:
                return

    def _since(self, at: datetime, triggers: frozenset[str]) -> list[Happened]:
        if not triggers:
            return []
        begin = bisect_left(self._past, (at, ""), key=when)
        return [one for one in self._past[begin:] if one.trigger in triggers]

    def _facts(self, step: AskingStep) -> Facts:
        setting = self._setting
        arms = setting.arms[step.name] if isinstance(step, BranchStep) else ()
        return Facts(self._known.view(), setting.zone, arms, self._known.active)

    # --- what follows ---------------------------------------------------------------------------

    def _note(self, acts: Iterable[Event]) -> None:
        """Keep what the journey did for the history, where anything asks for it."""
        for event in acts:
            if event.traits or event.name in self._setting.heeded:
                self._guard.did(event)
                self._own.append(event)

    def _settle(self, now: datetime) -> None:
        """See to what was asked for, and let the history know what was done."""
        while self._asked or self._own:
            asked, self._asked = self._asked, []
            for request in asked:
                self._see_to(request, now)
            own, self._own = self._own, []
            if own:
                self._arrive(own, now)

    def _see_to(self, request: Request, now: datetime) -> None:
        if isinstance(request, ActionRequest):
            self._actions[request.action.type] += 1
            self._note(told(request, ("user_id", self._profile_id), now))
            return
        enrolment = self._runs[request.enrolment_id].enrolment
        self._let_out(self._outgoing.see_to(request, enrolment, self._known, now))

    def _let_out(self, judged: Judged | None) -> None:
        """Keep what became of a message, unless it is put off."""
        if judged is None:
            return
        self._messages.append(judged)
        if judged.outcome == SENT:
            self._note([message_sent(judged.request, judged.channel, judged.at)])
