"""Secrets of providers, by the names that their definitions give."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from shared.aws.catalog import CatalogReader
from shared.aws.faults import faults_are_transient
from shared.domain.channels.providers import SignedWebhook
from shared.errors import TransientError

KEPT: Final = timedelta(minutes=5)


class ProviderSecrets:
    """Kept for some minutes: whoever changes a secret need not deploy anything."""

    def __init__(self, client: Callable[[], Any], now: Callable[[], datetime]) -> None:
        """`client` gives a Secrets Manager client; asked when one is needed."""
        self._client = client
        self._now = now
        self._known: dict[str, tuple[datetime, str]] = {}

    def text(self, secret_arn: str) -> str:
        """The secret as it is.

        Raises TransientError, also where it is not there or not ours to read: somebody can mend it.
        """
        now = self._now()
        known = self._known.get(secret_arn)
        if known and now - known[0] < KEPT:
            return known[1]
        with faults_are_transient():
            try:
                found: str = self._client().get_secret_value(SecretId=secret_arn)["SecretString"]
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in ("ResourceNotFoundException", "AccessDeniedException"):
                    raise TransientError(f"the secret of the provider: {code}") from error
                raise
        self._known[secret_arn] = (now, found)
        return found

    def fields(self, secret_arn: str, *names: str) -> tuple[str, ...]:
        """The named fields of a secret that is a JSON object of texts; raises TransientError."""
        try:
            found = json.loads(self.text(secret_arn))
            return tuple(str(found[name]) for name in names)
        except (ValueError, KeyError, TypeError) as error:
            hint = f"it is a JSON object with {', '.join(names)}"
            raise TransientError("the secret of the provider cannot be read", hint=hint) from error

    def field_or_none(self, secret_arn: str, name: str) -> str | None:
        """A text that a secret may have; raises TransientError where there is no such secret."""
        try:
            found = json.loads(self.text(secret_arn))
        except ValueError:
            return None
        value = found.get(name) if isinstance(found, dict) else None
        return value if isinstance(value, str) else None


def webhook_secrets(
    catalog: CatalogReader, secrets: ProviderSecrets
) -> Callable[[str], bytes | None]:
    """What tells the secret with which a workspace signs webhooks; None where it signs none.

    What it gives raises TransientError as `ProviderSecrets.text` does.
    """

    def secret_of(workspace_id: str) -> bytes | None:
        provider = catalog.provider(workspace_id, "webhook")
        if not isinstance(provider, SignedWebhook):
            return None
        return secrets.text(provider.secret_arn).encode()

    return secret_of
