"""Which events of a person open a capability window, and on which address.

They count when a server vouches for them: a callback that we verified, or a server of the
customer's that receives the callbacks itself and passes them on under a server's key.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from shared.domain.events.model import Event
from shared.domain.messages.windows import Act, Needed

FOLLOWED: Final = "wechat_followed"
UNFOLLOWED: Final = "wechat_unfollowed"
WROTE: Final = "wechat_message"
MENU: Final = "wechat_menu_clicked"
SCANNED: Final = "wechat_scanned"
SUBSCRIBED: Final = "wechat_subscribed"
CUSTOMER_ADDED: Final = "wecom_customer_added"
CUSTOMER_REMOVED: Final = "wecom_customer_removed"

CODE: Final = "code"  # the property that says to which template somebody subscribed
OPENID: Final = "wechat_openid"

_ACTS: Final[Mapping[str, Act]] = {
    FOLLOWED: "follow",
    WROTE: "message",
    MENU: "menu",
    SCANNED: "scan",
}


class Opens(NamedTuple):
    """A window that an act opens, and the address that acted."""

    needed: Needed
    act: Act
    address: str


def opens(event: Event) -> Opens | None:
    """What window an event opens; None for nearly all of them."""
    if not event.server or not (event.name in _ACTS or event.name == SUBSCRIBED):
        return None
    address = _openid_of(event.context.get("externalIds"))
    if address is None:
        return None
    if event.name == SUBSCRIBED:
        code = event.properties.get(CODE)
        if not isinstance(code, str) or not code:
            return None
        return Opens(Needed("subscription", code), "subscribed", address)
    return Opens(Needed("wechat_service"), _ACTS[event.name], address)


def _openid_of(named: Any) -> str | None:  # noqa: ANN401 (a client wrote it)
    for one in named if isinstance(named, list) else ():
        if isinstance(one, dict) and one.get("type") == OPENID and isinstance(one.get("id"), str):
            return str(one["id"])
    return None
