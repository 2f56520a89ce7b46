"""Which addresses can be written to, and which of them can belong to nobody."""

import re
from typing import Final, NamedTuple, assert_never

from shared.domain.messages.channels import Channel

_TRAITS: Final[dict[Channel, str]] = {"email": "email", "sms": "phone"}

_ATOM: Final = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_DOMAIN_LABEL: Final = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NUMBER: Final = r"\+[1-9][0-9]{6,14}"
_LOCAL_PART: Final = re.compile(rf"{_ATOM}(\.{_ATOM})*")
_LABEL: Final = re.compile(_DOMAIN_LABEL)
_E164: Final = re.compile(_NUMBER)


class Form(NamedTuple):
    """Patterns that an address matches, every one, and those that it never matches."""

    every: tuple[str, ...]
    never: tuple[str, ...] = ()


_FORMS: Final[dict[Channel, Form]] = {
    "email": Form(
        (
            rf"^{_ATOM}(\.{_ATOM})*@[^@]*\z",
            rf"@({_DOMAIN_LABEL}\.)+{_DOMAIN_LABEL}\z",
            r"^[^@]{1,64}@",
            r"^.{3,254}\z",
        ),
        (r"\.[0-9]+\z",),
    ),
    "sms": Form((rf"^{_NUMBER}\z",)),
}

# RFC 2606 and RFC 6761 keep these for documentation and tests; the last is SES's own simulator.
_NOBODYS_DOMAINS: Final = frozenset(
    {"example.com", "example.net", "example.org", "simulator.amazonses.com"}
)
_NOBODYS_TOP_LEVELS: Final = frozenset({"example", "test", "invalid"})
# The North American numbering plan keeps 555-0100 to 555-0199 of each area code for fiction.
_FICTIONAL_PHONE: Final = re.compile(r"\+1[2-9][0-9]{2}55501[0-9]{2}")


def trait_of(channel: Channel) -> str:
    """Name of the trait that holds a profile's address on a channel."""
    return _TRAITS[channel]


def is_valid(channel: Channel, address: str) -> bool:
    """Say whether an address has the form that the channel's providers accept.

    Email: ASCII, one `@`, at most 254 characters, a domain of two labels or more. Telephone
    numbers: E.164 only, such as `+14255550123`.
    """
    match channel:
        case "email":
            return _is_email(address)
        case "sms":
            return _E164.fullmatch(address) is not None
        case _:
            assert_never(channel)


def form_of(channel: Channel) -> Form:
    """What `is_valid` says, as patterns of RE2 that conditions can ask for."""
    return _FORMS[channel]


def belongs_to_nobody(channel: Channel, address: str) -> bool:
    """Say whether a valid address is reserved, so that no person can ever receive at it."""
    match channel:
        case "email":
            domain = address.rpartition("@")[2].lower()
            top_level = domain.rpartition(".")[2]
            return domain in _NOBODYS_DOMAINS or top_level in _NOBODYS_TOP_LEVELS
        case "sms":
            return _FICTIONAL_PHONE.fullmatch(address) is not None
        case _:
            assert_never(channel)


def canonical(channel: Channel, address: str) -> str:
    """Give the form under which an address is kept in the suppression list.

    Mail to `Ada@Example.com` and `ada@example.com` reaches one mailbox with every provider that
    matters, so whoever is suppressed under one spelling is under all of them.
    """
    match channel:
        case "email":
            return address.strip().lower()
        case "sms":
            return address.strip()
        case _:
            assert_never(channel)


def _is_email(address: str) -> bool:
    local, at, domain = address.rpartition("@")
    labels = domain.split(".")
    return (
        bool(at)
        and len(address) <= 254
        and len(local) <= 64
        and _LOCAL_PART.fullmatch(local) is not None
        and len(labels) >= 2
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )
