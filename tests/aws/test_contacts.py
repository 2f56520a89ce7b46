"""Many people are read together, and one by one where together is too much."""

import pytest
from botocore.exceptions import ClientError

from shared.aws.contacts import PEOPLE_A_READ, ContactReader
from shared.domain.consents.in_force import allows
from tests.applying import applier_over
from tests.conftest import NOON, PROFILES_TABLE

PEOPLE = PEOPLE_A_READ + 3
AGREED = {"consent": {"categoryPreferences": {"marketing": True}}}


class Crowded:
    """DynamoDB in which reading several people as of one instant fails with some code."""

    def __init__(self, client, code):
        self._client, self._code = client, code
        self.alone = 0

    def transact_get_items(self, TransactItems):  # noqa: N803
        if len(TransactItems) > 2:
            error = {"Code": self._code, "Message": "too much"}
            raise ClientError({"Error": error, "CancellationReasons": []}, "TransactGetItems")
        self.alone += 1
        return self._client.transact_get_items(TransactItems=TransactItems)

    def __getattr__(self, name):
        return getattr(self._client, name)


@pytest.fixture
def crowd(dynamodb, make_event):
    """Everybody has an address; every second one agreed to marketing."""
    events = [
        make_event(
            "$identify",
            type="identify",
            user_id=f"u{n}",
            traits={"email": f"u{n}@example.com"},
            context=AGREED if n % 2 else {},
            at=NOON,
        )
        for n in range(PEOPLE)
    ]
    assert not applier_over(dynamodb).apply(events).failed
    found = dynamodb.scan(TableName=PROFILES_TABLE)["Items"]
    return [row["profile_id"]["S"] for row in found if row["sk"]["S"] == "PROFILE"]


def told(client, ids):
    reader = ContactReader(client, PROFILES_TABLE)
    return {
        one.contact.identifiers["email"][0]: allows(one.consents, "marketing")
        for one in reader.of("default", ids)
    }


EVERYBODY = {f"u{n}@example.com": bool(n % 2) for n in range(PEOPLE)}


def test_everybody_is_told_with_what_they_agreed_to(dynamodb, crowd):
    assert told(dynamodb, crowd) == EVERYBODY


@pytest.mark.parametrize("code", ["TransactionCanceledException", "ValidationException"])
def test_what_cannot_be_read_together_is_read_one_by_one(dynamodb, crowd, code):
    crowded = Crowded(dynamodb, code)
    assert told(crowded, crowd) == EVERYBODY
    assert crowded.alone >= PEOPLE


def test_what_may_not_be_read_is_no_empty_answer(dynamodb, crowd):
    with pytest.raises(ClientError, match="too much"):
        told(Crowded(dynamodb, "AccessDeniedException"), crowd)


def test_who_is_gone_is_left_out(dynamodb, crowd):
    assert told(dynamodb, ["nobody", crowd[0]]).keys() < EVERYBODY.keys()
    assert told(dynamodb, ["nobody"]) == {}
