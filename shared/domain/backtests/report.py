"""What a backtest tells: who would have entered, what would have gone out, and what it costs.

Reports of parts of the people add up to the report of all of them, in any order, and take the same
room however many people there are.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.domain.backtests.messages import SENT
from shared.domain.backtests.setting import Setting
from shared.domain.backtests.story import Story
from shared.domain.costs.bill import Work
from shared.domain.costs.transitions import transitions
from shared.domain.days import natural_day
from shared.domain.journeys.enrolment import HOLDOUT, Enrolment

NO_PROMISE: Final = (
    "It reports reach and load as they would have been. It does not predict lift:"
    " people to whom it would have written were not written to."
)
NO_PROMISE_ZH: Final = "回测只报告触达人数与负载，不预测效果提升：当时这些用户并没有收到消息。"
SAMPLES: Final = 10
_LONGEST_SAMPLE: Final = 60  # decisions of a trace that is shown
_NO_CHANNEL: Final = "unknown"  # of a template that is not there
_GAP: Final = "\t"  # between the parts of a name in JSON; no name holds one


@dataclass(slots=True)
class Report:
    """Tallies of people, runs, messages and what they took.

    `deferrals` count by day, channel and reason how often messages were put off.
    `entries` go by day; `ends` by status and reason, `active` being those who are inside when the
    period ends; `messages` by day, channel and outcome; `parts` by channel, what sent messages are
    paid by; `actions` by type; `steps` by step and decision; `turned_away` by why nobody entered.
    """

    people: int = 0
    events: int = 0
    people_entered: int = 0
    enrolments: int = 0
    held_out: int = 0
    goals: int = 0
    transitions: int = 0
    entries: Counter[str] = field(default_factory=Counter)
    ends: Counter[tuple[str, str]] = field(default_factory=Counter)
    messages: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    deferrals: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)
    steps: Counter[tuple[str, str]] = field(default_factory=Counter)
    actions: Counter[str] = field(default_factory=Counter)
    turned_away: Counter[str] = field(default_factory=Counter)
    samples: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, setting: Setting, story: Story, events: int) -> None:
        """Take in what came of one person, of whom so many events were read."""
        self.people += 1
        self.events += events
        self.people_entered += bool(story.enrolments)
        self.turned_away.update(story.turned_away)
        self.actions.update(story.actions)
        for enrolment in story.enrolments:
            self._add_run(setting, enrolment)
        for message in story.messages:
            day = natural_day(message.at, setting.zone).isoformat()
            channel = message.channel or _NO_CHANNEL
            self.messages[day, channel, message.outcome] += 1
            if message.outcome == SENT:
                self.parts[channel] += message.parts

        for (at, kept_on, reason), times in story.deferrals.items():
            day = natural_day(at, setting.zone).isoformat()
            self.deferrals[day, kept_on, reason] += times

    def _add_run(self, setting: Setting, enrolment: Enrolment) -> None:
        self.enrolments += 1
        self.held_out += enrolment.reason == HOLDOUT
        self.goals += enrolment.goal_at is not None
        self.transitions += transitions(setting.journey, enrolment)
        self.entries[natural_day(enrolment.entered_at, setting.zone).isoformat()] += 1
        self.ends[enrolment.status, enrolment.reason] += 1
        self.steps.update((entry.step, entry.decision) for entry in enrolment.trace if entry.step)
        if len(self.samples) < SAMPLES or enrolment.enrolment_id < max(self.samples):
            told = enrolment.to_json()
            told["trace"] = told["trace"][:_LONGEST_SAMPLE]
            self.samples[enrolment.enrolment_id] = told
            self._keep_few()

    def merge(self, other: "Report") -> None:
        """Take in the report of other people."""
        for name in _NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in (*_SINGLE, *_JOINED):
            getattr(self, name).update(getattr(other, name))
        self.samples |= other.samples
        self._keep_few()

    def _keep_few(self) -> None:
        """The same ones whoever came first: ids are digests, so this is a fair choice."""
        for name in sorted(self.samples)[SAMPLES:]:
            del self.samples[name]

    def decided(self, *decisions: str) -> int:
        """How often any of these decisions was made."""
        return sum(times for (_, decision), times in self.steps.items() if decision in decisions)

    @property
    def sent(self) -> int:
        """The messages that would have gone out."""
        return sum(n for (_, _, outcome), n in self.messages.items() if outcome == SENT)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON data, in one order; `from_json` reads it."""
        return {
            **{name: getattr(self, name) for name in _NUMBERS},
            **{name: dict(sorted(getattr(self, name).items())) for name in _SINGLE},
            **{
                name: {_GAP.join(key): n for key, n in sorted(getattr(self, name).items())}
                for name in _JOINED
            },
            "samples": dict(sorted(self.samples.items())),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Report":
        """Read what `to_json` wrote."""
        report = cls(samples=dict(data["samples"]))
        for name in _NUMBERS:
            setattr(report, name, data[name])
        for name in _SINGLE:
            setattr(report, name, Counter(data[name]))
        for name, most in _JOINED.items():
            counted = data.get(name, {})  # a report of before something was counted lacks it
            named = {tuple(key.split(_GAP, most)): n for key, n in counted.items()}
            setattr(report, name, Counter(named))
        return report


def work_of(report: Report) -> Work:
    """What has to be paid for."""
    return Work(
        operations={
            "enrolment": report.enrolments,
            "wait": report.decided("waiting"),
            "branch": report.decided("took"),
            "message": sum(report.messages.values()),
            "action": sum(report.actions.values()),
        },
        transitions=report.transitions,
        parts=dict(report.parts),
    )


_NUMBERS: Final = (
    *("people", "events", "people_entered", "enrolments", "held_out", "goals", "transitions"),
)
_SINGLE: Final = ("entries", "parts", "actions", "turned_away")
_JOINED: Final = {"ends": 1, "messages": 2, "deferrals": 2, "steps": 1}
"""Those whose names have several parts, and how many gaps are between them."""
