"""A user hash proves one user of one workspace, and anything else proves nobody."""

import hmac
from typing import Any

import pytest

from shared.aws.identity_secret import IdentitySecret
from shared.aws.user_hashes import UserHashes


class Secrets:
    reads = 0

    def get_secret_value(self, SecretId: str) -> dict[str, str]:  # noqa: N803
        self.reads += 1
        return {"SecretString": "an-identity-secret-for-tests-only"}


@pytest.fixture
def secrets() -> Secrets:
    return Secrets()


@pytest.fixture
def hashes(secrets: Secrets) -> UserHashes:
    return UserHashes(IdentitySecret(lambda: secrets, "arn"))


def sign(key: str, user_id: str) -> str:
    return hmac.new(key.encode(), user_id.encode(), "sha256").hexdigest()


def test_what_a_customers_server_signs_is_proof_in_either_case(hashes: UserHashes):
    signed = sign(hashes.key("shop"), "张三")
    assert hashes.fits("shop", "张三", signed)
    assert hashes.fits("shop", "张三", signed.upper())


def test_proof_of_one_user_or_workspace_is_none_of_another(hashes: UserHashes):
    signed = sign(hashes.key("shop"), "ada")
    assert not hashes.fits("shop", "ben", signed)
    assert not hashes.fits("store", "ada", signed)
    assert hashes.key("shop") != hashes.key("store")


@pytest.mark.parametrize(
    "presented", ["", "0" * 64, "上" * 64, "\ud800" * 64, 7, None, [], {}, True]
)
def test_anything_else_is_no_proof(hashes: UserHashes, presented: Any):
    assert not hashes.fits("shop", "ada", presented)


def test_the_secret_is_read_only_for_what_could_be_a_hash_and_once(
    hashes: UserHashes, secrets: Secrets
):
    hashes.fits("shop", "ada", "short")
    assert secrets.reads == 0
    for _ in range(3):
        hashes.fits("shop", "ada", "0" * 64)
    assert secrets.reads == 1
