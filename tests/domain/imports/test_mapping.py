"""Rows become the events that the API would have made of the same facts, or say what they lack."""

from datetime import UTC, datetime

import pytest

from shared.domain.imports.definition import ImportDefinition
from shared.domain.imports.guessing import guess
from shared.domain.imports.reading import Position, Row
from shared.domain.imports.rejected import RowError
from tests.domain.imports.helpers import NOON, mapper


def row(number: int = 2, /, **values) -> Row:
    return Row(number, values, Position(100, number + 1))


def test_a_row_becomes_a_past_event():
    event = mapper(constants={"event": "order_completed"}).event(
        row(user_id="u1", phone="13800138000", date="2026-11-01", price="9.5", colour="red", x="")
    )
    assert (event.type, event.name, event.user_id) == ("track", "order_completed", "u1")
    assert event.context == {"externalIds": [{"id": "13800138000", "type": "phone"}]}
    assert event.properties == {"price": 9.5, "colour": "red"}
    assert event.occurred_at == event.timestamp == datetime(2026, 10, 31, 16, tzinfo=UTC)
    assert (event.received_at, event.source_id) == (NOON, "import")


def test_a_row_becomes_a_profile():
    event = mapper(kind="profiles", source_id="crm").event(
        row(会员号="m1", 城市="上海", 积分="120")
    )
    assert (event.type, event.name, event.user_id) == ("identify", "$identify", None)
    assert event.context == {"externalIds": [{"id": "m1", "type": "member_id"}]}
    assert event.traits == {"城市": "上海", "积分": 120}
    assert event.occurred_at == NOON  # the import's own, which every repetition has again


def test_a_pair_of_identifiers_in_columns_or_with_kinds_of_their_own():
    event = mapper(kind="identifiers").event(row(user_id="u1", openid="o1", note="x"))
    assert (event.user_id, event.traits) == ("u1", {})
    assert event.context == {"externalIds": [{"id": "o1", "type": "wechat_openid"}]}

    pairs = {
        "left": {"to": "identifier", "kind_column": "left_kind"},
        "right": {"to": "identifier", "kind_column": "right_kind"},
    }
    event = mapper(kind="identifiers", columns=pairs).event(
        row(left="e@x.cn", left_kind="email", right="a1", right_kind="anonymous_id")
    )
    assert event.anonymous_id == "a1"
    assert event.context == {"externalIds": [{"id": "e@x.cn", "type": "email"}]}


def test_a_row_becomes_a_decision_about_consent():
    event = mapper(kind="consents", constants={"purpose": "marketing"}).event(
        row(user_id="u1", topic="sale", channel="sms", granted="否", at="2026-01-01")
    )
    assert event.context["consent"] == {
        "decisions": [{"purpose": "marketing", "topic": "sale", "channel": "sms", "granted": False}]
    }


@pytest.mark.parametrize(
    ("fields", "values", "column", "says"),
    [
        ({}, {"date": "2026-01-01", "event": "e"}, "", "nobody is named"),
        ({}, {"user_id": "u", "event": "e"}, "", "there is no time"),
        ({}, {"user_id": "u", "date": "2026-01-01"}, "", "there is no name of an event"),
        ({}, {"user_id": "u", "date": "soon", "event": "e"}, "date", "is not a time"),
        ({}, {"user_id": "u", "date": "2027-01-01", "event": "e"}, "date", "in the future"),
        ({}, {"user_id": "u", "date": "2026-01-01", "event": "$x"}, "", "does not begin with"),
        ({}, {"user_id": "u" * 600, "date": "2026-01-01", "event": "e"}, "user_id", "512 bytes"),
        ({}, {"user_id": "u", "date": "2026-01-01", "event": "e", "price": "x"}, "price", "number"),
        ({}, {"user_id": "u", "date": "2026-01-01", "event": "e", "t": "x" * 40_000}, "", "larger"),
        ({}, {"user_id": "u", "date": "2026-01-01", "event": "e", "t": "\ud800"}, "", "Unicode"),
        ({"kind": "identifiers"}, {"user_id": "u"}, "", "fewer than two"),
        ({"kind": "consents"}, {"user_id": "u", "granted": "1"}, "purpose", "is no purpose"),
        (
            {"kind": "consents", "constants": {"purpose": "service", "granted": True}},
            {"user_id": "u", "topic": "New Products"},
            "topic",
            "is no topic",
        ),
        (
            {"kind": "consents", "constants": {"purpose": "service", "granted": True}},
            {"user_id": "u", "channel": "pigeon"},
            "channel",
            "is no channel",
        ),
        (
            {"kind": "consents"},
            {"user_id": "u", "purpose": "marketing"},
            "granted",
            "nothing says yes or no",
        ),
    ],
)
def test_what_a_row_lacks_is_named(fields, values, column, says):
    with pytest.raises(RowError, match=says) as caught:
        mapper(**fields).event(row(**values))
    assert caught.value.column == column
    assert caught.value.remedy


def test_equal_rows_are_two_facts_and_reading_one_again_is_the_same_fact():
    facts = {"user_id": "u1", "date": "1997-01-12", "event": "bought"}
    once, again = mapper().event(row(2, **facts)), mapper().event(row(2, **facts))
    assert once == again
    assert mapper().event(row(3, **facts)).message_id != once.message_id


def test_a_mapped_message_id_is_kept_as_it_is():
    facts = {"user_id": "u1", "date": "1997-01-12", "event": "bought", "message_id": "order-7"}
    assert mapper().event(row(2, **facts)).message_id == "order-7"
    assert mapper().event(row(9, **facts)).message_id == "order-7"


def test_columns_that_are_not_mapped_can_be_left_out():
    columns = {"u": {"to": "identifier", "kind": "user_id"}}
    event = mapper(kind="profiles", columns=columns, guess=False).event(row(u="u1", secret="x"))
    assert event.traits == {}


def test_a_name_says_what_a_column_is():
    assert guess("events", "Customer ID").kind == "user_id"
    assert guess("profiles", "手机号").kind == "phone"
    assert guess("profiles", "traits.city").name == "city"
    assert guess("events", "dollar_value").type == "number"
    assert guess("identifiers", "dollar_value").to == "ignore"
    assert guess("events", " ").to == "ignore"


def test_an_identifier_has_one_kind():
    for column in ({"to": "identifier"}, {"to": "identifier", "kind": "a", "kind_column": "b"}):
        with pytest.raises(ValueError, match="either kind or kind_column"):
            ImportDefinition.model_validate({"kind": "events", "columns": {"c": column}})
