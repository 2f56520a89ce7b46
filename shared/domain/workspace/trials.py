"""To whom an editor may send a template for a trial: addresses that an admin has named."""

import re
from collections.abc import Collection
from typing import Final

# One mailbox and nothing that a mail server could read as a second one.
_MAILBOX: Final = re.compile(r"[^\s@,;:<>()\"\\]+(@[^\s@,;:<>()\"\\]+)")


def is_for_trials(address: str, named: Collection[str]) -> bool:
    """Whether an address is among those named; `@example.com` names all mailboxes of a domain."""
    wanted = {one.casefold() for one in named}
    address = address.casefold()
    mailbox = _MAILBOX.fullmatch(address)
    return address in wanted or bool(mailbox and mailbox[1] in wanted)
