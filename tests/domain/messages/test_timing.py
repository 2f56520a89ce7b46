"""When a message goes out, to the letter: what it counts as, what keeps it and until when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.domain.messages.budget import Cap, Limit
from shared.domain.messages.ledger import NOTHING, Ledger, Use, Wait
from shared.domain.messages.model import AnyTemplate
from shared.domain.messages.quiet import Span
from shared.domain.messages.reasons import TEXTS
from shared.domain.messages.timing import (
    NEVER,
    UNKNOWN_CONTACTS,
    Contacts,
    Hours,
    Later,
    Moment,
    contacts_of,
    counts_at,
    expires_at,
    hours_for,
    later,
    limits_of,
    moment_of,
    use_of,
    waiting,
    why_expired,
    window_for,
    wish_of,
)
from shared.domain.messages.windows import CHANNEL_LIMITS, CHINA, Needed, Window, digest_of
from shared.domain.workspace.model import WorkspaceSettings
from tests.domain.messages.asked import (
    ASKED,
    BEGAN,
    EMAIL,
    MOMENT,
    NOW,
    request,
    settings,
    template,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BERLIN, TOKYO = ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Tokyo")


SMS = template(channel="sms", text="x")
TASK = template(channel="wecom", form="customer_task", text="x")
SERVICE = template(channel="wechat", form="service", text="x")
CONSENTED = template(channel="miniprogram", code="T-1", fields={"thing1": "x"})


CAPPED = settings(contact_budget=[{"most": 1, "within": "PT6H"}])
NIGHT = settings(quiet_hours=["22:00-08:00"])


def used(at: datetime, channel: Any = "email") -> Contacts:
    return Contacts(NOTHING.took("before", Use(at, channel, "marketing")))


# --- the moment -----------------------------------------------------------------------------------


def test_outside_of_rehearsals_there_is_one_clock():
    assert moment_of(request(), settings(), None, "", NOW) == Moment(
        now=NOW, began_at=NOW, wall=NOW
    )
    assert moment_of(request(), settings(), BEGAN, "quiet_hours", NOW) == Moment(
        now=NOW, began_at=BEGAN, wall=NOW, kept_by="quiet_hours"
    )
    assert Moment.at(NOW) == Moment(now=NOW, began_at=NOW, wall=NOW, kept_by="")


def test_in_a_rehearsal_time_runs_faster_from_when_the_message_was_asked_for():
    fast = settings(rehearsal=True, time_scale=60)
    at = NOW + timedelta(minutes=2)

    assert moment_of(request(), fast, NOW, "throughput", at) == Moment(
        now=ASKED + 2 * HOUR, began_at=ASKED, wall=at, kept_by="throughput"
    )
    assert moment_of(request(), fast, None, "", at) == Moment(now=ASKED, began_at=ASKED, wall=at)


def test_a_message_expires_by_the_clock_of_its_journey():
    assert expires_at(request(), MOMENT) == BEGAN + 3 * DAY
    assert expires_at(request(expires_after=90), MOMENT) == BEGAN + timedelta(seconds=90)


@pytest.mark.parametrize("reason", TEXTS)
def test_what_kept_an_expired_message_is_said_in_words(reason: str):
    said = why_expired(replace(MOMENT, kept_by=reason))
    assert said == f"{reason}: {TEXTS[reason].en}"  # type: ignore[index]


@pytest.mark.parametrize("unknown", ["", "a reason of yesterday"])
def test_of_what_nobody_knows_nothing_is_said(unknown: str):
    assert why_expired(replace(MOMENT, kept_by=unknown)) == ""


# --- what counts ----------------------------------------------------------------------------------


def test_a_message_counts_as_what_it_is():
    assert use_of(request(), EMAIL, NOW) == Use(NOW, "email", "marketing", "sale", "")
    assert use_of(request(topic="news", purpose="service"), EMAIL, NOW) == Use(
        NOW, "email", "service", "news", ""
    )
    assert use_of(request(), TASK, NOW) == Use(NOW, "wecom", "marketing", "", "customer_task")


def test_the_limits_are_those_of_the_operator_and_of_the_channels():
    assert limits_of(settings()) == CHANNEL_LIMITS
    assert limits_of(CAPPED) == (Cap(most=1, within=6 * HOUR).limit, *CHANNEL_LIMITS)
    assert (
        Limit(most=1, per="day", channel="wecom", form="customer_task", zone=CHINA),
    ) == CHANNEL_LIMITS


def test_the_ledger_is_read_where_a_limit_covers_some_rung_and_windows_where_one_needs_them():
    ladder = [(request(), EMAIL), (request(), None), (request(), SERVICE), (request(), CONSENTED)]
    windows = (Needed("wechat_service"), Needed("subscription", "T-1"))
    assert contacts_of(ladder, settings()) == (False, windows)
    assert contacts_of(ladder, CAPPED) == (True, windows)
    assert contacts_of([(request(), TASK)], settings()) == (True, ())
    assert contacts_of([(request(purpose="transactional"), EMAIL)], CAPPED) == (False, ())
    assert contacts_of([(request(), None)], CAPPED) == (False, ())


def test_an_earlier_message_counts_until_its_limit_says_so():
    day = settings(contact_budget=[{"most": 1, "per": "day"}], timezone="Europe/Berlin")
    use = Use(NOW, "email", "marketing")
    berlin = datetime(2026, 11, 22, 23, tzinfo=UTC)
    tokyo = datetime(2026, 11, 22, 15, tzinfo=UTC)
    second = timedelta(seconds=1)
    for traits, midnight in (({}, berlin), ({"timezone": "Asia/Tokyo"}, tokyo)):
        assert counts_at(day, traits, midnight - second, use)
        assert not counts_at(day, traits, midnight, use)
    assert not counts_at(settings(), {}, NOW, use)
    assert not counts_at(day, {}, NOW, replace(use, purpose="transactional"))


def test_a_message_wishes_for_room_where_a_limit_covers_it():
    assert wish_of(request(), EMAIL, settings(), MOMENT) is None
    assert wish_of(request(), EMAIL, CAPPED, MOMENT) == Wait(
        "m1", Use(NOW, "email", "marketing", "sale", ""), 70, ASKED, NOW, BEGAN + 3 * DAY
    )
    assert wish_of(request(), TASK, settings(), MOMENT) == Wait(
        "m1", Use(NOW, "wecom", "marketing", "", "customer_task"), 70, ASKED, NOW, BEGAN + 3 * DAY
    )


def test_who_waits_is_the_same_until_another_instant():
    wish = wish_of(request(), EMAIL, CAPPED, MOMENT)
    assert wish
    assert waiting(wish, NOW + HOUR) == replace(wish, until=NOW + HOUR)
    assert waiting(None, NOW) is None


# --- hours ----------------------------------------------------------------------------------------

QUIET = Hours((Span(22 * 60, 8 * 60),), BERLIN, "quiet_hours")
OWN = Hours((Span(60, 120), Span(180, 240)), BERLIN, "quiet_hours")
CHANNEL = Hours((Span(22 * 60, 8 * 60),), CHINA, "channel_hours")
CHINESE, FOREIGN = "+8613800138000", "+14255550123"


@pytest.mark.parametrize(
    ("values", "channel", "address", "expected"),
    [
        ({}, "email", "a@b.cn", (QUIET,)),
        ({}, "sms", FOREIGN, (QUIET,)),
        ({}, "sms", CHINESE, (QUIET, CHANNEL)),
        ({"quiet_hours": "ignore"}, "email", "a@b.cn", ()),
        ({"quiet_hours": "ignore"}, "sms", CHINESE, (CHANNEL,)),
        ({"quiet_hours": "01:00-02:00,03:00-04:00"}, "email", "a@b.cn", (OWN,)),
        ({"purpose": "service"}, "sms", CHINESE, ()),
        ({"purpose": "service", "quiet_hours": "ignore"}, "email", "a@b.cn", ()),
        (
            {"purpose": "service", "quiet_hours": "01:00-02:00,03:00-04:00"},
            "email",
            "a@b.cn",
            (OWN,),
        ),
        ({"purpose": "transactional"}, "sms", CHINESE, ()),
        (
            {"purpose": "transactional", "quiet_hours": "01:00-02:00,03:00-04:00"},
            "email",
            "a@b.cn",
            (),
        ),
    ],
)
def test_which_hours_keep_a_message(
    values: dict[str, Any], channel: Any, address: str, expected: tuple[Hours, ...]
):
    assert hours_for(request(**values), channel, address, NIGHT, BERLIN) == expected
    if expected[:1] == (QUIET,):
        assert hours_for(request(**values), channel, address, settings(), BERLIN) == expected[1:]


def at(hour: float, day: int = 22) -> datetime:
    return datetime(2026, 11, day, tzinfo=UTC) + hour * HOUR


def kept(
    settings: WorkspaceSettings,
    now: datetime,
    contacts: Contacts = UNKNOWN_CONTACTS,
    *,
    template: AnyTemplate = EMAIL,
    address: str = "a@b.cn",
    traits: dict[str, Any] | None = None,
    **values: Any,
) -> Later | None:
    return later(
        request(**values),
        template,
        address,
        traits or {},
        contacts,
        settings,
        Moment(now=now, began_at=now, wall=now),
    )


@pytest.mark.parametrize(
    ("now", "zone", "until"),
    [
        (at(21.99), None, None),
        (at(22), None, at(8, 23)),
        (at(7.99), None, at(8)),
        (at(8), None, None),
        (at(12.99), "Asia/Tokyo", None),
        (at(13), "Asia/Tokyo", at(23)),
        (at(23), "Asia/Tokyo", None),
    ],
)
def test_marketing_waits_for_the_end_of_quiet_hours(
    now: datetime, zone: str | None, until: datetime | None
):
    found = kept(NIGHT, now, traits={"timezone": zone} if zone else {})
    assert found == (until and Later(until, "quiet_hours"))


def test_a_message_waits_until_all_hours_are_over_and_says_which_came_last():
    berlin = settings(quiet_hours=["06:00-09:00"], timezone="Europe/Berlin")
    sms = {"template": SMS, "address": CHINESE, "traits": {"phone": FOREIGN}}
    # 22:00 to 08:00 in China is 14:00 to 24:00 UTC; 6 to 9 in Berlin is 5 to 8.
    assert kept(berlin, at(15), **sms) == Later(at(0, 23), "channel_hours")
    assert kept(berlin, at(6), **sms) == Later(at(8), "quiet_hours")
    late = settings(quiet_hours=["23:00-02:00"], timezone="UTC")
    assert kept(late, at(15), **sms) == Later(at(2, 23), "quiet_hours")
    early = settings(quiet_hours=["10:00-14:30"], timezone="UTC")
    assert kept(early, at(11), **sms) == Later(at(0, 23), "channel_hours")


def test_hours_without_an_end_keep_a_message_for_ever():
    whole = settings(quiet_hours=["00:00-24:00"])
    assert kept(whole, NOW) == Later(NEVER, "quiet_hours")
    rest = settings(quiet_hours=["00:00-14:00"], timezone="UTC")  # and China's from 14:00 on
    assert kept(rest, NOW, template=SMS, address=CHINESE) == Later(NEVER, "channel_hours")
    assert datetime.max.replace(tzinfo=UTC) == NEVER


@pytest.mark.parametrize(
    ("sent_at", "now", "expected"),
    [
        (at(12), at(13), Later(at(18), "contact_budget")),  # free at 18:00, by day
        (at(12), at(18), None),
        (at(12), at(17.99), Later(at(18), "contact_budget")),
        (at(19), at(20), Later(at(8, 23), "contact_budget")),  # free at 01:00, when it is night
        (at(1), at(6), Later(at(8), "quiet_hours")),  # free at 07:00
        (at(3), at(6), Later(at(9), "contact_budget")),  # free only after the night
        (at(20), at(23), Later(at(8, 23), "quiet_hours")),
    ],
)
def test_a_message_says_what_keeps_it_and_of_two_the_one_without_which_it_could_go(
    sent_at: datetime, now: datetime, expected: Later | None
):
    both = settings(quiet_hours=["22:00-08:00"], contact_budget=[{"most": 1, "within": "PT6H"}])
    assert kept(both, now, used(sent_at)) == expected


def test_a_day_of_the_budget_is_one_of_the_person():
    day = settings(contact_budget=[{"most": 1, "per": "day"}], timezone="Europe/Berlin")
    assert kept(day, NOW, used(at(11))) == Later(at(23), "contact_budget")
    tokyo = {"timezone": "Asia/Tokyo"}
    assert kept(day, NOW, used(at(11)), traits=tokyo) == Later(at(15), "contact_budget")


# --- windows --------------------------------------------------------------------------------------

OPENID = "o-abc123"
OPEN = Window(Needed("wechat_service"), digest_of(OPENID), 1, NOW + HOUR, NOW - HOUR)


@pytest.mark.parametrize(
    ("template", "windows", "wall", "expected"),
    [
        (EMAIL, (OPEN,), NOW, (True, None)),
        (SERVICE, None, NOW, (True, None)),
        (SERVICE, (), NOW, (False, None)),
        (SERVICE, (OPEN,), NOW, (True, OPEN)),
        (SERVICE, (OPEN,), NOW + HOUR, (False, None)),
        (SERVICE, (replace(OPEN, left=0),), NOW, (False, None)),
        (SERVICE, (replace(OPEN, left=0), OPEN), NOW, (True, OPEN)),
        (SERVICE, (replace(OPEN, digest=digest_of("o-other")),), NOW, (False, None)),
        (SERVICE, (replace(OPEN, needed=Needed("subscription")),), NOW, (False, None)),
        (CONSENTED, (replace(OPEN, needed=Needed("subscription", "T-2")),), NOW, (False, None)),
        (
            CONSENTED,
            (replace(OPEN, needed=Needed("subscription", "T-1")),),
            NOW,
            (True, replace(OPEN, needed=Needed("subscription", "T-1"))),
        ),
    ],
)
def test_a_window_is_of_its_kind_and_address_and_open(
    template: AnyTemplate,
    windows: tuple[Window, ...] | None,
    wall: datetime,
    expected: tuple[bool, Window | None],
):
    assert window_for(template, OPENID, Contacts(windows=windows), wall) == expected


def test_without_contacts_nothing_is_known():
    assert Contacts(Ledger(), None) == UNKNOWN_CONTACTS
