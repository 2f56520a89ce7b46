"""An erased identifier is recognised when it comes back, and cannot be read out of what is kept."""

from datetime import timedelta

import pytest

from shared.aws import keys, session
from shared.aws.identity_secret import IdentitySecret
from shared.aws.tombstones import Tombstones
from shared.domain.identity.graph import Identifier
from shared.errors import PermanentError
from tests.conftest import NOON

ADA = Identifier("email", "ada@example.com")
EVE = Identifier("email", "eve@example.com")


@pytest.fixture
def make_secret(dynamodb):
    def make(text="s" * 64):
        client = session.client("secretsmanager")
        arn = client.create_secret(Name=f"identity-{text}", SecretString=text)["ARN"]
        return IdentitySecret(lambda: client, arn)

    return make


@pytest.fixture
def tombstones(dynamodb, catalog_table, make_secret):
    return Tombstones(dynamodb, catalog_table, make_secret())


def test_an_erased_identifier_is_told_with_its_instant_and_no_other_is(tombstones):
    tombstones.put("shop", [ADA], NOON)

    assert tombstones.erased("shop", [ADA, EVE]) == {ADA: NOON}
    assert tombstones.erased("shop", []) == {}


def test_neither_the_kind_nor_the_workspace_can_be_taken_for_another(tombstones):
    tombstones.put("shop", [ADA], NOON)

    assert tombstones.erased("shop", [Identifier("user_id", ADA.value)]) == {}
    assert tombstones.erased("other", [ADA]) == {}


def test_of_two_erasures_the_last_one_holds(tombstones):
    later = NOON + timedelta(days=1)
    tombstones.put("shop", [ADA], NOON)
    tombstones.put("shop", [ADA], later)

    assert tombstones.erased("shop", [ADA]) == {ADA: later}


def test_nothing_that_is_kept_names_the_person(tombstones, dynamodb, catalog_table):
    tombstones.put("shop", [ADA], NOON)

    (row,) = dynamodb.scan(TableName=catalog_table)["Items"]
    assert set(row) == {"pk", "sk", "erased_at"}
    assert "ada" not in str(row)
    assert row["pk"]["S"].startswith("shop#X#")


def test_the_same_identifier_has_another_tombstone_under_another_secret(
    dynamodb, catalog_table, make_secret
):
    Tombstones(dynamodb, catalog_table, make_secret("a" * 64)).put("shop", [ADA], NOON)

    assert Tombstones(dynamodb, catalog_table, make_secret("b" * 64)).erased("shop", [ADA]) == {}


def test_keys_for_different_purposes_have_nothing_in_common(make_secret):
    secret = make_secret()

    assert secret.key("tombstone", "shop") == secret.key("tombstone", "shop")
    made = {secret.key(p, w) for p in ("tombstone", "user-hash") for w in ("shop", "other")}
    assert len(made) == 4
    assert all(len(key) == 32 for key in made)


def test_a_secret_that_was_never_filled_in_is_refused(make_secret):
    with pytest.raises(PermanentError, match="fewer than 32 bytes"):
        make_secret("change me").key("tombstone", "shop")


def test_the_key_of_a_tombstone_is_a_digest(tombstones, dynamodb, catalog_table):
    tombstones.put("shop", [ADA], NOON)

    (row,) = dynamodb.scan(TableName=catalog_table)["Items"]
    digest = row["pk"]["S"].removeprefix("shop#X#")
    assert keys.tombstone("shop", digest) == (row["pk"]["S"], row["sk"]["S"])
    assert len(bytes.fromhex(digest)) == 32
