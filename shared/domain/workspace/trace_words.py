"""Decisions of journeys and the facts behind them in words, in English and Chinese."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from shared.domain.workspace.words import trigger_text

Language = Literal["en", "zh"]
Words = Mapping[str, str]

_EN: Final[Words] = {
    "because": ", because: {cause}",
    "times": "{name} ×{times}",
    "within": " in {days} days",
    "no_event": "no {name}",
    "entered": "entered, because: {cause}",
    "requested": "asked for the message of {cause}",
    "acted": "did what it is there for",
    "waiting": "waits until {due}",
    "elapsed": "the wait is over",
    "skipped": "does not wait: {cause}",
    "happened": "what it waited for: {cause}",
    "timed_out": "the time is up, {cause}",
    "took": "goes on to “{next}”",
    "drew": "drew {cause}, goes on to “{next}”",
    "repeated": "goes back to “{next}”, {cause}",
    "went_on": "all rounds are over, goes on to “{next}”",
    "held_out": "held out: {cause}",
    "goal": "reached the goal: {cause}",
    "exit_step": "left: {reason}",
    "exit_rule": "left at once: {cause}",
    "merged": "gave way to an earlier enrolment of the same person",
    "taken_out": "taken out by an operator",
    "moved": "moved to another version of the journey, goes on at “{next}”",
    "waits_on": "waits on until {due}",
    "share": "a share of {value:.1%}",
    "not": "not: {what}",
    "variant": "the variant {name} ({share:.1%})",
    "control": "the control {name} ({share:.1%})",
    "winner": "the winner {name}",
    "round": "round {name} of {of}",
    "date_missing": "the date is missing",
    "date_past": "the date is past",
    "date_too_far": "the date is too far ahead",
}
_ZH: Final[Words] = {
    "because": "，原因：{cause}",
    "times": "{name} ×{times}",
    "within": "（{days} 天内）",
    "no_event": "未发生 {name}",
    "entered": "进入旅程，原因：{cause}",
    "requested": "请求发送 {cause}",
    "acted": "已执行该步骤",
    "waiting": "等待至 {due}",
    "elapsed": "等待结束",
    "skipped": "不等待：{cause}",
    "happened": "等到了 {cause}",
    "timed_out": "已超时，{cause}",
    "took": "前往“{next}”",
    "drew": "抽中 {cause}，前往“{next}”",
    "repeated": "回到“{next}”，{cause}",
    "went_on": "循环次数已满，前往“{next}”",
    "held_out": "留作对照：{cause}",
    "goal": "达成目标：{cause}",
    "exit_step": "退出：{reason}",
    "exit_rule": "立即退出：{cause}",
    "merged": "身份合并，让位于该用户更早的旅程实例",
    "taken_out": "由运营人员移出旅程",
    "moved": "迁移到旅程的新版本，在“{next}”继续",
    "waits_on": "继续等待至 {due}",
    "share": "比例 {value:.1%}",
    "not": "未{what}",
    "variant": "方案 {name}（{share:.1%}）",
    "control": "对照组 {name}（{share:.1%}）",
    "winner": "优胜方案 {name}",
    "round": "第 {name} 轮，共 {of} 轮",
    "date_missing": "没有该日期",
    "date_past": "该日期已过",
    "date_too_far": "该日期太远",
}
TRACE_WORDS: Final[Mapping[Language, Words]] = {"en": _EN, "zh": _ZH}


def decision_text(
    entry: Mapping[str, Any], reason: str, language: Language, at: Callable[[str], str]
) -> str:
    """A line of a trace, without where it was; `reason` is that of its enrolment.

    `at` says how an instant is shown.
    """
    words = TRACE_WORDS[language]
    because = entry.get("because", [])
    said = words[entry["decision"]].format(
        next=entry.get("next", ""),
        due=at(entry["due"]) if "due" in entry else "",
        reason=reason,
        cause=", ".join(fact_text(fact, language) for fact in because),
    )
    return said + because_text(because, language) if entry["decision"] == "took" else said


def because_text(facts: list[Any], language: Language) -> str:
    """The facts behind a decision, to be put after it; empty without any."""
    if not facts:
        return ""
    cause = ", ".join(fact_text(one, language) for one in facts)
    return TRACE_WORDS[language]["because"].format(cause=cause)


def fact_text(fact: Mapping[str, Any], language: Language) -> str:
    """One fact behind a decision or a membership."""
    words = TRACE_WORDS[language]
    name, value, holds = fact.get("name", ""), fact.get("value"), fact.get("holds", True)
    match fact.get("about"):
        case "trait":
            return f"{name} = {_short(value)}" if "value" in fact else f"{name} ?"
        case "event" if value is not None:
            said = words["times"].format(name=name, times=value)
            days = fact.get("within_days")
            return said + (words["within"].format(days=days) if days else "")
        case "event" if not holds:
            return words["no_event"].format(name=name)
        case "segment" | "lifecycle":
            moved = trigger_text(str(name))[language]
            return moved if holds else words["not"].format(what=moved)
        case "share":
            return words["share"].format(value=value)
        case "variant":
            word = "control" if fact.get("control") else "variant"
            word = "winner" if fact.get("won") else word
            return words[word].format(name=name, share=fact["share"])
        case "round":
            return words["round"].format(name=name, of=fact["of"])
        case "date" if f"date_{name}" in words:
            return words[f"date_{name}"]
        case _ if value is not None:
            return f"{name} = {_short(value)}"
        case _:
            return str(name)


def _short(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
