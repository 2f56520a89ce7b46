"""What Alibaba Cloud and Tencent Cloud tell of text messages: what became of them, and replies.

Neither signs what it tells, so whoever takes this in must know by other means who told it. Alibaba
Cloud names our message (`out_id`), Tencent Cloud only its own number of it (`sid`).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from shared.domain.callbacks.names import ALIYUN, TENCENT, ref_of
from shared.domain.events.model import Event
from shared.domain.feedback.replies import Reply, reply_event
from shared.domain.feedback.reports import Report
from shared.domain.messages.addresses import is_valid

# Our own record of a message is there when whoever sent it has written what was answered, or has
# surely died; what nobody knows by then is somebody else's message.
SOUGHT_FOR: Final = timedelta(minutes=4)
MOST: Final = 1_000  # pieces of a callback that are read

_CHINA: Final = ZoneInfo("Asia/Shanghai")  # by which both tell the time
_LONGEST_TEXT: Final = 2_000
_DIGITS_AT_HOME: Final = 11


class Told(NamedTuple):
    """What a callback says."""

    reports: list[Report]
    replies: list[Event]


def told_by_aliyun(workspace_id: str, said: object, received_at: datetime) -> Told:
    """Read a list of delivery reports (SmsReport), or of replies (SmsUp).

    What is neither, or about no message of ours, is passed over.
    """
    reports, replies = [], []
    for one in _pieces(said):
        if "content" in one:
            reply = _reply_to_aliyun(one, received_at)
            replies += [reply_event(workspace_id, reply, received_at)] if reply else []
        else:
            report = _report_of_aliyun(workspace_id, one, received_at)
            reports += [report] if report else []
    return Told(reports, replies)


def told_by_tencent(workspace_id: str, said: object, received_at: datetime) -> Told:
    """Read a list of delivery reports, or a reply, which comes alone.

    Its reports have no `message_id`; they are to be found by `provider_message_id`.
    """
    reports, replies = [], []
    for one in _pieces(said):
        if "text" in one:
            reply = _reply_to_tencent(one, received_at)
            replies += [reply_event(workspace_id, reply, received_at)] if reply else []
        else:
            report = _report_of_tencent(workspace_id, one, received_at)
            reports += [report] if report else []
    return Told(reports, replies)


def _report_of_aliyun(
    workspace_id: str, said: Mapping[str, Any], received_at: datetime
) -> Report | None:
    ref, is_there = ref_of(workspace_id, _text(said, "out_id")), said.get("success")
    if ref is None or not isinstance(is_there, bool):
        return None
    return _report(
        ALIYUN,
        _text(said, "biz_id"),
        is_there=is_there,
        code=_text(said, "err_code"),
        at=_instant(said.get("report_time"), received_at),
        **ref._asdict(),
    )


def _report_of_tencent(
    workspace_id: str, said: Mapping[str, Any], received_at: datetime
) -> Report | None:
    serial, status = _text(said, "sid"), said.get("report_status")
    if not serial or status not in ("SUCCESS", "FAIL"):
        return None
    return _report(
        TENCENT,
        serial,
        is_there=status == "SUCCESS",
        code=_text(said, "errmsg"),
        at=_instant(said.get("user_receive_time"), received_at),
        workspace_id=workspace_id,
        sought_until=received_at + SOUGHT_FOR,
    )


def _report(provider: str, serial: str, *, is_there: bool, code: str, **known: Any) -> Report:  # noqa: ANN401
    """A report; carriers' codes say why, and none of them surely that a number is gone for good."""
    return Report(
        report_id=f"{serial} {code}"[:200],
        kind="delivered" if is_there else "bounced",
        provider=provider,
        provider_message_id=serial,
        bounce=None if is_there else "undetermined",
        detail="" if is_there else code[:100],
        **{"profile_id": "", "message_id": "", **known},
    )


def _reply_to_aliyun(said: Mapping[str, Any], received_at: datetime) -> Reply | None:
    number, text = _number(_text(said, "phone_number")), said.get("content")
    if number is None or not isinstance(text, str):
        return None
    at = _instant(said.get("send_time"), received_at)
    serial = _text(said, "sequence_id") or _digest(number, said.get("send_time"), text)
    return Reply(number, text[:_LONGEST_TEXT], f"{ALIYUN} {serial}", at)


def _reply_to_tencent(said: Mapping[str, Any], received_at: datetime) -> Reply | None:
    country, mobile = _text(said, "nationcode") or "86", _text(said, "mobile")
    number, text = f"+{country.lstrip('+')}{mobile}", said.get("text")
    if not is_valid("sms", number) or not isinstance(text, str):
        return None
    at = _instant(said.get("time"), received_at)
    named = _digest(number, said.get("time"), text)
    return Reply(number, text[:_LONGEST_TEXT], f"{TENCENT} {named}", at)


def _digest(number: str, time: object, text: str) -> str:
    """A name for a reply that has none, the same on every repetition."""
    return sha256(f"{number}\0{time}\0{text}".encode()).hexdigest()[:32]


def _number(written: str) -> str | None:
    """A number in E.164; those of mainland China, who alone can reply, come without their code."""
    digits = written.lstrip("+").removeprefix("00")
    is_at_home = len(digits) == _DIGITS_AT_HOME and digits.startswith("1")
    number = f"+86{digits}" if is_at_home else f"+{digits}"
    return number if is_valid("sms", number) else None


def _pieces(said: object) -> list[dict[str, Any]]:
    listed: Sequence[object] = said if isinstance(said, list) else [said]
    return [one for one in listed[:MOST] if isinstance(one, dict)]


def _text(said: Mapping[str, Any], name: str) -> str:
    """A short text or number as a text; empty for anything else."""
    value = said.get(name)
    is_plain = isinstance(value, str | int) and not isinstance(value, bool)
    return str(value)[:200] if is_plain else ""


def _instant(said: object, received_at: datetime) -> datetime:
    """A time of China's, or seconds since 1970; never after it was told."""
    try:
        if isinstance(said, int | float):
            at = datetime.fromtimestamp(said, _CHINA)
        else:
            at = datetime.strptime(str(said), "%Y-%m-%d %H:%M:%S").replace(tzinfo=_CHINA)
        return min(at.astimezone(received_at.tzinfo), received_at)
    except (ValueError, OverflowError, OSError):
        return received_at
