"""Reads who a strand's person is together with the consents in force, as of one instant."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import consent_rows as rows
from shared.aws import keys
from shared.aws.consent_moves import item_key
from shared.aws.consent_rows import Kept
from shared.aws.faults import faults_are_transient
from shared.aws.items import Item, from_item, is_contention, query_prefix
from shared.aws.person_reader import MAX_HOPS, graph_of
from shared.domain.consents.model import Decision
from shared.domain.identity.graph import Graph
from shared.errors import TransientError

# A call brings 4 MB at most; rows of 400 KB, which nearly nobody has, would be more.
_TOO_MUCH: Final = frozenset({"TransactionCanceledException", "ValidationException"})


@dataclass(frozen=True, slots=True)
class Standing:
    """A person and the consents in force, as they were at one instant.

    `graph` is None for a person who was never anything but one strand.
    """

    root: str
    graph: Graph | None
    graph_version: int | None
    kept: Kept

    @property
    def strands(self) -> tuple[str, ...]:
        """The person's strands, the root first."""
        if self.graph is None:
            return (self.root,)
        return tuple(dict.fromkeys((self.root, *(node.strand_id for node in self.graph.nodes))))


class ConsentReader:
    """The consents of all people; every method raises TransientError when AWS is busy."""

    def __init__(self, client: Any, table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = table

    def standing(self, workspace_id: str, strand_id: str) -> Standing | None:
        """The person of a strand and what is in force.

        None when there is no such person, or the person is being erased.
        """
        for _ in range(MAX_HOPS):
            profile, consent = self._at_once(workspace_id, strand_id)
            if profile is None or "erasing" in profile:
                return None
            row = from_item(profile)
            if "redirect" not in row:
                version = row.get("graph_version")
                return Standing(strand_id, graph_of(row), version, rows.kept_of(consent))
            strand_id = row["redirect"]
        raise TransientError("the person is being merged", hint="try again")

    def standings(self, workspace_id: str, strands: Sequence[str]) -> list[Standing]:
        """The people of several strands, those who are gone left out; 50 strands at most.

        All are read as of one instant, unless that is too much for one call or somebody writes to
        them just then; then each of them is.
        """
        profiles_and_consents = [
            {"Get": {"TableName": self._table, "Key": item_key(workspace_id, strand, sk)}}
            for strand in strands
            for sk in (keys.PROFILE, keys.CONSENT)
        ]
        try:
            with faults_are_transient():
                answer = self._client.transact_get_items(TransactItems=profiles_and_consents)
        except ClientError as error:
            if not (is_contention(error) or error.response["Error"]["Code"] in _TOO_MUCH):
                raise
            found = [self.standing(workspace_id, strand) for strand in strands]
            return [each for each in found if each is not None]
        items = [one.get("Item") for one in answer["Responses"]]
        found = [
            self._standing_of(workspace_id, strand, *items[2 * n : 2 * n + 2])
            for n, strand in enumerate(strands)
        ]
        return [each for each in found if each is not None]

    def _standing_of(
        self, workspace_id: str, strand_id: str, profile: Item | None, consent: Item | None
    ) -> Standing | None:
        if profile is None or "erasing" in profile:
            return None
        row = from_item(profile)
        if "redirect" in row:
            return self.standing(workspace_id, row["redirect"])
        return Standing(strand_id, graph_of(row), row.get("graph_version"), rows.kept_of(consent))

    def ledger(self, workspace_id: str, strands: Iterable[str]) -> dict[str, list[Decision]]:
        """Everything that was ever decided, by strand, the oldest first."""
        return {strand: self._ledger(workspace_id, strand) for strand in strands}

    def _ledger(self, workspace_id: str, strand_id: str) -> list[Decision]:
        with faults_are_transient():
            items = query_prefix(
                self._client,
                self._table,
                keys.Key(keys.person(workspace_id, strand_id), keys.AGREED_PREFIX),
            )
            found = [rows.decision_of(from_item(item)) for item in items]
        return sorted(found, key=lambda decision: decision.moment)

    def _at_once(self, workspace_id: str, strand_id: str) -> tuple[Item | None, Item | None]:
        wanted = [item_key(workspace_id, strand_id, sk) for sk in (keys.PROFILE, keys.CONSENT)]
        gets = [{"Get": {"TableName": self._table, "Key": key}} for key in wanted]
        try:
            with faults_are_transient():
                answer = self._client.transact_get_items(TransactItems=gets)
        except ClientError as error:
            if is_contention(error):
                raise TransientError("the person is being written to, try again") from error
            raise
        profile, consent = (one.get("Item") for one in answer["Responses"])
        return profile, consent
