"""Many people at once as files of audiences tell of them: identifiers, traits and consents."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, Final, NamedTuple

from shared.aws import keys
from shared.aws.consent_reader import ConsentReader, Standing
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, get_items
from shared.aws.person_reader import merged_traits
from shared.domain.audiences.formats import Contact
from shared.domain.consents.model import InForce

PEOPLE_A_READ: Final = 25


class Reached(NamedTuple):
    """A person and what is in force of what they agreed to."""

    contact: Contact
    consents: InForce


class ContactReader:
    """People in the profiles table; reads are strongly consistent.

    Every method raises TransientError when AWS is busy.
    """

    def __init__(self, client: Any, table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = table
        self._consents = ConsentReader(client, table)

    def of(self, workspace_id: str, profile_ids: Iterable[str]) -> Iterator[Reached]:
        """The people behind profiles, each once; who is gone, or on the way, is left out.

        Two profiles may have become one person since they were listed.
        """
        waiting = iter(profile_ids)
        merged: set[str] = set()
        while chunk := list(islice(waiting, PEOPLE_A_READ)):
            found = self._consents.standings(workspace_id, chunk)
            people: dict[str, Standing] = {}
            for standing in found:
                if len(standing.strands) > 1:
                    if standing.root in merged:
                        continue
                    merged.add(standing.root)
                people[standing.root] = standing
            yield from self._read(workspace_id, list(people.values()))

    def _read(self, workspace_id: str, people: Sequence[Standing]) -> Iterator[Reached]:
        wanted = [
            keys.Key(keys.person(workspace_id, strand), keys.PROFILE)
            for person in people
            for strand in person.strands
        ]
        with faults_are_transient():
            rows = get_items(self._client, self._table, wanted)
        for person in people:
            places = (
                keys.Key(keys.person(workspace_id, strand), keys.PROFILE)
                for strand in person.strands
            )
            traits = merged_traits(from_item(rows[place]) for place in places if place in rows)
            identifiers: dict[str, list[str]] = {}
            for node in person.graph.nodes if person.graph else ():
                identifiers.setdefault(node.identifier.kind, []).append(node.identifier.value)
            values = {name: one.value for name, one in traits.items() if one.value is not None}
            yield Reached(Contact(person.root, identifiers, values), person.kept.decisions)
