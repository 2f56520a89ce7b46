"""The messages of one replayed person on their way out: put off, come back, and counted as sent.

What was sent before the period, and by other journeys in it, counts against the contact budget as
it does live; the history says so by `$message_sent`. Which windows were open then nobody knows, so
they count as open.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from heapq import heappop, heappush
from typing import Final, get_args

from shared.domain.backtests.messages import Judged, PutOff, judge_message
from shared.domain.backtests.setting import Setting
from shared.domain.events.model import Event
from shared.domain.events.own import MESSAGE_SENT
from shared.domain.histories.known import Known
from shared.domain.journeys.enrolment import Enrolment
from shared.domain.messages.budget import LONGEST
from shared.domain.messages.channels import CHANNELS
from shared.domain.messages.ledger import NOTHING, Use
from shared.domain.messages.model import MessageRequest
from shared.domain.messages.timing import Moment, counts_at
from shared.domain.workspace.purposes import Purpose

_PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)


@dataclass(frozen=True, slots=True)
class _Waiting:
    request: MessageRequest
    put_off: PutOff
    began_at: datetime


class Outgoing:
    """Everything that was asked for and is not decided, and the ledger of the contact budget."""

    def __init__(self, setting: Setting) -> None:
        """Nothing was sent yet."""
        self._setting = setting
        self._ledger = NOTHING
        self._coming: list[tuple[datetime, int, _Waiting]] = []
        self._order = 0
        self.deferrals: Counter[tuple[datetime, str, str]] = Counter()
        """How often messages were put off, by instant, channel and reason."""

    @property
    def next_at(self) -> datetime | None:
        """When the next message comes back."""
        return self._coming[0][0] if self._coming else None

    def remember(self, event: Event) -> None:
        """Take in that a message was sent; any other event is none of ours."""
        properties = event.properties
        message_id, channel = properties.get("message_id"), properties.get("channel")
        if event.name != MESSAGE_SENT or not isinstance(message_id, str):
            return
        if event.occurred_at < self._setting.period.first - LONGEST:
            return
        known = next((one for one in CHANNELS if one == channel), None)
        if known is None or message_id in self._ledger.used:
            return
        template = self._setting.templates.get(str(properties.get("template_id")))
        said = properties.get("purpose")
        purpose: Purpose = next((one for one in _PURPOSES if one == said), "marketing")
        topic = str(properties.get("topic") or (template.topic if template else ""))
        form = str(getattr(template, "form", ""))
        use = Use(event.occurred_at, known, purpose, topic, form)
        self._ledger = self._ledger.took(message_id, use)

    def see_to(
        self, request: MessageRequest, enrolment: Enrolment, known: Known, now: datetime
    ) -> Judged | None:
        """What becomes of a message that is asked for now; None when it is put off."""
        return self._judge(request, enrolment, known, Moment.at(now))

    def come_back(
        self, runs: Callable[[str], Enrolment], known: Known, now: datetime
    ) -> Judged | None:
        """What becomes of the one that comes back at this instant; None when it is put off again.

        `runs` gives an enrolment by its id.
        """
        _, _, waiting = heappop(self._coming)
        request = waiting.request
        kept_by = waiting.put_off.reason
        moment = Moment(now=now, began_at=waiting.began_at, wall=now, kept_by=kept_by)
        return self._judge(request, runs(request.enrolment_id), known, moment)

    def left(self) -> list[Judged]:
        """Those that still wait when the period ends, with what they wait for."""
        return [
            Judged(one.request, at, one.put_off.channel, one.put_off.reason)
            for at, _, one in sorted(self._coming, key=lambda each: each[:2])
        ]

    def _judge(
        self, request: MessageRequest, enrolment: Enrolment, known: Known, moment: Moment
    ) -> Judged | None:
        setting, now = self._setting, moment.now
        judged = judge_message(setting, request, enrolment, known, moment, self._ledger)
        if isinstance(judged, PutOff):
            if judged.waits is not None:
                self._ledger = self._ledger.waits(judged.waits)
            self._order += 1
            waiting = _Waiting(request, judged, moment.began_at)
            heappush(self._coming, (judged.until, self._order, waiting))
            self.deferrals[now, judged.channel, judged.reason] += 1
            return None
        if judged.use is not None:
            counts = partial(counts_at, setting.settings, known.traits, now)
            ledger = self._ledger.took(request.message_id, judged.use)
            self._ledger = ledger.kept(now, counts)
        elif self._ledger.holds(request.message_id):
            self._ledger = self._ledger.without(request.message_id)
        return judged
