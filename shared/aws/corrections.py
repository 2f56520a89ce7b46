"""Puts right what operators had decided, in people and lists that were made again from the lake."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.identity_judge import IdentityJudge
from shared.aws.identity_rows import dispute_of
from shared.aws.items import get_items, is_conditional_failure, to_item
from shared.aws.lake_facts import CUT
from shared.domain.identity.evidence import Pair
from shared.domain.identity.graph import Identifier
from shared.domain.identity.ports import RulesPort
from shared.domain.identity.resolution import Known, Resolution
from shared.domain.identity.rulebook import Rulebook, rulebook_of
from shared.domain.identity.unmerge import Order, remerge, unmerge_link
from shared.domain.instants import parse_instant
from shared.domain.recovery.rows import Fact
from shared.errors import NotFoundError

OPERATOR: Final = "operator"


class Corrections:
    """Every method may be repeated, and raises TransientError."""

    def __init__(self, client: Any, table: str, judge: IdentityJudge, catalog: RulesPort) -> None:
        """`client` is a low-level DynamoDB client, `table` the one of people."""
        self._client = client
        self._table = table
        self._judge = judge
        self._catalog = catalog

    def correct(self, workspace_id: str, facts: Iterable[Fact]) -> None:
        """Let the last word about each cut and each suppression hold."""
        rulebook = rulebook_of(self._catalog.identity_rules(workspace_id))
        cuts: dict[str, list[Fact]] = {}
        for fact in facts:
            if fact.kind == CUT:
                cuts.setdefault(fact.key, []).append(fact)
            elif fact.told is None:
                self._let_write(workspace_id, fact)
            else:
                self._suppress(workspace_id, fact)
        for ends in cuts.values():
            with suppress(NotFoundError):  # of somebody who was erased
                self._cut(workspace_id, rulebook, ends)

    # --- cuts ---------------------------------------------------------------------------------

    def _cut(self, workspace_id: str, rulebook: Rulebook, ends: Sequence[Fact]) -> None:
        """Let a cut hold, or not; its ends are told in the strand of each."""
        stands = self._stands_cut(workspace_id, ends)
        told = max(ends, key=lambda fact: fact.position).told
        if told is None and stands is not None:
            mended = [stands]
            self._decide(workspace_id, rulebook, stands, lambda k: remerge(k, mended, rulebook))
        named = [Identifier(*fact.told["end"]) for fact in ends if fact.told is not None]
        if told is None or stands is not None or len(named) < 2:
            return
        one, other = named
        order = Order("", OPERATOR, parse_instant(told["at"]))

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

    def _stands_cut(self, workspace_id: str, ends: Sequence[Fact]) -> Pair | None:
        """The pair that a dispute row cuts; None when there is no such row, or another reason."""
        places = [keys.Key(keys.person(workspace_id, fact.strand_id), fact.key) for fact in ends]
        with faults_are_transient():
            found = get_items(self._client, self._table, places)
        disputes = map(dispute_of, found.values())
        return next((each.edge.pair for each in disputes if each.reason == "unmerged"), None)

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
