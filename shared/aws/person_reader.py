"""Finds the person behind a strand, as every function does that meets a profile_id."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import Item, from_item, get_items
from shared.domain.identity import graph
from shared.domain.identity.person import Person
from shared.domain.profiles import traits as trait_texts
from shared.domain.profiles.model import Trait
from shared.domain.profiles.traits import later
from shared.errors import TransientError

# Chains of redirects are flattened by whoever makes them; they are this long only for moments.
MAX_HOPS: Final = 8


def graph_of(row: Mapping[str, Any]) -> graph.Graph | None:
    """The graph in a PROFILE row that was read as plain data; None when it has none."""
    if "graph" not in row:
        return None
    return graph.from_json(json.loads(row["graph"]), row["graph_version"], row.get("joins", 0))


def person_of(workspace_id: str, profile_id: str, row: Mapping[str, Any]) -> Person | None:
    """The person for whom a profile answers by its PROFILE row; None when it answers for nobody.

    A person who is being erased is nobody's any more, although some rows may be there still.
    """
    if "redirect" in row or "erasing" in row:
        return None
    known = graph_of(row)
    one = Person.of_one(workspace_id, profile_id)
    person = known.person(workspace_id) if known else one
    return replace(person, enrols=row.get("enrols", False))


class PersonReader:
    """People in the profiles table; all reads are strongly consistent unless asked otherwise.

    Every method raises TransientError when AWS is busy or out of reach.
    """

    def __init__(self, client: Any, table: str, *, consistent: bool = True) -> None:
        """`client` is a low-level DynamoDB client.

        What is read of people at half the price (not `consistent`) can be a moment behind: that is
        for whoever acts on no news of theirs.
        """
        self._client = client
        self._table = table
        self._consistent = consistent

    def person(self, workspace_id: str, profile_id: str) -> Person | None:
        """The person that a strand belongs to now; None when there is no such strand."""
        found = self.answering(workspace_id, profile_id)
        return found[0] if found else None

    def persons(self, workspace_id: str, profile_ids: Sequence[str]) -> dict[str, Person]:
        """The people that many strands belong to now, by strand; who is gone is left out."""
        found = self._many(workspace_id, profile_ids)
        return {profile_id: person for profile_id, (person, _) in found.items()}

    def traits_of(self, workspace_id: str, profile_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What is known of many people, by strand; who is gone is left out."""
        found = self._many(workspace_id, profile_ids)
        traits = {
            profile_id: self.traits(person) if person.is_merged else merged_traits([row])
            for profile_id, (person, row) in found.items()
        }
        return {
            profile_id: {name: one.value for name, one in known.items()}
            for profile_id, known in traits.items()
        }

    def _many(
        self, workspace_id: str, profile_ids: Sequence[str]
    ) -> dict[str, tuple[Person, dict[str, Any]]]:
        wanted = {
            each: keys.Key(keys.person(workspace_id, each), keys.PROFILE) for each in profile_ids
        }
        items = self._get(list(wanted.values()))
        people: dict[str, tuple[Person, dict[str, Any]]] = {}
        for profile_id, key in wanted.items():
            if key not in items:
                continue
            row = from_item(items[key])
            person = person_of(workspace_id, profile_id, row)
            if person is not None:
                people[profile_id] = person, row
            elif "redirect" in row and (found := self.answering(workspace_id, row["redirect"])):
                people[profile_id] = found
        return people

    def answering(self, workspace_id: str, profile_id: str) -> tuple[Person, dict[str, Any]] | None:
        """The person that a strand belongs to now, and the PROFILE row that answers for it."""
        for _ in range(MAX_HOPS):
            key = keys.Key(keys.person(workspace_id, profile_id), keys.PROFILE)
            item = self._get([key]).get(key)
            if item is None:
                return None
            row = from_item(item)
            if "redirect" in row:
                profile_id = row["redirect"]
                continue
            person = person_of(workspace_id, profile_id, row)
            return (person, row) if person else None
        raise TransientError("the person is being merged", hint="try again")

    def traits(self, person: Person) -> dict[str, Trait]:
        """What is known of a person: of each trait the last claim in any strand."""
        wanted = [
            keys.Key(keys.person(person.workspace_id, strand), keys.PROFILE)
            for strand in person.strands
        ]
        found = self._get(wanted)
        rows = (from_item(found[key]) for key in wanted if key in found)
        return merged_traits(rows)

    def _get(self, wanted: list[keys.Key]) -> dict[keys.Key, Item]:
        with faults_are_transient():
            return get_items(self._client, self._table, wanted, consistent=self._consistent)


def merged_traits(rows: Any) -> dict[str, Trait]:
    """Lay the traits of PROFILE rows over one another; the later claim holds, in any order."""
    merged: dict[str, Trait] = {}
    for row in rows:
        for name, trait in trait_texts.from_json(json.loads(row.get("traits", "{}"))).items():
            merged[name] = later(merged[name], trait) if name in merged else trait
    return merged
