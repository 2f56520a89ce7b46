"""The words of dead letters, in English and Chinese."""

from collections.abc import Mapping
from typing import Final

from cli.story_words import Language, Words

_EN: Final[Words] = {
    "head": "queue|letters|go back to",
    "nowhere": "nowhere: rows of a stream; docs/operating.md says what to do",
    "none": "No queue of dead letters was found: is this the account, is this the region?",
    "empty": "{name} is empty.",
    "letter": "{sent_at}  {about}",
    "events": "{number} events",
    "fact": "a {name} for journeys or destinations",
    "message": "a message of the step “{step}” of {journey_id}",
    "action": "an action of the step “{step}” of {journey_id}",
    "batch": "{number} that are due",
    "other": "{bytes} bytes of another form",
    "reason": "    because: {reason}",
    "requests": "    requests: {ids}",
    "rest": "… {number} more; --most shows more of them",
    "personal": "What they hold is personal data: --personal shows it.",
    "moved": "{number} letters of {name} are back in {source}; what fails again comes back here.",
    "left": "{number} came while this went on and stay.",
}
_ZH: Final[Words] = {
    "head": "队列|死信|退回到",
    "nowhere": "无：来自数据流的记录，处理办法见 docs/operating.md",
    "none": "没有找到死信队列：账号和区域是否正确？",
    "empty": "{name} 为空。",
    "letter": "{sent_at}  {about}",
    "events": "{number} 个事件",
    "fact": "发往旅程或外部系统的 {name}",
    "message": "旅程 {journey_id} 中步骤“{step}”的消息",
    "action": "旅程 {journey_id} 中步骤“{step}”的动作",
    "batch": "{number} 个到期项",
    "other": "其他格式，{bytes} 字节",
    "reason": "    原因：{reason}",
    "requests": "    请求：{ids}",
    "rest": "… 另有 {number} 条，可用 --most 显示更多",
    "personal": "内容属于个人数据，加 --personal 才会显示。",
    "moved": "{name} 的 {number} 条死信已退回 {source}；再次失败的会重新回到这里。",
    "left": "期间新到的 {number} 条保留在原处。",
}
WORDS: Final[Mapping[Language, Words]] = {"en": _EN, "zh": _ZH}
