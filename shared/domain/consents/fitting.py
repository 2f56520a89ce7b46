"""Keeps what decides about consent within what one row can hold."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from shared.domain.consents.in_force import reduced
from shared.domain.consents.model import Decision
from shared.domain.workspace.purposes import ConsentPurpose

MOST_TOPICS: Final = 20  # of a purpose, for one person; the ledger has no such limit
# What a line takes comes twice into a row of 400 KB: among what decides, and in what is in force.
MOST_BYTES: Final = 150_000
_BESIDE: Final = 100  # bytes of a line beside its source and topic

Ledgers = dict[str, list[Decision]]


def fitted(ledgers: Mapping[str, Iterable[Decision]]) -> Ledgers:
    """Ledgers with at most `MOST_TOPICS` topics of a purpose, and within what a row holds.

    Beyond them, by the alphabet, a refusal counts for all topics and a grant for none: whoever
    fills a row up can only make less be sent. When that is too much still, no topic is told from
    another any more, and then no channel.
    """
    everything = {strand: list(lines) for strand, lines in ledgers.items()}
    kept = _with_topics(everything, MOST_TOPICS)
    if _bytes(kept) > MOST_BYTES:
        kept = _with_topics(everything, 0)
    if _bytes(kept) > MOST_BYTES:
        kept = _without_channels(kept)
    return kept


def _bytes(ledgers: Ledgers) -> int:
    return sum(
        len(line.source.encode()) + len(line.scope.topic) + _BESIDE
        for lines in ledgers.values()
        for line in lines
    )


def _without_channels(ledgers: Ledgers) -> Ledgers:
    return reduced(
        {
            strand: [
                replace(line, scope=line.scope._replace(channel=""))
                for line in lines
                if not line.granted or not line.scope.channel
            ]
            for strand, lines in ledgers.items()
        }
    )


def _with_topics(ledgers: Ledgers, most: int) -> Ledgers:
    topics: dict[ConsentPurpose, set[str]] = {}
    for lines in ledgers.values():
        for line in lines:
            topics.setdefault(line.scope.purpose, {""}).add(line.scope.topic)
    kept = {purpose: set(sorted(found)[: most + 1]) for purpose, found in topics.items()}
    return reduced(
        {
            strand: [
                line
                if line.scope.topic in kept[line.scope.purpose]
                else replace(line, scope=line.scope._replace(topic=""))
                for line in lines
                if line.scope.topic in kept[line.scope.purpose] or not line.granted
            ]
            for strand, lines in ledgers.items()
        }
    )
