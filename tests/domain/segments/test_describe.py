import pytest
from hypothesis import given
from pydantic import TypeAdapter

from shared.domain.segments.condition import OPERATORS, Condition
from shared.domain.segments.describe import OPERATOR_WORDS, describe
from tests.domain.segments.conditions import conditions

CONDITION: TypeAdapter[Condition] = TypeAdapter(Condition)


def test_every_operator_has_words_in_both_languages():
    assert set(OPERATOR_WORDS) == set(OPERATORS)
    assert all(set(words) == {"en", "zh"} for words in OPERATOR_WORDS.values())


def event(**fields):
    return {"type": "event", "event": "cart", **fields}


def trait(operator, value=None):
    return {"type": "trait", "trait": "city", "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("data", "english", "chinese"),
    [
        (event(), "did cart ever", "有史以来发生过 cart"),
        (event(within_days=1), "did cart today", "今天发生过 cart"),
        (
            event(times=3, within_days=30),
            "did cart at least 3 times in the last 30 days",
            "近 30 天内发生 cart 至少 3 次",
        ),
        (
            event(times=0, comparison="exactly", within_days=14),
            "did not do cart in the last 14 days",
            "近 14 天内未发生 cart",
        ),
        (event(times=0, comparison="at_most"), "did not do cart ever", "有史以来未发生 cart"),
        (
            event(times=1, comparison="exactly"),
            "did cart exactly once ever",
            "有史以来发生 cart 恰好 1 次",
        ),
        (
            event(times=2, comparison="at_most", within_days=1),
            "did cart at most 2 times today",
            "今天发生 cart 至多 2 次",
        ),
        (trait("equals", "上海"), "city is “上海”", "city 等于 “上海”"),
        (trait("not_equals", 1.5), "city is other than 1.5", "city 不等于 1.5"),
        (trait("equals", True), "city is true", "city 等于 是"),
        (
            trait("one_of", ["a", 2, False]),
            "city is one of “a”, 2, false",
            "city 是 “a”、2、否 之一",
        ),
        (trait("exists"), "city is known", "city 已知"),
        ({"type": "not", "condition": trait("exists")}, "not (city is known)", "并非（city 已知）"),
        (
            {
                "type": "all",
                "conditions": [
                    trait("exists"),
                    {"type": "any", "conditions": [event(), trait("less", 5)]},
                    {"type": "any", "conditions": [event(within_days=1)]},
                ],
            },
            "city is known and (did cart ever or city is less than 5) and did cart today",
            "city 已知，且（有史以来发生过 cart，或city 小于 5），且今天发生过 cart",
        ),
    ],
)
def test_a_condition_reads_back_as(data, english, chinese):
    condition = CONDITION.validate_python(data)

    assert describe(condition) == english
    assert describe(condition, "zh") == chinese


CART = {"event": "cart"}
ORDER = {"event": "order"}
PAID = {"event": "order", "where": [{"property": "price", "operator": "greater", "value": 100}]}
WEEK = {"within_days": 7}
MONTH = {"within_days": 30}
WELCOME = {"journey_id": "welcome"}


def rolling(seconds):
    return {"window": {"type": "rolling", "seconds": seconds}}


def anchored(kind, which, seconds=86_400):
    return {
        "window": {"type": kind, "anchor": {"event": "visit"}, "which": which, "seconds": seconds}
    }


def amount(aggregate, comparison, **fields):
    data = {"type": "amount", "aggregate": aggregate, "comparison": comparison, "value": 100}
    return {**data, "property": "price", **ORDER, **fields}


def value(which, operator="equals", wanted="a", **fields):
    test = {"property": "sku", "operator": operator, "value": wanted}
    return {"type": "value", "which": which, "test": test, **ORDER, **fields}


def ratio(**fields):
    return {"type": "ratio", "whole": ORDER, "comparison": "more_than", "value": 0.5, **fields}


def trend(periods, unit, direction, **fields):
    data = {"type": "trend", "periods": periods, "unit": unit, "direction": direction}
    return {**data, **ORDER, **fields}


def sequence(**fields):
    return {"type": "sequence", "steps": [CART, PAID], "within_seconds": 5_400, **fields}


def activity(about, comparison, wanted):
    return {"type": "activity", "about": about, "comparison": comparison, "value": wanted}


def day(first, last, **fields):
    source = {"type": "trait", "trait": "born"}
    return {"type": "date", "source": source, "from_days": first, "to_days": last, **fields}


def message(outcome, **fields):
    return {"type": "message", "outcome": outcome, **fields}


@pytest.mark.parametrize(
    ("data", "english", "chinese"),
    [
        (
            {"type": "event", **PAID, **WEEK},
            "did order (price is greater than 100) in the last 7 days",
            "近 7 天内发生过 order（price 大于 100）",
        ),
        (event(**rolling(3_600)), "did cart in the last 1 hour", "最近 1 小时内发生过 cart"),
        (event(**rolling(90)), "did cart in the last 90 seconds", "最近 90 秒内发生过 cart"),
        (event(**rolling(900)), "did cart in the last 15 minutes", "最近 15 分钟内发生过 cart"),
        (
            event(window={"type": "between", "first_day": "2026-11-01", "last_day": "2026-11-11"}),
            "did cart from 2026-11-01 to 2026-11-11",
            "2026-11-01 至 2026-11-11 期间发生过 cart",
        ),
        (
            event(window={"type": "between", "first_day": "2026-11-11", "last_day": "2026-11-11"}),
            "did cart on 2026-11-11",
            "2026-11-11 当天发生过 cart",
        ),
        (
            event(times=2, **anchored("after", "first")),
            "did cart at least 2 times within 24 hours after the first visit",
            "首次 visit 后 24 小时内发生 cart 至少 2 次",
        ),
        (
            event(times=0, comparison="at_most", **anchored("before", "last", 60)),
            "did not do cart within 1 minute before the last visit",
            "末次 visit 前 1 分钟内未发生 cart",
        ),
        (
            amount("sum", "at_least", **MONTH),
            "the sum of price over order in the last 30 days is at least 100",
            "近 30 天内 order 的 price 总和不小于 100",
        ),
        (
            amount("average", "more_than"),
            "the average of price over order is more than 100",
            "order 的 price 平均值大于 100",
        ),
        (
            amount("minimum", "less_than", within_days=1),
            "the minimum of price over order today is less than 100",
            "今天 order 的 price 最小值小于 100",
        ),
        (
            amount("maximum", "at_most", **rolling(7_200)),
            "the maximum of price over order in the last 2 hours is at most 100",
            "最近 2 小时内 order 的 price 最大值不大于 100",
        ),
        (
            amount("distinct", "exactly", **WEEK),
            "the number of different values of price over order in the last 7 days is exactly 100",
            "近 7 天内 order 的 price 不同值的个数等于 100",
        ),
        (value("first"), "the first sku of order is “a”", "首次 order 的 sku 等于 “a”"),
        (
            value("last", "not_exists", None, **MONTH),
            "the last sku of order in the last 30 days is not known",
            "近 30 天内末次 order 的 sku 未知",
        ),
        (
            {"type": "favourite", **WEEK, **PAID, "test": value("last")["test"]},
            "the most frequent sku of order (price is greater than 100) in the last 7 days is “a”",
            "近 7 天内 order（price 大于 100）的最常见 sku 等于 “a”",
        ),
        (
            ratio(part={"event": "refund"}, **MONTH),
            "the ratio of refund to order in the last 30 days is more than 0.5",
            "近 30 天内 refund 与 order 的次数之比大于 0.5",
        ),
        (
            ratio(),
            "the share of repetitions of order is more than 0.5",
            "order 的重复占比大于 0.5",
        ),
        (
            trend(3, "month", "falling"),
            "the number of order fell 3 months in a row",
            "order 的次数连续 3 个月下降",
        ),
        (
            trend(2, "week", "rising", aggregate="sum", property="price"),
            "the sum of price over order rose 2 weeks in a row",
            "order 的 price 总和连续 2 周上升",
        ),
        (
            trend(1, "week", "rising"),
            "the number of order rose in the last whole week",
            "order 的次数上周上升",
        ),
        (
            sequence(without={"event": "pay"}),
            "did cart, then order (price is greater than 100), within 90 minutes, "
            "without pay in between, in the last 30 days",
            "近 30 天内先后发生 cart、order（price 大于 100）"
            "（全程不超过 90 分钟、其间未发生 pay）",
        ),
        (
            sequence(steps=[CART, ORDER], within_days=1),
            "did cart, then order, within 90 minutes, today",
            "今天先后发生 cart、order（全程不超过 90 分钟）",
        ),
        (
            activity("silence_days", "at_least", 14),
            "did nothing for at least 14 days",
            "没有任何行为至少 14 天",
        ),
        (
            activity("age_days", "less_than", 1),
            "was first seen less than 1 day ago",
            "首次出现至今不足 1 天",
        ),
        (
            activity("events", "less_than", 50),
            "did anything fewer than 50 times",
            "行为总数不足 50 次",
        ),
        (activity("events", "at_least", 1), "did anything at least once", "行为总数至少 1 次"),
        (day(0, 0), "the date in born is today", "born 中的日期是今天"),
        (day(1, 1), "the date in born is in 1 day", "born 中的日期在 1 天后"),
        (day(-30, -30), "the date in born was 30 days ago", "born 中的日期在 30 天前"),
        (
            day(0, 7, repeats="yearly"),
            "the anniversary of the date in born is in 0 to 7 days",
            "born 中的日期的周年日在 0 至 7 天后",
        ),
        (
            day(-3, -1, repeats="yearly", calendar="lunar"),
            "the lunar anniversary of the date in born was 1 to 3 days ago",
            "born 中的日期的农历周年日在 1 至 3 天前",
        ),
        (
            day(-1, 2, source={"type": "event", "event": "signup", "which": "first"}),
            "the day of the first signup is between 1 day ago and 2 days ahead",
            "首次 signup 的日期在 1 天前至 2 天后之间",
        ),
        (
            {"type": "tag", "tag_id": "level", "operator": "one_of", "value": ["a", "b"]},
            "tag level is one of “a”, “b”",
            "标签 level 是 “a”、“b” 之一",
        ),
        (
            {"type": "lifecycle", "stages": ["new"]},
            "lifecycle stage is new",
            "生命周期阶段为 new",
        ),
        (
            {"type": "lifecycle", "stages": ["new", "lost"]},
            "lifecycle stage is one of new, lost",
            "生命周期阶段为 new 或 lost",
        ),
        ({"type": "segment", "segment_id": "vip"}, "is in segment vip", "属于人群 vip"),
        ({"type": "list", "list_id": "vip"}, "is on list vip", "在名单 vip 中"),
        (message("sent"), "was sent a message", "收到过消息"),
        (
            message(
                "opened", journey_id="welcome", template_id="hi", channel="sms", times=2, **WEEK
            ),
            "opened a message (journey welcome, template hi, channel sms) at least 2 times "
            "in the last 7 days",
            "近 7 天内打开过消息（旅程 welcome，模板 hi，渠道 sms）至少 2 次",
        ),
        (
            message("clicked", **WEEK),
            "clicked in a message in the last 7 days",
            "近 7 天内点击过消息",
        ),
        (
            {"type": "journey", **WELCOME, "outcome": "entered", **WEEK},
            "entered journey welcome in the last 7 days",
            "近 7 天内进入过旅程 welcome",
        ),
        (
            {"type": "journey", **WELCOME, "outcome": "exited"},
            "left journey welcome",
            "退出过旅程 welcome",
        ),
        ({"type": "consent", "purpose": "marketing"}, "agreed to marketing", "同意营销"),
        (
            {"type": "consent", "purpose": "personalisation", "topic": "sale", "channel": "wechat"},
            "agreed to personalisation about sale by wechat",
            "同意个性化推荐（主题 sale，渠道 wechat）",
        ),
        (
            {"type": "consent", "purpose": "service", "channel": "push"},
            "agreed to service by push",
            "同意服务通知（渠道 push）",
        ),
        (
            {"type": "reachable", "purpose": "marketing", "channel": "email"},
            "can be reached by email for marketing",
            "可通过渠道 email 触达，用于营销",
        ),
        (
            {"type": "reachable", "purpose": "transactional", "channel": "sms", "topic": "sale"},
            "can be reached by sms for transactional about sale",
            "可通过渠道 sms 触达，用于交易通知（主题 sale）",
        ),
        (event(times=0), "did cart at least 0 times ever", "有史以来发生 cart 至少 0 次"),
        (
            event(times=0, comparison="exactly", **rolling(1)),
            "did not do cart in the last 1 second",
            "最近 1 秒内未发生 cart",
        ),
        (event(**rolling(3_601)), "did cart in the last 3601 seconds", "最近 3601 秒内发生过 cart"),
        (event(**rolling(60)), "did cart in the last 1 minute", "最近 1 分钟内发生过 cart"),
        (
            value("last", **rolling(7_200)),
            "the last sku of order in the last 2 hours is “a”",
            "最近 2 小时内末次 order 的 sku 等于 “a”",
        ),
        (
            {**value("first"), **PAID},
            "the first sku of order (price is greater than 100) is “a”",
            "首次 order（price 大于 100）的 sku 等于 “a”",
        ),
        (
            ratio(within_days=1),
            "the share of repetitions of order today is more than 0.5",
            "今天 order 的重复占比大于 0.5",
        ),
        (
            ratio(part=PAID, whole=PAID, comparison="at_most"),
            "the ratio of order (price is greater than 100) to order (price is greater than 100)"
            " is at most 0.5",
            "order（price 大于 100） 与 order（price 大于 100）的次数之比不大于 0.5",
        ),
        (
            trend(1, "month", "falling", **PAID),
            "the number of order (price is greater than 100) fell in the last whole month",
            "order（price 大于 100）的次数上个月下降",
        ),
        (
            activity("age_days", "at_least", 2),
            "was first seen at least 2 days ago",
            "首次出现至今至少 2 天",
        ),
        (activity("events", "at_least", 2), "did anything at least 2 times", "行为总数至少 2 次"),
        (activity("events", "less_than", 1), "did anything fewer than once", "行为总数不足 1 次"),
        (activity("silence_days", "less_than", 1), "did nothing for less than 1 day",
         "没有任何行为不足 1 天"),
        (day(-1, -1), "the date in born was 1 day ago", "born 中的日期在 1 天前"),
        (day(2, 2), "the date in born is in 2 days", "born 中的日期在 2 天后"),
        (day(-3, 0), "the date in born was 0 to 3 days ago", "born 中的日期在 0 至 3 天前"),
        (day(1, 3), "the date in born is in 1 to 3 days", "born 中的日期在 1 至 3 天后"),
        (
            day(-2, 1),
            "the date in born is between 2 days ago and 1 day ahead",
            "born 中的日期在 2 天前至 1 天后之间",
        ),
        (
            day(0, 0, repeats="yearly", source={"type": "event", **PAID, "which": "last"}),
            "the anniversary of the day of the last order (price is greater than 100) is today",
            "末次 order（price 大于 100）的日期的周年日是今天",
        ),
        (message("sent", template_id="hi"), "was sent a message (template hi)",
         "收到过消息（模板 hi）"),
        (message("sent", times=2), "was sent a message at least 2 times", "收到过消息至少 2 次"),
        (
            message("opened", channel="sms", **WEEK),
            "opened a message (channel sms) in the last 7 days",
            "近 7 天内打开过消息（渠道 sms）",
        ),
        (
            {"type": "journey", **WELCOME, "outcome": "completed", "within_days": 1},
            "completed journey welcome today",
            "今天完成过旅程 welcome",
        ),
        (
            {"type": "consent", "purpose": "service", "topic": "sale"},
            "agreed to service about sale",
            "同意服务通知（主题 sale）",
        ),
        (
            {"type": "not", "condition": {"type": "all", "conditions": [event(), event(**WEEK)]}},
            "not (did cart ever and did cart in the last 7 days)",
            "并非（有史以来发生过 cart，且近 7 天内发生过 cart）",
        ),
        (
            {
                "type": "all",
                "conditions": [
                    {"type": "all", "conditions": [event(), event()]},
                    {"type": "at_least", "count": 1, "conditions": [event()]},
                    {"type": "not", "condition": event()},
                ],
            },
            "(did cart ever and did cart ever) and (at least 1 of: did cart ever) and"
            " not (did cart ever)",
            "（有史以来发生过 cart，且有史以来发生过 cart），"
            "且（至少满足 1 项：有史以来发生过 cart），且并非（有史以来发生过 cart）",
        ),
        (
            {
                "type": "any",
                "conditions": [
                    {"type": "at_least", "count": 2, "conditions": [event()] * 3},
                    trait("contains_all", ["a", 1]),
                    trait("contains_any", ["a"]),
                    trait("matches", "^a"),
                ],
            },
            "(at least 2 of: did cart ever; did cart ever; did cart ever) "
            "or city contains all of “a”, 1 or city contains any of “a” or city matches “^a”",
            "（至少满足 2 项：有史以来发生过 cart；有史以来发生过 cart；有史以来发生过 cart），"
            "或city 包含全部 “a”、1，或city 包含 “a” 之一，或city 匹配 “^a”",
        ),
    ],
)  # fmt: skip
def test_every_kind_of_condition_reads_back_as(data, english, chinese):
    condition = CONDITION.validate_python(data)

    assert describe(condition) == english
    assert describe(condition, "zh") == chinese


def test_braces_in_a_value_are_only_text():
    data = trait("equals", "{trait} {0} {value.__class__}")

    assert describe(CONDITION.validate_python(data)) == "city is “{trait} {0} {value.__class__}”"


@given(conditions)
def test_every_condition_can_be_said(data):
    condition = CONDITION.validate_python(data)

    for words in (describe(condition), describe(condition, "zh")):
        assert words == words.strip()
        assert "  " not in words
