"""Who emails come from, as people write it: an address, perhaps with a name before it."""

import re
from typing import Final, NamedTuple

_SENDER: Final = re.compile(
    r'(?:(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<plain>[^"<>@\\]*?))\s*'
    r"<(?P<named>[^<>]+)>|(?P<bare>[^<>]+))"
)
# A name with a line break in it would be another header.
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


class Sender(NamedTuple):
    """A name, empty where there is none, and the address."""

    name: str
    address: str


def sender_of(text: str) -> Sender | None:
    """Read `Shop <news@shop.example>`, the name quoted or not, or an address; None for all else."""
    # What an address looks like is known beside templates, which most functions never load.
    from shared.domain.messages.addresses import is_valid

    found = _SENDER.fullmatch(text.strip())
    if found is None or _CONTROL.search(text):
        return None
    quoted = re.sub(r"\\(.)", r"\1", found["quoted"] or "")
    sender = Sender(quoted or found["plain"] or "", (found["named"] or found["bare"]).strip())
    return sender if is_valid("email", sender.address) else None
