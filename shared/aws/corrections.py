"""Puts right what operators had decided, in people and lists that were made again from the lake."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.catalog import CatalogReader
from shared.aws.faults import faults_are_transient
from shared.aws.identity_judge import IdentityJudge
from shared.aws.identity_rows import dispute_of
from shared.aws.items import is_conditional_failure, to_item
from shared.aws.lake_facts import CUT
from shared.domain.identity.evidence import Pair
from shared.domain.identity.graph import Identifier
from shared.domain.identity.resolution import Known, Resolution
from shared.domain.identity.rulebook import Rulebook, rulebook_of
from shared.domain.identity.unmerge import Order, remerge, unmerge_link
from shared.domain.instants import parse_instant
from shared.domain.recovery.rows import Fact
from shared.errors import NotFoundError


class Corrections:
    """Every method may be repeated, and raises TransientError."""

    def __init__(
        self, client: Any, table: str, judge: IdentityJudge, catalog: CatalogReader
    ) -> None:
        """`client` is a low-level DynamoDB client, `table` the one of people."""
        self._client = client
        self._table = table
        self._judge = judge
        self._catalog = catalog

    def correct(self, workspace_id: str, facts: Iterable[Fact]) -> None:
        """Let the last word about each cut and each suppression hold."""
        rulebook = rulebook_of(self._catalog.identity_rules(workspace_id))
        for fact in facts:
            if fact.kind == CUT:
                with suppress(NotFoundError):  # of somebody who was erased
                    self._cut(workspace_id, rulebook, fact)
            elif fact.told is None:
                self._let_write(workspace_id, fact)
            else:
                self._suppress(workspace_id, fact)

    # --- cuts ---------------------------------------------------------------------------------

    def _cut(self, workspace_id: str, rulebook: Rulebook, fact: Fact) -> None:
        pair = self._stands_cut(workspace_id, fact)
        if fact.told is None:
            if pair is not None:
                self._decide(workspace_id, rulebook, pair, lambda k: remerge(k, [pair], rulebook))
            return
        if pair is not None:
            return
        told = fact.told
        one, other = Identifier(*told["left"]), Identifier(*told["right"])
        order = Order(told["message_id"], told["source_id"], parse_instant(told["at"]))

        def cut(known: Known) -> Resolution:
            return unmerge_link(known, one, other, order, rulebook).resolution

        self._decide(workspace_id, rulebook, (one, other), cut)

    def _decide(
        self,
        workspace_id: str,
        rulebook: Rulebook,
        pair: Pair,
        decide: Callable[[Known], Resolution],
    ) -> None:
        self._judge.decide_again(workspace_id, rulebook, pair, decide)

    def _stands_cut(self, workspace_id: str, fact: Fact) -> Pair | None:
        """The pair that a dispute row cuts; None when there is no such row, or another reason."""
        key = keys.Key(keys.person(workspace_id, fact.strand_id), fact.key)
        with faults_are_transient():
            item = self._client.get_item(
                TableName=self._table, Key=to_item(key._asdict()), ConsistentRead=True
            ).get("Item")
        dispute = dispute_of(item) if item else None
        return dispute.edge.pair if dispute and dispute.reason == "unmerged" else None

    # --- suppressions -------------------------------------------------------------------------

    def _suppress(self, workspace_id: str, fact: Fact) -> None:
        """What is there already has its plain address, which the copy lacks, and stays."""
        item = to_item({**_suppression(workspace_id, fact)._asdict(), **(fact.told or {})})
        try:
            with faults_are_transient():
                self._client.put_item(
                    TableName=self._table, Item=item, ConditionExpression="attribute_not_exists(pk)"
                )
        except ClientError as error:
            if not is_conditional_failure(error):
                raise

    def _let_write(self, workspace_id: str, fact: Fact) -> None:
        key = to_item(_suppression(workspace_id, fact)._asdict())
        with faults_are_transient():
            self._client.delete_item(TableName=self._table, Key=key)


def _suppression(workspace_id: str, fact: Fact) -> keys.Key:
    channel, _, digest = fact.key.split("#")
    return keys.suppression(workspace_id, channel, digest)
