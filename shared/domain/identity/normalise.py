"""How the same identifier, written differently, becomes the same text."""

import re
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from shared.domain.identity.rules import Normalisation

Normaliser = Callable[[str], str | None]
"""Gives the one spelling of a value, or None when it cannot be one of its kind."""

_PHONE_MARKS: Final = re.compile(r"[\d+()\s./\-–—−·]+")  # numbers with words in them are no numbers


def normaliser(way: Normalisation, region: str) -> Normaliser:
    """Give what brings values into their one spelling; `region` is where local phones are from."""
    match way:
        case "exact":
            return lambda text: text
        case "trim":
            return str.strip
        case "email":
            return _email
        case "phone":
            return lambda text: _phone(text, region)


def _email(text: str) -> str:
    """Full-width letters and marks become plain ones; no mail server minds the case."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def _phone(text: str, region: str) -> str | None:
    """E.164, such as `+8613900001111`; None for what no phone has."""
    text = unicodedata.normalize("NFKC", text).strip().lower().removeprefix("tel:")
    if not _PHONE_MARKS.fullmatch(text):
        return None
    phones = _phones()
    try:
        number = phones.parse(text, region)
    except phones.NumberParseException:
        return None
    if not phones.is_valid_number(number):
        return None
    return str(phones.format_number(number, phones.PhoneNumberFormat.E164))


@cache
def _phones() -> Any:  # noqa: ANN401 (a lazily loaded module)
    """Load the rules of all countries, which takes longer than everything else here together."""
    import phonenumbers

    return phonenumbers
