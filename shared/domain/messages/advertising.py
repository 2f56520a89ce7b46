"""Words that advertise: WeChat takes no advertising in template and subscription messages.

It is a list for a warning, not a judgement: what counts is what WeChat's reviewers make of it.
"""

import re
from collections.abc import Iterator
from typing import Final

CHINESE: Final = (
    "促销", "特惠", "优惠", "折扣", "打折", "满减", "秒杀", "抢购", "限时", "限量", "特价", "清仓",
    "大促", "直降", "立减", "低至", "半价", "买一送一", "免费领", "免费送", "领取红包", "红包",
    "优惠券", "代金券", "抽奖", "中奖", "大奖", "钜惠", "巨惠", "超值", "爆款", "热卖", "热销",
    "返现", "返利", "拼团", "砍价", "双十一", "双11", "618", "福利", "赠品", "送礼", "最后机会",
    "不容错过", "立即购买", "马上购买", "点击购买", "邀请好友", "分享得",
)  # fmt: skip
ENGLISH: Final = (
    "sale", "discount", "% off", "coupon", "voucher", "promo", "promotion", "special offer",
    "limited time", "limited offer", "flash sale", "clearance", "buy one get one", "free gift",
    "giveaway", "lucky draw", "cashback", "best price", "lowest price", "last chance",
    "don't miss", "buy now", "shop now", "order now", "exclusive deal", "deal of the day",
    "bargain", "refer a friend", "black friday", "cyber monday",
)  # fmt: skip

_ENGLISH: Final = re.compile(
    "|".join(rf"(?<![a-z]){re.escape(word)}(?![a-z])" for word in ENGLISH), re.IGNORECASE
)


def advertising_in(text: str) -> tuple[str, ...]:
    """The words of a text that advertise, each once, in its order of the lists."""
    return tuple(dict.fromkeys(_found(text)))


def _found(text: str) -> Iterator[str]:
    longest = sorted((word for word in CHINESE if word in text), key=len, reverse=True)
    for place, word in enumerate(longest):
        if not any(word in longer for longer in longest[:place]):
            yield word
    yield from (found[0].lower() for found in _ENGLISH.finditer(text))
