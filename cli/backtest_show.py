"""How backtests and previews look in a terminal, in English and Chinese."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich import box
from rich.table import Table

from cli.story_words import Language
from shared.domain.messages.reasons import TEXTS

_MOST_DAYS: Final = 31  # of a table; more are told by their sum
_EN: Final = {
    "looked": "{people} people looked at, {events} events read",
    "entered": "{people_entered} would have entered, {enrolments} times"
    " ({held_out} held out, {inside} still inside at the end, {goals} reached the goal)",
    "turned": "entries that began nothing: {what}",
    "too_old": "{n} arrived too late",
    "not_again": "{n} by people who may not enter again",
    "day": "day",
    "entries": "entries",
    "total": "total",
    "ended": "how runs ended",
    "runs": "runs",
    "active": "still inside",
    "completed": "completed",
    "exited": "exited: {reason}",
    "held": "why messages would not have gone out",
    "messages": "messages",
    "put_off": "how often messages would have waited",
    "times": "times",
    "sent": "{channel} sent",
    "unsent": "not sent",
    "step": "step",
    "price": "list price",
    "usd": "dollars",
    "clock": "AWS, clock {clock}",
    "delivery": "{channel}: {parts} parts, {source}",
    "unsure": " (check what your provider bills)",
    "people": "for {people} people",
    "least": "at least",
    "most": "at most",
    "total_of": "in all, by its clock {clock}",
    "within": "the budget of ${budget} holds whatever ways people take",
    "over": "it can go over the budget of ${budget}",
    "lasts": "its own budget of ${budget} for messages lasts whatever ways people take",
    "ends": "its own budget of ${budget} for messages can be used up; it is paused then",
    "each": "its messages may cost ${budget} in each {per}; more pauses it",
    "per_total": "",
    "per_day": "day",
    "per_month": "month",
    "as_of": "prices of {as_of}, before free tiers and discounts",
    "acts": "beside messages: {what}",
}
_ZH: Final = {
    "looked": "查看了 {people} 人、{events} 个事件",
    "entered": "本应进入 {people_entered} 人、{enrolments} 次"
    "（对照组 {held_out}，期末仍在旅程中 {inside}，达成目标 {goals}）",
    "turned": "未能进入：{what}",
    "too_old": "{n} 次事件到达过晚",
    "not_again": "{n} 次因不可重复进入",
    "day": "日期",
    "entries": "进入",
    "total": "合计",
    "ended": "旅程实例的结果",
    "runs": "实例数",
    "active": "仍在旅程中",
    "completed": "已完成",
    "exited": "退出：{reason}",
    "held": "消息未发出的原因",
    "messages": "消息数",
    "put_off": "消息推迟次数及原因",
    "times": "次数",
    "sent": "{channel} 发送",
    "unsent": "未发送",
    "step": "步骤",
    "price": "标价",
    "usd": "美元",
    "clock": "AWS，时钟 {clock}",
    "delivery": "{channel}：{parts} 条，{source}",
    "unsure": "（以服务商账单为准）",
    "people": "{people} 人的费用",
    "least": "最少",
    "most": "最多",
    "total_of": "合计（时钟 {clock}）",
    "within": "无论用户走哪条路径，都不超过预算 ${budget}",
    "over": "可能超过预算 ${budget}",
    "lasts": "无论用户走哪条路径，旅程自身的消息预算 ${budget} 都够用",
    "ends": "旅程自身的消息预算 ${budget} 可能用完，届时旅程将暂停",
    "each": "旅程的消息每{per}最多花费 ${budget}，超出即暂停",
    "per_total": "",
    "per_day": "天",
    "per_month": "月",
    "as_of": "价格日期 {as_of}，未计免费额度与折扣",
    "acts": "消息以外的动作：{what}",
}


def _words(language: Language) -> Mapping[str, str]:
    return _ZH if language == "zh" else _EN


def report(told: Mapping[str, Any], language: Language) -> Iterator[str | Table]:
    """Everything of a report: lines and tables."""
    words = _words(language)
    yield words["looked"].format_map(told)
    yield words["entered"].format_map(told)
    if told["turned_away"]:
        what = (words[one["name"]].format(n=one["times"]) for one in told["turned_away"])
        yield words["turned"].format(what=", ".join(what))
    if told["enrolments"]:
        yield _days(told, words)
        yield _ends(told, words)
    if held := _held(told, words, language):
        yield held
    if told["deferrals"]:
        yield _put_off(told, words, language)
    if told["actions"]:
        what = (f"{one['name']} ×{one['times']}" for one in told["actions"])
        yield words["acts"].format(what=", ".join(what))
    yield _price(told["cost"], words)
    yield words["as_of"].format(as_of=told["cost"]["prices_as_of"])
    yield told["note_zh"] if language == "zh" else told["note"]


def _days(told: Mapping[str, Any], words: Mapping[str, str]) -> Table:
    """Entries and messages by day."""
    channels = sorted({one["channel"] for one in told["messages"] if one["outcome"] == "sent"})
    entries = Counter({one["day"]: one["enrolments"] for one in told["entries"]})
    sent: Counter[tuple[str, str]] = Counter()
    unsent: Counter[str] = Counter()
    for one in told["messages"]:
        if one["outcome"] == "sent":
            sent[one["day"], one["channel"]] += one["messages"]
        else:
            unsent[one["day"]] += one["messages"]
    heads = [words["sent"].format(channel=channel) for channel in channels]
    table = Table(words["day"], words["entries"], *heads, words["unsent"], box=box.SIMPLE)
    days = sorted({*entries, *unsent, *(day for day, _ in sent)})
    for day in days[:_MOST_DAYS]:
        cells = [sent[day, channel] for channel in channels]
        table.add_row(day, *map(str, (entries[day], *cells, unsent[day])))
    if len(days) > _MOST_DAYS:
        table.add_row("…", *[""] * (len(channels) + 2))
    totals = [sum(sent[day, channel] for day in days) for channel in channels]
    sums = (entries.total(), *totals, unsent.total())
    table.add_row(words["total"], *map(str, sums))
    return table


def _ends(told: Mapping[str, Any], words: Mapping[str, str]) -> Table:
    table = Table(words["ended"], words["runs"], box=box.SIMPLE)
    for one in told["ends"]:
        table.add_row(words[one["status"]].format_map(one), str(one["enrolments"]))
    return table


def _held(told: Mapping[str, Any], words: Mapping[str, str], language: Language) -> Table | None:
    """By reason, what would not have gone out."""
    reasons: Counter[tuple[str, str]] = Counter()
    for one in told["messages"]:
        if one["outcome"] != "sent":
            reasons[one["channel"], one["outcome"]] += one["messages"]
    if not reasons:
        return None
    table = Table(words["held"], words["messages"], box=box.SIMPLE)
    for (channel, reason), messages in sorted(reasons.items()):
        table.add_row(f"{channel}: {_reason(reason, language)}", str(messages))
    return table


def _put_off(told: Mapping[str, Any], words: Mapping[str, str], language: Language) -> Table:
    """By reason, how often messages would have had to wait."""
    times: Counter[tuple[str, str]] = Counter()
    for one in told["deferrals"]:
        times[one["channel"], one["reason"]] += one["times"]
    table = Table(words["put_off"], words["times"], box=box.SIMPLE)
    for (channel, reason), n in sorted(times.items()):
        table.add_row(f"{channel}: {_reason(reason, language)}", str(n))
    return table


def _reason(reason: str, language: Language) -> str:
    text = next((text for name, text in TEXTS.items() if name == reason), None)
    if text is None:
        return reason
    return text.zh if language == "zh" else text.en


def _price(cost: Mapping[str, Any], words: Mapping[str, str]) -> Table:
    table = Table(words["price"], words["usd"], box=box.SIMPLE)
    for one in cost["clocks"]:
        table.add_row(words["clock"].format_map(one), _usd(one["usd"]))
    for one in cost["delivery"]:
        table.add_row(_delivery(one, words), _usd(one["usd"]))
    return table


def _delivery(one: Mapping[str, Any], words: Mapping[str, str]) -> str:
    parts = one["parts"]
    if isinstance(parts, dict):
        span = {f"{parts['least']:,.0f}", f"{parts['most']:,.0f}"}
        parts = " – ".join(sorted(span, key=lambda each: float(each.replace(",", ""))))
    said = words["delivery"].format_map({**one, "parts": parts})
    return said + ("" if one["is_sure"] else words["unsure"])


def cost(told: Mapping[str, Any], language: Language) -> Iterator[str | Table]:
    """The bounds of a preview."""
    words = _words(language)
    for one in told["templates"]:
        if one["problem"]:
            yield f"{one['template_id']}: {one['problem']}"
    people = words["people"].format(people=f"{told['people']:,}")
    table = Table(people, words["least"], words["most"], box=box.SIMPLE)
    for one in told["clocks"]:
        table.add_row(words["clock"].format_map(one), *_range(one["usd"]))
    for one in told["delivery"]:
        table.add_row(_delivery(one, words), *_range(one["usd"]))
    table.add_row(words["total_of"].format_map(told), *_range(told["total_usd"]))
    yield table
    if told["budget_usd"] is not None:
        budget = f"{told['budget_usd']:,.2f}"
        yield words["within" if told["is_within_budget"] else "over"].format(budget=budget)
    if own := told["own_budget"]:
        word = {True: "lasts", False: "ends", None: "each"}[own["lasts"]]
        per = words[f"per_{own['per']}"]
        yield words[word].format(budget=f"{own['usd']:,.2f}", per=per)
    yield words["as_of"].format(as_of=told["prices_as_of"])


def _range(bounds: Mapping[str, float]) -> tuple[str, str]:
    return _usd(bounds["least"]), _usd(bounds["most"])


def _usd(amount: float) -> str:
    return f"{amount:,.2f}" if amount >= 0.095 or not amount else f"{amount:.6f}".rstrip("0")
