"""Which deployment to speak to: options, environment, or the local stack that runs here."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import botocore.session
from botocore.exceptions import BotoCoreError, ClientError

from cli.errors import CommandError

STACK_FILE: Final = Path(".local", "stack.json")
EMULATED_REGION: Final = "us-east-1"


class Clients(Protocol):
    """An AWS account that can be asked."""

    def client(self, service: str) -> Any:  # noqa: ANN401
        """A low-level client, or None when nobody can be asked."""
        ...


@contextmanager
def asking_aws() -> Iterator[None]:
    """Raises CommandError where AWS gives no answer."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"AWS could not be asked: {error}") from error


@dataclass(frozen=True, slots=True)
class Account:
    """The AWS account behind a deployment, real or emulated."""

    region: str | None = None
    endpoint: str | None = None

    def client(self, service: str) -> Any:  # noqa: ANN401
        """A client, or None when there are no credentials or no region."""
        session = botocore.session.get_session()
        if self.endpoint:
            session.set_credentials("test", "test")
        elif session.get_credentials() is None:
            return None
        region = self.region or session.get_config_variable("region")
        if region is None:
            return None
        return session.create_client(service, region_name=region, endpoint_url=self.endpoint)


@dataclass(frozen=True, slots=True)
class Target:
    """Where the API is, the key to it, and the account it lives in."""

    url: str
    key: str
    account: Account


def find_target(url: str | None, key: str | None, folder: Path) -> Target:
    """What was named, else the stack announced in this folder or above it.

    Raises CommandError that says what is missing.
    """
    if url and key:
        return Target(url, key, Account(region=_region_of(url)))
    if url or key:
        missing = "--key or RAPPORT_ADMIN_KEY" if url else "--url or RAPPORT_URL"
        raise CommandError(f"{missing} is missing: an address and its key go together")
    for place in (folder, *folder.parents):
        if (place / STACK_FILE).is_file():
            return _local(json.loads((place / STACK_FILE).read_text()))
    raise CommandError(
        "no deployment named: give --url and --key (RAPPORT_URL, RAPPORT_ADMIN_KEY), "
        "or start one here with `make up`"
    )


def _local(stack: Mapping[str, Any]) -> Target:
    try:
        account = Account(region=EMULATED_REGION, endpoint=stack["aws_endpoint"])
        secret_id = stack["outputs"]["AdminKeySecretArn"]
        secret = account.client("secretsmanager").get_secret_value(SecretId=secret_id)
        return Target(stack["api_url"], secret["SecretString"], account)
    except (BotoCoreError, ClientError, KeyError) as error:
        raise CommandError("the local stack does not run any more: `make up` starts it") from error


def _region_of(url: str) -> str | None:
    """The region in an address such as `https://a1.execute-api.eu-central-1.amazonaws.com`."""
    parts = url.partition("://")[2].split("/")[0].split(".")
    return parts[2] if parts[1:2] == ["execute-api"] and len(parts) > 3 else None
