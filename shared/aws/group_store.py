"""Groups, such as the companies that people work for: who belongs to them, what is known of them.

A membership lies in the person's strand and once more in the group's own partition. All writes come
to the same in any order and however often they are repeated.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.faults import faults_are_transient
from shared.aws.items import from_item, is_conditional_failure, to_item, to_text
from shared.domain.profiles import traits as trait_texts
from shared.domain.profiles.model import Trait
from shared.domain.profiles.traits import merge_traits
from shared.errors import ConflictError

_EARLIER: Final = "attribute_not_exists(pk) OR since > :since"


class Members(NamedTuple):
    """Some strands that belong to a group, each with the instant since when, and where to go on."""

    since: Mapping[str, str]
    after: str | None


class GroupStore:
    """Groups in the profiles table. Every method raises TransientError when AWS is busy."""

    def __init__(self, client: Any, profiles_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = profiles_table

    def join(self, workspace_id: str, group_id: str, strand_id: str, at: datetime) -> None:
        """A strand belongs to a group, at `at` and from then on."""
        here = keys.Key(keys.person(workspace_id, strand_id), keys.group_of_person(group_id))
        there = keys.Key(keys.group(workspace_id, group_id), keys.group_member(strand_id))
        for key in (here, there):
            row = to_item({**key._asdict(), "since": at})
            self._put(row, _EARLIER, {":since": at})

    def learn(self, workspace_id: str, group_id: str, claims: Mapping[str, Trait]) -> None:
        """Lay claims over what is known of a group; the later one holds, whichever comes first.

        Raises ConflictError when somebody else was faster.
        """
        known, version = self._known(workspace_id, group_id)
        merged = merge_traits(known, claims).traits
        if merged == known:
            return
        key = keys.Key(keys.group(workspace_id, group_id), keys.GROUP_TRAITS)
        traits = to_text(trait_texts.to_json(merged))
        row = to_item({**key._asdict(), "traits": traits, "version": version + 1})
        condition = "version = :version" if version else "attribute_not_exists(pk)"
        if not self._put(row, condition, {":version": version} if version else {}):
            raise ConflictError("somebody else said something of the group", hint="read again")

    def traits(self, workspace_id: str, group_id: str) -> Mapping[str, Trait]:
        """What is known of a group, strongly consistent; empty for one that nobody has named."""
        return self._known(workspace_id, group_id)[0]

    def members(self, workspace_id: str, group_id: str, limit: int, after: str | None) -> Members:
        """At most `limit` strands of a group, going on after one of them."""
        pk = keys.group(workspace_id, group_id)
        start = {}
        if after:
            start["ExclusiveStartKey"] = to_item({"pk": pk, "sk": keys.group_member(after)})
        with faults_are_transient():
            page = self._client.query(
                TableName=self._table,
                KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
                ExpressionAttributeValues=to_item({":pk": pk, ":prefix": keys.MEMBER_PREFIX}),
                Limit=limit,
                **start,
            )
        rows = [from_item(item) for item in page["Items"]]
        since = {row["sk"].removeprefix(keys.MEMBER_PREFIX): row["since"] for row in rows}
        last = page.get("LastEvaluatedKey")
        return Members(since, last["sk"]["S"].removeprefix(keys.MEMBER_PREFIX) if last else None)

    def _known(self, workspace_id: str, group_id: str) -> tuple[dict[str, Trait], int]:
        key = keys.Key(keys.group(workspace_id, group_id), keys.GROUP_TRAITS)
        with faults_are_transient():
            item = self._client.get_item(
                TableName=self._table, Key=to_item(key._asdict()), ConsistentRead=True
            ).get("Item")
        if item is None:
            return {}, 0
        row = from_item(item)
        return trait_texts.from_json(json.loads(row["traits"])), row["version"]

    def _put(self, row: dict[str, Any], condition: str, values: dict[str, Any]) -> bool:
        """Put a row under a condition; False when it does not hold."""
        extra = {"ExpressionAttributeValues": to_item(values)} if values else {}
        try:
            with faults_are_transient():
                self._client.put_item(
                    TableName=self._table, Item=row, ConditionExpression=condition, **extra
                )
        except ClientError as error:
            if not is_conditional_failure(error):
                raise
            return False
        return True
