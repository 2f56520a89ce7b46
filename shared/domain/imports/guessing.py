"""Which column is what, told by its name, in English and Chinese."""

import re
from typing import Final

from shared.domain.imports.definition import (
    Column,
    Identifier,
    Ignored,
    Kind,
    Said,
    Time,
    Value,
)

_IDENTIFIERS: Final = {
    "user_id": "userid customerid custid customer uid accountid 用户id 客户id 用户编号 客户编号",
    "anonymous_id": "anonymousid anonid distinctid 匿名id",
    "email": "email emailaddress mail 邮箱 电子邮箱 邮件",
    "phone": "phone phonenumber mobile mobilephone tel telephone 手机 手机号 手机号码 电话",
    "device_id": "deviceid idfa oaid imei 设备id",
    "wechat_unionid": "unionid wechatunionid wxunionid",
    "wechat_openid": "openid wechatopenid wxopenid",
    "wecom_external_userid": "externaluserid wecomexternaluserid",
    "member_id": "memberid membercode memberno cardno 会员号 会员id 会员编号 会员卡号 卡号",
}
_TIMES: Final = (
    "at time timestamp date datetime occurredat originaltimestamp eventtime createdat updatedat "
    "orderdate ordertime paidat 时间 日期 下单时间 支付时间 创建时间 更新时间"
)
_SAID: Final = {
    "event": "event eventname 事件 事件名",
    "message_id": "messageid eventid insertid",
    "purpose": "purpose 用途",
    "topic": "topic 主题",
    "channel": "channel 渠道",
    "granted": "granted consent optin subscribed agreed 同意 授权 是否同意",
}
_SAID_BY: Final[dict[Kind, frozenset[str]]] = {
    "profiles": frozenset({"message_id"}),
    "identifiers": frozenset({"message_id"}),
    "consents": frozenset({"message_id", "purpose", "topic", "channel", "granted"}),
    "events": frozenset({"event", "message_id"}),
}
_NUMBERS: Final = re.compile(
    r"(amount|price|revenue|value|total|quantity|count|points|age)$|(金额|价格|数量|积分|年龄|总额)$"
)
_PREFIXES: Final = ("trait", "property", "properties", "traits", "context.traits")
_NOISE: Final = re.compile(r"[\s_\-.]+")


def _flat(names: dict[str, str]) -> dict[str, str]:
    return {word: meaning for meaning, words in names.items() for word in words.split()}


_IDENTIFIER_BY_NAME: Final = _flat(_IDENTIFIERS)
_SAID_BY_NAME: Final = _flat(_SAID)
_TIME_NAMES: Final = frozenset(_TIMES.split())


def guess(kind: Kind, column: str) -> Column:
    """What a column most likely is; a trait or property of its own name when nothing says more."""
    name = _NOISE.sub("", column).lower()
    if not name:
        return Ignored(to="ignore")
    if identifier := _IDENTIFIER_BY_NAME.get(name):
        return Identifier(to="identifier", kind=identifier)
    if name in _TIME_NAMES:
        return Time(to="at")
    said = _SAID_BY_NAME.get(name)
    if said in _SAID_BY[kind]:
        return Said.model_validate({"to": said})
    if kind in ("identifiers", "consents"):
        return Ignored(to="ignore")
    prefix, _, rest = column.rpartition(".")
    own = rest if prefix in _PREFIXES and rest else column.strip()
    return Value(
        to="property" if kind == "events" else "trait",
        name=own[:200],
        type="number" if _NUMBERS.search(name) else "as_is",
    )
