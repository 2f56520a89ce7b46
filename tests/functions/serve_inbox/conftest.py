"""The function behind its gateway, over mocked tables in which people come from real events."""

import hmac
import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.serve_inbox import handler
from shared.aws import keys, session
from shared.aws.identity_judge import IdentityJudge
from shared.aws.inbox_store import InboxStore, Owner
from shared.aws.items import from_item, to_item
from shared.aws.write_keys import digest
from shared.domain.events.model import Event
from shared.domain.identity.applying import ApplyEvents
from shared.domain.identity.graph import Identifier
from shared.domain.identity.rulebook import rulebook_of
from shared.domain.identity.rules import DEFAULT_RULES
from shared.domain.identity.unmerge import Order, unmerge_identifier
from shared.domain.inbox.model import InboxMessage
from tests.applying import SECRET, all_rows, ports_over
from tests.conftest import CATALOG_TABLE, NOON, PROFILES_TABLE

WRITE_KEY = "wk_page"
SECRET_ARN = "identity"


class Inbox:
    """Somebody's client, and a look behind the counter."""

    def __init__(self, dynamodb: Any) -> None:
        self.dynamodb = dynamodb
        self.ports = ports_over(dynamodb)
        self.store = InboxStore(dynamodb, PROFILES_TABLE)
        self.now = NOON
        key = keys.write_key(digest(WRITE_KEY))._asdict()
        row = {"digest": digest(WRITE_KEY), "workspace_id": "default", "source_id": "page"}
        dynamodb.put_item(TableName=CATALOG_TABLE, Item=to_item({**key, **row}))

    # --- people and what they were written ------------------------------------------------------

    def apply(self, *events: Event) -> None:
        ApplyEvents(self.ports).apply(list(events))

    def part(self, *identifiers: Identifier) -> None:
        """Take the first identifier out of its person, as an operator does."""
        rulebook, order = rulebook_of(DEFAULT_RULES), Order("cut-1", "operator", NOON)
        judge = IdentityJudge(self.ports.identity, self.ports.tombstones, lambda: "unused")
        judge.decide_again(
            "default",
            rulebook,
            identifiers,
            lambda known: unmerge_identifier(known, identifiers[0], order, rulebook).resolution,
        )

    def strand(self, kind: str, value: str) -> str:
        rows = all_rows(self.dynamodb, PROFILES_TABLE)
        return next(r["strand_id"] for r in rows if r["pk"] == f"default#I#{kind}#{value}")

    def owner(self, kind: str, value: str) -> Owner:
        found = self.store.owner("default", Identifier(kind, value))
        assert found is not None
        return found

    def put(self, strand_id: str, message_id: str, **fields: Any) -> InboxMessage:
        known = {"channel": "inbox", "headline": f"News {message_id}", "created_at": self.now}
        message = InboxMessage(
            message_id=message_id, **{**known, "until": self.now + timedelta(days=7), **fields}
        )
        assert self.store.put("default", strand_id, message)
        return message

    def begins_at(self, strand_id: str) -> None:
        """Let a strand be one where enrolments lie, as the first enrolment does."""
        self.dynamodb.update_item(
            TableName=PROFILES_TABLE,
            Key=to_item({"pk": keys.person("default", strand_id), "sk": keys.PROFILE}),
            UpdateExpression="SET enrols = :yes",
            ExpressionAttributeValues={":yes": {"BOOL": True}},
        )

    def timeline(self) -> list[dict[str, Any]]:
        """Names and properties of all events, in the order of their keys."""
        rows = [r for r in all_rows(self.dynamodb, PROFILES_TABLE) if r["sk"].startswith("EVT#")]
        bodies = [json.loads(row["body"]) for row in sorted(rows, key=lambda row: row["sk"])]
        return [{"name": body["name"], **body.get("properties", {})} for body in bodies]

    def row(self, strand_id: str, message_id: str) -> dict[str, Any]:
        key = {"pk": keys.person("default", strand_id), "sk": keys.inbox(message_id)}
        found = self.dynamodb.get_item(TableName=PROFILES_TABLE, Key=to_item(key))
        return from_item(found["Item"])

    # --- the wire -----------------------------------------------------------------------------

    def user_hash(self, user_id: str) -> str:
        key = self.ports.user_hashes.key("default")
        return hmac.new(key.encode(), user_id.encode(), "sha256").hexdigest()

    def get(
        self,
        *,
        user_id: str = "",
        anonymous_id: str = "",
        user_hash: str | None = None,
        key: str = WRITE_KEY,
        **headers: str,
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Ask for an inbox; a user's hash is right unless another one is given."""
        named = {"user_id": user_id, "anonymous_id": anonymous_id}
        query = {name: value for name, value in named.items() if value}
        if user_id and user_hash is None:
            user_hash = self.user_hash(user_id)
        if user_hash:
            headers["x-user-hash"] = user_hash
        headers["authorization"] = "Basic " + b64encode(f"{key}:".encode()).decode()
        return self.send("GET", "/v1/inbox", query, headers)

    def ids(self, **who: str) -> list[str]:
        status, body, _ = self.get(**who)
        assert status == 200, body
        return [message["messageId"] for message in body["messages"]]

    def act(self, *acts: tuple[str, ...], key: str = WRITE_KEY, **who: str) -> list[str]:
        """Do things with messages, each (message id, act) or (message id, act, answer)."""
        status, body, _ = self.post(*acts, key=key, **who)
        assert status == 200, body
        return [each["result"] for each in body["results"]]

    def post(
        self, *acts: tuple[str, ...], key: str = WRITE_KEY, **who: str
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        listed = [dict(zip(("messageId", "act", "answer"), each, strict=False)) for each in acts]
        if "userId" in who and "userHash" not in who:
            who["userHash"] = self.user_hash(who["userId"])
        body = {"writeKey": key, **who, "acts": listed}
        return self.send("POST", "/v1/inbox", {}, {"content-type": "text/plain"}, json.dumps(body))

    def send(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        headers: dict[str, str],
        body: str = "",
    ) -> tuple[int, dict[str, Any], dict[str, str]]:
        response = handler.handle(
            {
                "rawPath": path,
                "rawQueryString": urlencode(query),
                "queryStringParameters": query,
                "headers": headers,
                "requestContext": {
                    "http": {"method": method, "path": path},
                    "timeEpoch": int(self.now.timestamp() * 1000),
                    "domainName": "api.example.com",
                },
                "body": body,
            },
            None,
        )
        text = response.get("body")
        is_json = "json" in response["headers"].get("content-type", "")
        return response["statusCode"], json.loads(text) if is_json else text, response["headers"]


@pytest.fixture
def inbox(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Inbox]:
    secrets = session.client("secretsmanager")
    arn = secrets.create_secret(Name=SECRET_ARN, SecretString=SECRET)["ARN"]
    monkeypatch.setenv("PROFILES_TABLE", PROFILES_TABLE)
    monkeypatch.setenv("CATALOG_TABLE", CATALOG_TABLE)
    monkeypatch.setenv("IDENTITY_SECRET_ARN", arn)
    caches: tuple[Callable[..., Any], ...] = (session.prompt_client, handler._inbox)
    for cached in caches:
        cached.cache_clear()  # type: ignore[attr-defined]
    yield Inbox(dynamodb)
    for cached in caches:
        cached.cache_clear()  # type: ignore[attr-defined]
