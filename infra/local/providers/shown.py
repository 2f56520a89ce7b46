"""What the emulator of AWS took, as people see it; and the secret of the simulated providers."""

import json
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

CALLBACK_TOKEN: Final = "callback-token"
TEXTS_TOKEN: Final = "token-that-nobody-guesses"
CALLBACK_KEY: Final = b64encode(bytes(range(32))).decode().rstrip("=")
SIMULATED: Final[Mapping[str, str]] = {
    "app_secret": "app-secret",
    "corp_secret": "corp-secret",
    "token": CALLBACK_TOKEN,
    "encoding_aes_key": CALLBACK_KEY,
    "callback_token": TEXTS_TOKEN,
    "access_key_id": "id",
    "access_key_secret": "secret",
    "secret_id": "id",
    "secret_key": "secret",
}
"""Everything that the definition of a provider can ask of its secret."""


def email_shown(email: Mapping[str, Any]) -> dict[str, Any]:
    """An email as the emulator keeps it."""
    return {
        "provider": "ses",
        "to": ", ".join(email.get("To", ())),
        "title": email.get("Subject", ""),
        "text": email.get("BodyText", ""),
        "at": datetime.fromtimestamp(email.get("Timestamp", 0), UTC).isoformat(),
    }


def text_shown(text: Mapping[str, Any]) -> dict[str, Any]:
    """A text message as the emulator keeps it, which is without any time."""
    return {
        "provider": "sns",
        "to": text.get("PhoneNumber", ""),
        "title": "",
        "text": text.get("Message", ""),
        "at": "",
    }


def pulled_shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """A message in an inbox, or a popup, by its row."""
    content = json.loads(row["content"])
    return {
        "provider": row["channel"],
        "to": row["pk"].rpartition("#")[2],
        "title": content["headline"],
        "text": content["text"],
        "at": row["created_at"],
    }
