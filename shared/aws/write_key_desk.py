"""Making, listing, rotating and disabling write keys; ingest looks them up with `write_keys.py`.

A key is stored as its hash only. Beside the row that ingest finds by hash stands one in the
catalog's own partition, so that the keys of a workspace can be listed without a scan.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from botocore.exceptions import ClientError

from shared.aws import keys
from shared.aws.catalog_writer import Witness
from shared.aws.items import from_item, is_conditional_failure, query_prefix, to_item
from shared.aws.write_keys import digest
from shared.domain.access.trail import Change, Facts
from shared.domain.workspace.keys import WriteKeyKind
from shared.errors import ConflictError, InvalidInputError, NotFoundError

PREFIX_DIGITS: Final = 12  # enough to tell the keys of any workspace apart
LIVE_KEYS: Final = 2  # of one source, while one takes the place of the other
_KIND: Final = "WRITE_KEY"
_ENDED: Final = "this key works no more"
_Values = Mapping[str, str | int | bool]


class KeyCard(NamedTuple):
    """What is known of a write key without the key.

    `kind` is `public` for a key that stands in an app or a page, `server` for one that does not.
    `retires_at` is when it ends by itself, as another one has taken its place; empty for never.
    Limits are 0 for none.
    """

    digest: str
    source_id: str
    created_at: str
    disabled: bool
    kind: WriteKeyKind = "public"
    events_per_minute: int = 0
    max_event_bytes: int = 0
    retires_at: str = ""

    def is_live(self, now: str) -> bool:
        """Whether events may be sent with it; instants are texts in the order of time."""
        return not self.disabled and not (self.retires_at and self.retires_at <= now)


class WriteKeyDesk:
    """The write keys of all workspaces in one catalog table."""

    def __init__(self, client: Any, catalog_table: str) -> None:
        """`client` is a low-level DynamoDB client."""
        self._client = client
        self._table = catalog_table

    def add(
        self,
        workspace_id: str,
        write_key: str,
        source_id: str,
        created_at: str,
        kind: WriteKeyKind = "public",
        *,
        events_per_minute: int = 0,
        max_event_bytes: int = 0,
        witness: Witness | None = None,
    ) -> KeyCard:
        """Store a new key; raises ConflictError when it exists."""
        card = KeyCard(
            *(digest(write_key), source_id, created_at, False, kind),
            *(events_per_minute, max_event_bytes),
        )
        self._transact(self._puts(workspace_id, card), witness, [_change(None, card)])
        return card

    def rotate(
        self,
        workspace_id: str,
        card: KeyCard,
        write_key: str,
        *,
        now: str,
        retires_at: str,
        witness: Witness | None = None,
    ) -> tuple[KeyCard, KeyCard]:
        """Store a key that takes the place of one, which ends later: (the new one, the old one).

        Raises InvalidInputError when the key has ended, or its source has two live keys already.
        """
        if not card.is_live(now):
            raise InvalidInputError(_ENDED, hint="make a new one")
        live = [
            one
            for one in self._cards(workspace_id, "")
            if one.source_id == card.source_id and one.is_live(now)
        ]
        if len(live) >= LIVE_KEYS:
            raise InvalidInputError(
                f"the source {card.source_id!r} has {len(live)} live keys already",
                hint="disable the one that is used no more",
            )
        following = card._replace(digest=digest(write_key), created_at=now, retires_at="")
        leaving = card._replace(retires_at=retires_at)
        # Retired only as it was seen, not by two at once.
        condition = "disabled = :no AND attribute_not_exists(retires_at)"
        seen: dict[str, str | bool] = {":no": False}
        if card.retires_at:  # its heir was disabled since, so it gets another one
            condition = "disabled = :no AND retires_at = :seen"
            seen |= {":seen": card.retires_at}
        changed = {"retires_at": retires_at}
        updates = self._updates(workspace_id, card, changed, condition, seen)
        changes = [_change(None, following), _change(card, leaving)]
        self._transact([*self._puts(workspace_id, following), *updates], witness, changes)
        return following, leaving

    def all(self, workspace_id: str) -> list[KeyCard]:
        """Every key of the workspace, the oldest first."""
        return sorted(self._cards(workspace_id, ""), key=lambda card: card.created_at)

    def find(self, workspace_id: str, digest_prefix: str) -> KeyCard:
        """The one key whose hash begins so; raises NotFoundError or InvalidInputError."""
        match self._cards(workspace_id, digest_prefix):
            case []:
                raise NotFoundError(f"no write key begins with {digest_prefix!r}")
            case [card]:
                return card
            case cards:
                raise InvalidInputError(f"{len(cards)} write keys begin with {digest_prefix!r}")

    def disable(self, workspace_id: str, card: KeyCard, witness: Witness | None = None) -> KeyCard:
        """Disable a key for good; ingest may still take it for a minute."""
        disabled = card._replace(disabled=True)
        updates = self._updates(workspace_id, card, {"disabled": True}, "attribute_exists(pk)", {})
        self._transact(updates, witness, [_change(card, disabled)])
        return disabled

    def limit(
        self,
        workspace_id: str,
        card: KeyCard,
        events_per_minute: int,
        max_event_bytes: int,
        *,
        now: str,
        witness: Witness | None = None,
    ) -> KeyCard:
        """Give a key other limits, 0 for none; raises InvalidInputError when the key has ended."""
        if not card.is_live(now):
            raise InvalidInputError(_ENDED, hint="make a new one")
        limits = {"events_per_minute": events_per_minute, "max_event_bytes": max_event_bytes}
        limited = card._replace(
            events_per_minute=events_per_minute, max_event_bytes=max_event_bytes
        )
        updates = self._updates(workspace_id, card, limits, "disabled = :no", {":no": False})
        self._transact(updates, witness, [_change(card, limited)])
        return limited

    def _puts(self, workspace_id: str, card: KeyCard) -> list[dict[str, Any]]:
        facts = {name: value or None for name, value in card._asdict().items()}
        facts["disabled"] = card.disabled
        return [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": to_item({"pk": pk, "sk": sk, **facts, **extra}),
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            }
            for pk, sk, extra in (
                (*keys.write_key(card.digest), {"workspace_id": workspace_id}),
                (*_listed(workspace_id, card.digest), {}),
            )
        ]

    def _updates(
        self, workspace_id: str, card: KeyCard, changed: _Values, condition: str, seen: _Values
    ) -> list[dict[str, Any]]:
        """Set attributes of a key in both of its rows; `seen` are the values of the condition."""
        values = {**{f":{name}": value for name, value in changed.items()}, **seen}
        return [
            {
                "Update": {
                    "TableName": self._table,
                    "Key": {"pk": {"S": pk}, "sk": {"S": sk}},
                    "UpdateExpression": f"SET {', '.join(f'{name} = :{name}' for name in changed)}",
                    "ConditionExpression": condition,
                    "ExpressionAttributeValues": to_item(values),
                }
            }
            for pk, sk in (keys.write_key(card.digest), _listed(workspace_id, card.digest))
        ]

    def _transact(
        self,
        actions: Sequence[Mapping[str, Any]],
        witness: Witness | None,
        changes: Sequence[Change],
    ) -> None:
        told = witness.actions(changes) if witness else []
        try:
            self._client.transact_write_items(TransactItems=[*actions, *told])
        except ClientError as error:
            if is_conditional_failure(error):
                raise ConflictError("somebody else changed this write key") from error
            raise

    def _cards(self, workspace_id: str, digest_prefix: str) -> list[KeyCard]:
        items = query_prefix(self._client, self._table, _listed(workspace_id, digest_prefix))
        rows = [from_item(item) for item in items]
        return [
            KeyCard(**{name: row[name] for name in KeyCard._fields if name in row}) for row in rows
        ]


def _change(before: KeyCard | None, after: KeyCard) -> Change:
    what = keys.definition(_KIND, after.digest[:PREFIX_DIGITS])
    return Change(what, _facts(before) if before else None, _facts(after))


def _facts(card: KeyCard) -> Facts:
    return {name: value for name, value in card._asdict().items() if name != "digest" and value}


def _listed(workspace_id: str, digest_prefix: str) -> keys.Key:
    return keys.Key(keys.catalog(workspace_id), keys.definition(_KIND, digest_prefix))
