"""Keeps what decides about consent within what one row can hold."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from shared.domain.consents.in_force import reduced
from shared.domain.consents.model import Decision
from shared.domain.workspace.purposes import ConsentPurpose

MOST_TOPICS: Final = 20  # of a purpose, for one person; the ledger has no such limit


def fitted(ledgers: Mapping[str, Iterable[Decision]]) -> dict[str, list[Decision]]:
    """Ledgers with at most `MOST_TOPICS` topics of a purpose.

    Beyond them, by the alphabet, a refusal counts for all topics and a grant for none: whoever
    fills a row up can only make less be sent.
    """
    topics: dict[ConsentPurpose, set[str]] = {}
    for lines in ledgers.values():
        for line in lines:
            topics.setdefault(line.scope.purpose, {""}).add(line.scope.topic)
    kept = {purpose: set(sorted(found)[: MOST_TOPICS + 1]) for purpose, found in topics.items()}
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
