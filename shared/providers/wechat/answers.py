"""What WeChat's and WeCom's answers mean: both say it by `errcode`."""

from typing import Any, Final

from shared.domain.messages.handover import Accepted, Answer, NotTaken, Rejected, Unclear
from shared.providers.http import Response

# The token is not, or no longer, the right one: nothing was looked at.
DEAD_TOKEN: Final = frozenset({40001, 40014, 41001, 42001, 42007})
# A failure inside of the provider, which it calls busy: what was done before it is not said.
_FAILED: Final = -1
# Too much for now: per minute, per day, per employee.
_FOR_NOW: Final = frozenset({45009, 45011, 45033, 46003, 600005})


def read(provider: str, response: Response) -> Answer:
    """The answer to a message."""
    found = response.json()
    if response.status != 200 or found is None or not isinstance(found.get("errcode"), int):
        return _without_code(provider, response.status)
    code: int = found["errcode"]
    if code == 0:
        return Accepted(provider, str(found.get("msgid", "")))
    detail = f"{code}: {found.get('errmsg', '')}"
    if code in DEAD_TOKEN or code in _FOR_NOW:
        return NotTaken(provider, detail)
    if code == _FAILED:
        return Unclear(provider, detail)
    return Rejected(provider, detail)


def is_dead_token(response: Response) -> bool:
    """Say whether the answer is that the token is no good."""
    found = response.json()
    return found is not None and found.get("errcode") in DEAD_TOKEN


def token_of(response: Response) -> tuple[str, int] | None:
    """(token, seconds) of an answer to the question for one; None where there is none."""
    found: dict[str, Any] = response.json() or {}
    token, seconds = found.get("access_token"), found.get("expires_in")
    if not isinstance(token, str) or not token or not isinstance(seconds, int):
        return None
    return token, seconds


def _without_code(provider: str, status: int) -> Answer:
    if status == 429 or status == 401 or status == 403:
        return NotTaken(provider, f"HTTP {status}")
    if 400 <= status < 500:
        return Rejected(provider, f"HTTP {status}")
    return Unclear(provider, f"HTTP {status} without an errcode")
