"""The secret from which everything is derived that must be known here and guessed nowhere."""

import hmac
from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from typing import Any, Final

from shared.aws.faults import faults_are_transient
from shared.errors import PermanentError

SHORTEST: Final = 32  # a secret that was never filled in protects nothing


class IdentitySecret:
    """One secret string in Secrets Manager, read once and only when a key is needed.

    It must never change: tombstones of the people erased so far could no longer be recognised.
    """

    def __init__(self, client: Callable[[], Any], secret_arn: str) -> None:
        """`client` gives a Secrets Manager client; asked when one is needed."""
        self._client = client
        self._secret_arn = secret_arn

    def key(self, purpose: str, workspace_id: str) -> bytes:
        """A key of 32 bytes for one purpose in one workspace; others cannot be told from it.

        Raises TransientError when AWS is busy, PermanentError when the secret is too short.
        """
        return hmac.digest(self._secret, f"{purpose}\0{workspace_id}".encode(), sha256)

    @cached_property
    def _secret(self) -> bytes:
        with faults_are_transient():
            answer = self._client().get_secret_value(SecretId=self._secret_arn)
        secret = str(answer["SecretString"]).strip().encode()
        if len(secret) < SHORTEST:
            raise PermanentError(f"the identity secret has fewer than {SHORTEST} bytes")
        return secret
