"""The history of marked traits: one row for each claim, in the strand of the event that made it."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import is_conditional_failure, to_item, to_text
from shared.domain.instants import parse_instant
from shared.domain.profiles.model import Trait


class TraitHistory:
    """TRAIT rows in the profiles table."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table

    def keep(self, workspace_id: str, strand_id: str, name: str, claim: Trait) -> None:
        """Keep a claim; of two of the same source and instant the one that holds is kept.

        Repeating it, in any order, changes nothing. Raises TransientError when AWS is busy.
        """
        row = {
            "pk": keys.person(workspace_id, strand_id),
            "sk": keys.trait(name, claim.at, claim.source_id),
            "value": to_text(claim.value),
        }
        try:
            with faults_are_transient():
                self._client.put_item(
                    TableName=self._table,
                    Item=to_item(row),
                    ConditionExpression="attribute_not_exists(pk) OR #value < :value",
                    ExpressionAttributeNames={"#value": "value"},
                    ExpressionAttributeValues=to_item({":value": row["value"]}),
                )
        except ClientError as error:
            if not is_conditional_failure(error):
                raise


def claim_of(row: Mapping[str, Any]) -> tuple[str, Trait]:
    """Read a row that is plain data: the name of the trait, and the claim."""
    escaped, at, source_id = row["sk"].removeprefix(keys.TRAIT_PREFIX).split("#", 2)
    return keys.unescape(escaped), Trait(json.loads(row["value"]), parse_instant(at), source_id)
