"""The preference centre: from what is in force to boxes, and from ticked boxes to decisions."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from functions.answer_links.pages import Cell, Language, channel_word, word
from shared.domain.consents.in_force import verdict
from shared.domain.consents.model import Decision, InForce, Scope
from shared.domain.workspace.model import WorkspaceSettings
from shared.domain.workspace.purposes import ConsentPurpose

# Of the same instant a refusal holds, so what lifts a part of it again comes after it.
_AFTER: Final = timedelta(milliseconds=1)


class Choosing:
    """What one workspace lets people choose."""

    def __init__(self, settings: WorkspaceSettings, in_force: InForce) -> None:
        """`in_force` is what the person said so far."""
        self._settings = settings
        self._in_force = in_force
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
        everything = Scope("marketing")
        said = [line for scope, line in self._in_force.items() if scope.purpose == "marketing"]
        if everything in self._in_force and not any(line.granted for line in said):
            return []
        return [Decision(everything, False, now, source, "link")]

    def decisions(
        self, ticked: Mapping[str, str], now: datetime, source: str
    ) -> Iterator[Decision]:
        """What is different from what is in force; nothing when the same form comes again."""
        for channel in self.channels:
            yield from self._of_channel(channel, ticked, now, source)
        for purpose in self._wishes():
            wished = purpose in ticked
            if wished != self._wish(purpose):
                yield Decision(Scope(purpose), wished, now, source, "link")

    def _of_channel(
        self, channel: str, ticked: Mapping[str, str], now: datetime, source: str
    ) -> Iterator[Decision]:
        wide = _name("", channel) in ticked
        moved = wide != self._holds("", channel)
        if moved:
            yield Decision(Scope("marketing", "", channel), wide, now, source, "link")
        for one in self._settings.preference_topics:
            wished = _name(one.topic, channel) in ticked
            if wished != self._holds(one.topic, channel) or (moved and wished != wide):
                scope = Scope("marketing", one.topic, channel)
                yield Decision(scope, wished, now + _AFTER, source, "link")

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


def _name(topic: str, channel: str) -> str:
    return f"marketing/{topic}@{channel}"
