"""The demo's people are the real ones, moved in time and nothing else."""

import re
from datetime import UTC, datetime, timedelta

from demo import people as shop
from shared.domain.instants import format_instant

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_everybody_and_every_event_is_read():
    everybody = shop.read()

    assert len(everybody) == 3_751
    assert sum(len(person.clicks) for person in everybody) == 32_283


def test_a_choice_is_spread_over_the_newcomers_of_the_last_month():
    everybody = shop.read()

    chosen = shop.choose(everybody, 100)

    assert len(set(chosen)) == 100
    assert chosen[-1].first_at - chosen[0].first_at > timedelta(days=25)
    assert shop.choose(everybody, None) == everybody
    assert len(shop.choose(everybody, 3_000)) == 3_000


def test_shifting_ends_now_and_keeps_every_distance():
    chosen = shop.choose(shop.read(), 50)

    moved = shop.shift(chosen, NOW)

    assert max(person.clicks[-1].at for person in moved) == NOW
    spans = {
        after.at - before.at
        for old, new in zip(chosen, moved, strict=True)
        for before, after in zip(old.clicks, new.clicks, strict=True)
    }
    assert len(spans) == 1


def test_clicks_come_in_the_order_in_which_they_happened():
    moments = [click.at for _, click in shop.in_order(shop.choose(shop.read(), 200))]

    assert moments == sorted(moments)


def test_contact_data_belongs_to_nobody():
    for person in shop.read():
        assert person.traits["email"].endswith("@example.com")
        assert re.fullmatch(r"\+1[2-9]\d\d55501\d\d", person.traits.get("phone", "+12005550100"))


def test_instants_are_written_with_milliseconds():
    assert format_instant(NOW) == "2026-11-22T12:00:00.000Z"
