"""The words of what stood still, in English and Chinese; kinds go by the names of metrics."""

from collections.abc import Mapping
from typing import Final

from cli.story_words import Language, Words

_EN: Final[Words] = {
    "head": "what stood still|found|mended|left",
    "WaitsWithoutWake": "people in journeys (due_index) whom nobody woke",
    "ExecutionsGone": "people in journeys (step_functions) whose execution had gone",
    "ExecutionsUntold": "executions that nobody told of what they waited for",
    "ExecutionsBehind": "executions that run and are late",
    "ExecutionsIdle": "executions that waited for somebody who had left the journey",
    "PeopleNotJudged": "people whose segments, tags or stage were due",
    "MessagesNotBack": "messages that were put off and did not come back",
    "ClaimsWithoutOutcome": "messages that were begun to be sent, with no outcome",
    "WakesWithoutWait": "wakes of waits that are over",
    "ExecutionsNotSeenTo": "people in journeys (step_functions) who could not be seen to",
    "Unreadable": "rows whose journey or message is no more, or of a newer version",
    "other": "{name}",
    "nothing": "Nothing stands still: everybody was looked at, and all wakes that lie ahead.",
    "looking": "looking: {found} found",
    "mending": "mending: {found} found",
    "looked": "Nothing was changed. Without --dry-run all but those that run late would be mended.",
    "ask": "Whoever was asked goes on within minutes; the same command again shows who did not.",
    "behind": "Executions that run are left to themselves: see the history of one in the AWS "
    "console, and the alarms of run_step.",
    "unknown": "A message without an outcome is not sent again: it becomes unknown.",
    "not_seen_to": "The log of mend_waits says of whom and why; the next walk tries again.",
    "unreadable": "Rows that cannot be read stay as they are: deploy the version that wrote them, "
    "bring back the definition, or delete the people.",
}
_ZH: Final[Words] = {
    "head": "停滞的内容|发现|已修复|未处理",
    "WaitsWithoutWake": "旅程（due_index）中无人唤醒的用户",
    "ExecutionsGone": "旅程（step_functions）中执行已消失的用户",
    "ExecutionsUntold": "未被告知所等事件的执行",
    "ExecutionsBehind": "仍在运行但已延迟的执行",
    "ExecutionsIdle": "用户已离开旅程却仍在等待的执行",
    "PeopleNotJudged": "人群、标签或生命周期到期未判断的用户",
    "MessagesNotBack": "推迟后未返回的消息",
    "ClaimsWithoutOutcome": "已开始发送但没有结果的消息",
    "WakesWithoutWait": "等待已结束的多余唤醒",
    "ExecutionsNotSeenTo": "旅程（step_functions）中未能处理的用户",
    "Unreadable": "旅程或消息定义已不存在、或由更新版本写入的记录",
    "other": "{name}",
    "nothing": "没有停滞：所有用户和未来的唤醒均已检查。",
    "looking": "检查中：发现 {found} 项",
    "mending": "修复中：发现 {found} 项",
    "looked": "未做任何更改。去掉 --dry-run 后，除仍在运行的执行外都会修复。",
    "ask": "已触发的内容将在几分钟内继续；再次运行本命令可查看仍未继续的。",
    "behind": "仍在运行的执行不作处理：请在 AWS 控制台查看其历史，并检查 run_step 的告警。",
    "unknown": "没有结果的消息不会重发，其状态变为“未知”。",
    "not_seen_to": "涉及的用户与原因见 mend_waits 的日志，下次巡检会重试。",
    "unreadable": "无法读取的记录保持不变：请部署写入它们的版本、恢复其定义，或删除相关用户。",
}
WORDS: Final[Mapping[Language, Words]] = {"en": _EN, "zh": _ZH}
