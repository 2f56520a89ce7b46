"""Who gets in, and write keys."""

import hmac

import pytest

from functions.manage_workspace import handler
from shared.aws.admin_key import AdminKey
from shared.aws.write_keys import WriteKeys


@pytest.mark.parametrize(
    "authorization",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic YW4=", "an-admin-key-for-tests-only",
     "Bearer an-admin-key-for-tests-onl", "Bearer 管理", "Bearer \ud800"],
)  # fmt: skip
def test_whoever_has_no_admin_key_is_told_where_it_is(api, authorization):
    status, body = api("GET", "/settings", key=authorization)
    assert status == 401
    assert body["code"] == "unauthorized"
    assert "AdminKeySecretArn" in body["message"]


def test_a_write_key_is_never_an_admin_key(api):
    write_key = api.post("/write-keys", {"source_id": "web"}).body["write_key"]
    assert api("GET", "/settings", key=f"Bearer {write_key}").status == 401


def test_nothing_is_said_about_paths_without_the_key(api):
    assert api("GET", "/no-such-path", key=None).status == 401


def test_the_scheme_is_read_in_any_case(api):
    assert api("GET", "/settings", key="bearer an-admin-key-for-tests-only").status == 200


class Secret:
    """A Secrets Manager with one secret, counting how often it is read."""

    def __init__(self, value: str) -> None:
        self.value = value
        self.reads = 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        self.reads += 1
        return {"SecretString": self.value}


def test_the_key_is_fetched_once_for_some_minutes():
    now = [0.0]
    secret = Secret("the-first-admin-key")
    key = AdminKey(secret, "arn", lambda: now[0])
    assert all(key.fits("the-first-admin-key") for _ in range(3))
    assert secret.reads == 1
    now[0] = 300
    assert key.fits("the-first-admin-key")
    assert secret.reads == 2


def test_after_a_rotation_the_new_key_works_soon_and_guesses_cost_little():
    now = [0.0]
    secret = Secret("the-first-admin-key")
    key = AdminKey(secret, "arn", lambda: now[0])
    assert key.fits("the-first-admin-key")
    secret.value = "the-second-admin-key"
    assert not any(key.fits("the-second-admin-key") for _ in range(100))
    assert secret.reads == 1
    now[0] = 10
    assert key.fits("the-second-admin-key")
    assert not any(key.fits("a-guess-that-is-long-enough") for _ in range(100))
    assert secret.reads == 2


def test_a_secret_that_was_never_filled_in_opens_nothing():
    assert not AdminKey(Secret(""), "arn").fits("")
    assert not AdminKey(Secret(" short "), "arn").fits("short")


def test_a_new_write_key_works_and_is_shown_once(api, dynamodb, catalog_table):
    created = api.post("/write-keys", {"source_id": "web"}).body
    assert created["write_key"].startswith("wk_")
    assert len(created["write_key"]) >= 3 + 32  # 192 bits or more in base 64
    source = WriteKeys(dynamodb, catalog_table).find(created["write_key"])
    assert (source.workspace_id, source.source_id) == ("default", "web")
    [listed] = api.get("/write-keys").body["write_keys"]
    assert listed == {
        "digest_prefix": created["digest_prefix"],
        "source_id": "web",
        "kind": "public",
        "created_at": created["created_at"],
        "disabled": False,
        "retires_at": None,
        "events_per_minute": None,
        "max_event_bytes": None,
    }
    stored = str(dynamodb.scan(TableName=catalog_table)["Items"])
    assert created["write_key"] not in stored


def test_a_key_for_servers_is_made_on_request_only(api, dynamodb, catalog_table):
    public = api.post("/write-keys", {"source_id": "web"}).body
    server = api.post("/write-keys", {"source_id": "shop", "kind": "server"}).body
    assert (public["kind"], server["kind"]) == ("public", "server")
    found = WriteKeys(dynamodb, catalog_table)
    assert not found.find(public["write_key"]).server
    assert found.find(server["write_key"]).server
    kinds = {key["source_id"]: key["kind"] for key in api.get("/write-keys").body["write_keys"]}
    assert kinds == {"web": "public", "shop": "server"}
    assert api.post("/write-keys", {"source_id": "web", "kind": "admin"}).status == 400


def test_the_key_of_user_hashes_is_the_one_that_user_hashes_are_checked_with(api):
    shown = api.get("/identity/user-hash-key").body["user_hash_key"]
    signed = hmac.new(shown.encode(), b"ada", "sha256").hexdigest()
    hashes = handler.wiring().ports.user_hashes
    assert hashes.fits("default", "ada", signed)
    assert not hashes.fits("default", "ben", signed)
    assert not hashes.fits("other", "ada", signed)


def test_a_disabled_write_key_opens_nothing_any_more(api, dynamodb, catalog_table):
    created = api.post("/write-keys", {"source_id": "web"}).body
    other = api.post("/write-keys", {"source_id": "app"}).body
    answer = api.delete(f"/write-keys/{created['digest_prefix'].upper()}")
    assert answer.body["outcome"] == "updated"
    assert api.delete(f"/write-keys/{created['digest_prefix']}").body["outcome"] == "unchanged"
    found = WriteKeys(dynamodb, catalog_table)
    assert found.find(created["write_key"]) is None
    assert found.find(other["write_key"]) is not None
    listed = api.get("/write-keys").body["write_keys"]
    assert {key["source_id"]: key["disabled"] for key in listed} == {"web": True, "app": False}


@pytest.mark.parametrize(
    ("prefix", "status"), [("0" * 8, 404), ("0" * 7, 400), ("0" * 65, 400), ("wk_abcdefgh", 400)]
)
def test_a_write_key_is_named_by_the_beginning_of_its_hash(api, prefix, status):
    assert api.delete(f"/write-keys/{prefix}").status == status
