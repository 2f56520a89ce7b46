"""The preference centre: from what is in force to boxes, and from ticked boxes to decisions."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from functions.answer_links.pages import Cell, Language, channel_word, word
from shared.aws.consent_reader import Standing
from shared.domain.consents.in_force import in_force, verdict, without_stamps
from shared.domain.consents.model import Decision, InForce, Scope
from shared.domain.workspace.model import WorkspaceSettings
from shared.domain.workspace.purposes import ConsentPurpose

# Of the same instant a refusal holds, so what lifts a part of it again comes after it.
_AFTER: Final = timedelta(milliseconds=1)


class Choosing:
    """What one workspace lets people choose."""

    def __init__(self, settings: WorkspaceSettings, standing: Standing) -> None:
        """`standing` is what the person said so far."""
        self._settings = settings
        self._in_force = standing.kept.decisions
        self._alone = of_each_strand(standing)
        self.channels = settings.preference_channels

    def rows(self, language: Language) -> list[tuple[str, list[Cell]]]:
        """A row a topic, a cell a channel; what belongs to no topic comes last."""
        titles = {
            one.topic: one.title_zh if language == "zh" and one.title_zh else one.title
            for one in self._settings.preference_topics
        }
        titles[""] = word("everything", language)
        return [
            (title, [self._cell(topic, channel, title, language) for channel in self.channels])
            for topic, title in titles.items()
        ]

    def more(self, language: Language) -> list[Cell]:
        """What concerns messages of all kinds."""
        return [Cell(one, word(one, language), self._wish(one)) for one in self._wishes()]

    def stop_all(self, now: datetime, source: str) -> list[Decision]:
        """No more marketing at all; nothing where that holds already."""
        if all(map(_is_stopped, (self._in_force, *self._alone))):
            return []
        return [Decision(Scope("marketing"), False, now, source, "link")]

    def decisions(
        self, ticked: Mapping[str, str], now: datetime, source: str
    ) -> Iterator[Decision]:
        """What is different from what is in force; nothing when the same form comes again.

        A refusal that only some strands hold is said once more: the request that brought it died
        before it came to the others. So is one that clients have stamped: they take it back.
        """
        for channel in self.channels:
            yield from self._of_channel(channel, ticked, now, source)
        for purpose in self._wishes():
            wished = purpose in ticked
            scope = Scope(purpose)
            if wished != self._wish(purpose) or (not wished and self._is_half_refused(scope)):
                yield Decision(scope, wished, now, source, "link")

    def _of_channel(
        self, channel: str, ticked: Mapping[str, str], now: datetime, source: str
    ) -> Iterator[Decision]:
        wide = _name("", channel) in ticked
        scope = Scope("marketing", "", channel)
        said = wide != self._holds("", channel) or (not wide and self._is_half_refused(scope))
        if said:
            yield Decision(scope, wide, now, source, "link")
        for one in self._settings.preference_topics:
            wished = _name(one.topic, channel) in ticked
            scope = Scope("marketing", one.topic, channel)
            other = wished != self._holds(one.topic, channel) or (said and wished != wide)
            if other or (not (wished or said) and self._is_half_refused(scope)):
                yield Decision(scope, wished, now + _AFTER, source, "link")

    def _is_half_refused(self, scope: Scope) -> bool:
        """Whether the person said no, and not every strand would by itself."""
        return _is_refused(self._in_force, scope) and not all(
            _is_refused(alone, scope) for alone in self._alone
        )

    def _cell(self, topic: str, channel: str, title: str, language: Language) -> Cell:
        label = f"{title}: {channel_word(channel, language)}"
        return Cell(_name(topic, channel), label, self._holds(topic, channel))

    def _holds(self, topic: str, channel: str) -> bool:
        said = verdict(self._in_force, "marketing", topic, channel)
        return said.granted if said else "marketing" not in self._settings.consent_required

    def _wishes(self) -> tuple[ConsentPurpose, ...]:
        return ("personalisation", "tracking") if self._settings.tracking else ("personalisation",)

    def _wish(self, purpose: ConsentPurpose) -> bool:
        said = verdict(self._in_force, purpose)
        unsaid = purpose == "tracking" or self._settings.personalisation_default
        return said.granted if said else unsaid


def of_each_strand(standing: Standing) -> list[InForce]:
    """What somebody said, for each strand as if it were a person by itself.

    What clients stamp is left out: it would be taken back with the next stamp.
    """
    ledgers = without_stamps(standing.kept.ledgers)
    return [in_force({strand: ledgers.get(strand, ())}, ()) for strand in standing.strands]


def is_refused_everywhere(standing: Standing, scope: Scope) -> bool:
    """Whether each strand says no: the request before may have died between two of them."""
    return all(_is_refused(alone, scope) for alone in of_each_strand(standing))


def _is_refused(decisions: InForce, scope: Scope) -> bool:
    said = verdict(decisions, *scope)
    return said is not None and not said.granted


def _is_stopped(decisions: InForce) -> bool:
    said = [line for scope, line in decisions.items() if scope.purpose == "marketing"]
    return Scope("marketing") in decisions and not any(line.granted for line in said)


def _name(topic: str, channel: str) -> str:
    return f"marketing/{topic}@{channel}"
