"""What Tencent Cloud's answers mean."""

from typing import Any, Final

from shared.domain.callbacks.names import TENCENT
from shared.domain.messages.handover import Accepted, Answer, NotTaken, Rejected, Unclear
from shared.providers.http import Response

PROVIDER: Final = TENCENT
# Too much for now, no money, or our own credentials: nothing was sent.
_FOR_NOW: Final = (
    "LimitExceeded",
    "RequestLimitExceeded",
    "AuthFailure",
    "UnauthorizedOperation",
    "FailedOperation.InsufficientBalanceInSmsPackage",
)


def read(response: Response) -> Answer:
    """The answer to one text message."""
    found = (response.json() or {}).get("Response")
    if not isinstance(found, dict):
        return Unclear(PROVIDER, f"HTTP {response.status} without a response")
    if isinstance(error := found.get("Error"), dict):
        return _refusal(str(error.get("Code", "")), str(error.get("Message", "")))
    match found.get("SendStatusSet"):
        case [dict() as status]:
            return _of_one(status)
        case _:
            return Unclear(PROVIDER, "the answer is about no message of ours")


def _of_one(status: dict[str, Any]) -> Answer:
    if status.get("Code") == "Ok":
        return Accepted(PROVIDER, str(status.get("SerialNo", "")))
    return _refusal(str(status.get("Code", "")), str(status.get("Message", "")))


def _refusal(code: str, message: str) -> Answer:
    detail = f"{code}: {message}"
    if code.startswith(_FOR_NOW):
        return NotTaken(PROVIDER, detail)
    if code.startswith("InternalError"):
        return Unclear(PROVIDER, detail)
    return Rejected(PROVIDER, detail)
