"""What Alibaba Cloud's answers mean."""

from typing import Final

from shared.domain.callbacks.names import ALIYUN
from shared.domain.messages.handover import Accepted, Answer, NotTaken, Rejected, Unclear
from shared.providers.http import Response

PROVIDER: Final = ALIYUN
# Too much for now, or our own credentials: nothing was sent.
_FOR_NOW: Final = (
    "isv.BUSINESS_LIMIT_CONTROL",
    "isv.OUT_OF_SERVICE",
    "isv.AMOUNT_NOT_ENOUGH",
    "isp.GATEWAY_FLOW_LIMIT",
    "Throttling",
    "InvalidAccessKeyId",
    "SignatureDoesNotMatch",
    "SignatureNonceUsed",
    "InvalidTimeStamp",
    "Forbidden",
    "NoPermission",
)
# A failure inside of the provider: what was done before it is not said.
_FAILED: Final = ("isp.SYSTEM_ERROR", "InternalError", "ServiceUnavailable")


def read(response: Response) -> Answer:
    """The answer to a text message."""
    found = response.json() or {}
    code = found.get("Code")
    if not isinstance(code, str):
        return Unclear(PROVIDER, f"HTTP {response.status} without a code")
    if code == "OK":
        return Accepted(PROVIDER, str(found.get("BizId", "")))
    detail = f"{code}: {found.get('Message', '')}"
    if code.startswith(_FOR_NOW):
        return NotTaken(PROVIDER, detail)
    if code in _FAILED or response.status >= 500:
        return Unclear(PROVIDER, detail)
    return Rejected(PROVIDER, detail)
