"""Keeps what decides about consent within what one row can hold."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from shared.domain.consents.in_force import reduced
from shared.domain.consents.model import Decision, Scope
from shared.domain.workspace.purposes import ConsentPurpose

MOST_TOPICS: Final = 20  # of a purpose, for one person; the ledger has no such limit
# What a line takes comes twice into a row of 400 KB: among what decides, and in what is in force.
MOST_BYTES: Final = 150_000
_BESIDE: Final = 100  # bytes of a line beside its source and topic

Ledgers = dict[str, list[Decision]]


def fitted(ledgers: Mapping[str, Iterable[Decision]]) -> Ledgers:
    """Ledgers with at most `MOST_TOPICS` topics of a purpose, and within what a row holds.

    Beyond them, those only granted first and then by the alphabet, a refusal counts for all topics
    whatever is granted for all of them, and a grant for none: whoever fills a row up can only make
    less be sent. When that is too much still, no topic is told from
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
    kept = {Scope(purpose, topic) for purpose, topic in _told_apart(ledgers, most)}
    lines = [line for found in ledgers.values() for line in found]
    wider = {
        line.scope._replace(topic="")
        for line in lines
        if not line.granted and _topic_of(line) not in kept
    }
    return reduced(
        {
            strand: [
                line
                if _topic_of(line) in kept
                else replace(line, scope=line.scope._replace(topic=""))
                for line in found
                if (not line.granted)
                or (_topic_of(line) in kept and not any(_meets(line.scope, one) for one in wider))
            ]
            for strand, found in ledgers.items()
        }
    )


def _told_apart(ledgers: Ledgers, most: int) -> Iterator[tuple[ConsentPurpose, str]]:
    """The topics of each purpose that are kept, those that somebody refused first."""
    topics: dict[ConsentPurpose, dict[str, bool]] = {}
    for line in (line for found in ledgers.values() for line in found):
        purpose, topic, _ = line.scope
        known = topics.setdefault(purpose, {})
        known[topic] = known.get(topic, True) and line.granted
    for purpose, known in topics.items():
        yield purpose, ""
        named = sorted((only_granted, topic) for topic, only_granted in known.items() if topic)
        yield from ((purpose, topic) for _, topic in named[:most])


def _topic_of(line: Decision) -> Scope:
    return line.scope._replace(channel="")


def _meets(broad: Scope, refused: Scope) -> bool:
    """Whether a grant for all topics would lift a refusal that counts for all of them only now."""
    same = {broad.channel, refused.channel}
    return broad.purpose == refused.purpose and not broad.topic and (len(same) == 1 or "" in same)
