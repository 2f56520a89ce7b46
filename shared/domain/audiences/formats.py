"""The lines of an audience's file, in each of its formats.

The formats of advertising platforms hold hashed addresses and numbers and nothing else. Somebody
with several has a line for each further one: every line is one record to be matched.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final, NamedTuple, assert_never

from shared.domain.audiences.hashing import Platform, hashed_email, hashed_phone
from shared.domain.audiences.model import Format
from shared.domain.cells import harmless
from shared.domain.messages.addresses import is_valid
from shared.domain.messages.channels import Channel
from shared.domain.text import to_text

_EMAIL: Final = "email"
_PHONE: Final = "phone"
# Column names that the platforms look for in a file.
_GOOGLE: Final = ("Email", "Phone")
_META: Final = ("email", "phone")


class Contact(NamedTuple):
    """A person as far as files tell of them: identifiers by kind, and traits."""

    profile_id: str
    identifiers: Mapping[str, Sequence[str]]
    traits: Mapping[str, Any]

    def of_kind(self, kind: str) -> Sequence[str]:
        """Identifiers of a kind; without any, the trait of its name, if it is an address."""
        known = self.identifiers.get(kind)
        if known:
            return known
        told = self.traits.get(kind)
        channel: Channel = "email" if kind == _EMAIL else "sms"
        return (told,) if isinstance(told, str) and is_valid(channel, told) else ()


def header(file_format: Format, fields: Sequence[str]) -> str:
    """The first line of a file; empty when its format has none."""
    match file_format:
        case "csv":
            return _row(["profile_id", *fields])
        case "google_customer_match":
            return _row(_GOOGLE)
        case "meta_custom_audience":
            return _row(_META)
        case "jsonl":
            return ""
        case _:
            assert_never(file_format)


def lines(file_format: Format, fields: Sequence[str], contact: Contact) -> Iterator[str]:
    """The lines about one person; none when an advertising platform could match nothing."""
    match file_format:
        case "csv":
            yield _row([contact.profile_id, *(_cell(contact, name) for name in fields)])
        case "jsonl":
            told = {"profile_id": contact.profile_id}
            yield to_text(told | {name: _value(contact, name) for name in fields}) + "\n"
        case "google_customer_match":
            yield from _matchable("google", contact)
        case "meta_custom_audience":
            yield from _matchable("meta", contact)
        case _:
            assert_never(file_format)


def _matchable(platform: Platform, contact: Contact) -> Iterator[str]:
    emails = dict.fromkeys(hashed_email(platform, one) for one in contact.of_kind(_EMAIL))
    phones = dict.fromkeys(hashed_phone(platform, one) for one in contact.of_kind(_PHONE))
    for email, phone in zip_longest(emails, phones, fillvalue=""):
        yield _row([email, phone])


def _value(contact: Contact, name: str) -> Any:  # noqa: ANN401 (whatever a trait holds)
    """All identifiers of this kind as a list; else the trait of this name, None without one."""
    known = contact.identifiers.get(name)
    return list(known) if known else contact.traits.get(name)


def _cell(contact: Contact, name: str) -> str:
    value = _value(contact, name)
    if name in contact.identifiers and isinstance(value, list):
        return ";".join(harmless(each) for each in value)
    if value is None:
        return ""
    return harmless(value if isinstance(value, str) else to_text(value))


def _row(cells: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
