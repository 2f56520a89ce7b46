"""The HTTP API of inboxes; behind the same gateway as the API of events."""

import gzip
import os
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any, Final

from functions.serve_inbox.settings import Settings
from functions.serve_inbox.usecase import Script, ServeInbox
from shared.aws.identity_secret import IdentitySecret
from shared.aws.inbox_store import InboxStore
from shared.aws.session import prompt_client
from shared.aws.user_hashes import UserHashes
from shared.aws.write_keys import WriteKeys
from shared.runtime.http import Request, Response, answer
from shared.runtime.observability import logger
from shared.runtime.settings import load

WIDGET: Final = Path(__file__).with_name("widget.js")

log = logger("serve_inbox")


@cache
def _inbox() -> ServeInbox:
    settings = load(Settings, os.environ)
    dynamodb = prompt_client("dynamodb")
    secret = IdentitySecret(lambda: prompt_client("secretsmanager"), settings.identity_secret_arn)
    source = WIDGET.read_bytes()
    return ServeInbox(
        WriteKeys(dynamodb, settings.catalog_table),
        UserHashes(secret),
        InboxStore(dynamodb, settings.profiles_table),
        Script(source, b64encode(gzip.compress(source, mtime=0)).decode()),
    )


def handle(event: dict[str, Any], context: object) -> Response:  # noqa: ARG001
    """Answer one request of a page or an app; pages of any origin may read the answer."""
    return answer(event, _respond, log)


def _respond(request: Request) -> Response:
    return _inbox().respond(request)
