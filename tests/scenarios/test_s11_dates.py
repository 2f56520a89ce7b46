"""S11: birthdays by the sun and by the moon, and so many days after the first purchase."""

from datetime import datetime, time, timedelta

import pytest
from borax.calendars.lunardate import LCalendars, LunarDate

from shared.domain.instants import format_instant
from tests.scenarios.shoppers import Past

pytestmark = pytest.mark.stack


def midnight_after(shop, day):
    return format_instant(datetime.combine(day + timedelta(days=1), time(0, 0), shop.zone))


def born_by_the_moon(day):
    """A date of birth whose lunar anniversary is that day; None in a leap month, which has none."""
    lunar = LunarDate.from_solar(day)
    if lunar.leap:
        return None
    years = (year for year in range(1990, 1970, -1) if LCalendars.ndays(year, lunar.month) == 30)
    return str(LunarDate(next(years), lunar.month, lunar.day).to_solar_date())


def test_birthdays_by_sun_and_moon_are_greeted_on_the_day_and_not_beside_it(shop):
    days = {name: shop.today + timedelta(days=n) for name, n in
            (("yesterday", -1), ("today", 0), ("tomorrow", 1))}  # fmt: skip
    people = {f"sun-{name}": Past(birthday=f"1992-{day:%m-%d}") for name, day in days.items()}
    for name, day in days.items():
        if born := born_by_the_moon(day):
            people[f"moon-{name}"] = Past(birthday=born, birthday_calendar="lunar")
    # The same date by the sun means nothing to somebody who keeps the moon's calendar.
    people["other-calendar"] = Past(birthday=f"1992-{shop.today:%m-%d}", birthday_calendar="lunar")
    shop.come(people)
    wanted = {name for name in people if name.endswith("-today")}
    assert shop.members(people, "birthday-today") == wanted
    assert shop.because("sun-today", "birthday-today")["date", "birthday"] == (
        f"1992-{shop.today:%m-%d}"
    )

    # Nothing has to happen for it to be over, or to begin: the due index knows the second.
    for name in ("sun-today", "sun-tomorrow"):
        row = shop.membership(name, "birthday-today")
        assert row["changes_at"] == midnight_after(shop, shop.today)

    greeted = {("birthday-greeting", "sent")}
    shop.admin.until(lambda: all(shop.messages(name) == greeted for name in wanted))
    for name in wanted:
        assert shop.way(name, "birthday") == [("", "entered"), ("greeting", "requested")]
    for name in people:
        assert len(shop.mail(name)) == (name in wanted), name
        assert shop.messages(name) == (greeted if name in wanted else set())
    shop.admin.until(lambda: shop.members_by_sql(people, "birthday-today") == wanted)


def test_the_thirtieth_day_after_the_first_purchase_is_asked_about_and_no_other(shop):
    people = {
        "day-29": Past().did("order_completed", shop.ago(29), revenue=5),
        "day-30": Past().did("order_completed", shop.ago(3), shop.ago(30), revenue=5),
        "day-31": Past().did("order_completed", shop.ago(31), shop.ago(30), revenue=5),
    }
    shop.come(people)
    assert shop.members(people, "first-order-30-days-ago") == {"day-30"}
    first = shop.today - timedelta(days=30)
    assert shop.because("day-30", "first-order-30-days-ago") == {
        ("date", "order_completed"): first.isoformat()
    }
    for name in ("day-29", "day-30"):
        row = shop.membership(name, "first-order-30-days-ago")
        assert row["changes_at"] == midnight_after(shop, shop.today)

    asked = {("first-order-anniversary", "sent")}
    shop.admin.until(lambda: shop.messages("day-30") == asked)
    assert shop.way("day-30", "first-order-care") == [("", "entered"), ("question", "requested")]
    assert ["How do you like it" in mail for mail in shop.mail("day-30")] == [True]
    assert shop.mail("day-29") == shop.mail("day-31") == []
