"""Moments and cells are those of all events, whatever comes twice, late, at once or half."""

import json
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.aws import keys
from shared.aws.items import from_item, to_item
from shared.aws.measure_store import MAX_DAY_BYTES, MeasureStore, Span, rows_of
from shared.aws.profile_rows import event_item
from shared.domain.measures.cells import cell_from_json, fold_day, unite_moments
from shared.domain.measures.model import MAX_MOMENTS_A_DAY, Measure, Moment, measures_by_event
from shared.domain.measures.taking import moments_by_day, short_id
from shared.domain.segments.nodes.events import PropertyFilter
from shared.errors import TransientError
from tests.crash.faults import FAULTS, KilledError, Line

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
UTC_ZONE = ZoneInfo("UTC")
DEAR = PropertyFilter(property="price", operator="greater", value=10)
SPENT = Measure("order", (DEAR,), "price")
ORDERS = Measure("order")
PEOPLE = count()


@pytest.fixture
def store(dynamodb, profiles_table):
    return MeasureStore(dynamodb, profiles_table)


def moment(hours, value=None, name="a"):
    return Moment(NOON + timedelta(hours=hours), short_id(f"{name}{hours}"), value)


def by_day(moments):
    days = {}
    for each in moments:
        days.setdefault(each.at.date(), []).append(each)
    return days


def stored_cells(dynamodb, table, strand, measure):
    """(cells, their versions, versions of the moments) of a strand, as they lie there."""
    pk = keys.person("default", strand)
    cells, stamps, versions = {}, {}, {}
    for item in dynamodb.scan(TableName=table)["Items"]:
        row = from_item(item)
        _, sk = row.pop("pk"), row.pop("sk")
        if item["pk"]["S"] != pk or rows_of(measure, UTC_ZONE) not in sk:
            continue
        place = sk.rpartition("#")[2]
        if sk.startswith("MOM#"):
            versions[place] = row["version"]
            continue
        cells |= {f"{place}-{n[1:]}": json.loads(v) for n, v in row.items() if n[0] == "d"}
        stamps |= {f"{place}-{n[1:]}": v for n, v in row.items() if n[0] == "v"}
    return cells, stamps, versions


def test_what_was_added_comes_back_as_moments_and_as_cells(store):
    moments = [moment(0, 12), moment(1, 11.5), moment(-30, 20)]

    store.add("default", "ada", {SPENT: by_day(moments)}, UTC_ZONE)

    spans = [Span(date(2026, 11, 1))]
    assert store.moments("default", ["ada"], SPENT, spans, UTC_ZONE) == tuple(sorted(moments))
    cells = store.cells("default", ["ada"], SPENT, "2026-11", UTC_ZONE)
    assert cells == {day: fold_day(each) for day, each in by_day(moments).items()}


def test_only_the_months_and_days_asked_for_are_read(store):
    moments = [moment(-24 * days) for days in (0, 30, 60)]
    store.add("default", "ada", {ORDERS: by_day(moments)}, UTC_ZONE)

    assert len(store.cells("default", ["ada"], ORDERS, "2026-10", UTC_ZONE)) == 2
    spans = [Span(date(2026, 9, 1), date(2026, 9, 30)), Span(date(2026, 9, 23), date(2026, 10, 1))]
    assert store.moments("default", ["ada"], ORDERS, spans, UTC_ZONE) == (moments[2],)


def test_strands_are_added_up_and_united(store):
    store.add("default", "ada", {SPENT: by_day([moment(0, 12), moment(2, 13)])}, UTC_ZONE)
    store.add("default", "phone", {SPENT: by_day([moment(0, 12), moment(1, 20)])}, UTC_ZONE)

    both = ["ada", "phone"]
    (cell,) = store.cells("default", both, SPENT, None, UTC_ZONE).values()
    assert (cell.times, cell.total) == (4, 57)
    found = store.moments("default", both, SPENT, [Span(date(2026, 11, 22))], UTC_ZONE)
    assert [each.value for each in found] == [12, 12, 20, 13]


@given(data=st.data())
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_and_repetition_gives_the_same_moments_and_cells(
    store, dynamodb, profiles_table, data
):
    strand = f"p{next(PEOPLE)}"
    values = st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2)
    hours = data.draw(st.lists(st.integers(-60, 60), min_size=1, max_size=8, unique=True))
    moments = [moment(hour, data.draw(values)) for hour in hours]
    deliveries = data.draw(
        st.lists(st.lists(st.sampled_from(moments), min_size=1, max_size=4), max_size=5)
    )

    for delivery in [*deliveries, moments[::-1]]:
        store.add("default", strand, {SPENT: by_day(delivery)}, UTC_ZONE)

    found = store.moments("default", [strand], SPENT, [Span(date.min)], UTC_ZONE)
    assert found == tuple(sorted(moments, key=lambda each: each[:2]))
    expected = {day: fold_day(each) for day, each in by_day(moments).items()}
    assert store.cells("default", [strand], SPENT, None, UTC_ZONE) == expected
    _, stamps, versions = stored_cells(dynamodb, profiles_table, strand, SPENT)
    assert stamps == versions


@pytest.mark.parametrize("fault", FAULTS)
def test_wherever_a_writer_dies_the_same_events_put_it_right(
    dynamodb, profiles_table, empty_profiles, fault
):
    first, rest = [moment(0, 12)], [moment(1, 13), moment(-24, 14), moment(-24 * 30, 15)]
    for number in count(1):
        empty_profiles()
        MeasureStore(dynamodb, profiles_table).add(
            "default", "ada", {SPENT: by_day(first)}, UTC_ZONE
        )
        line = Line({number: fault})
        broken = MeasureStore(line.around(dynamodb), profiles_table)
        died = False
        try:
            broken.add("default", "ada", {SPENT: by_day([*first, *rest])}, UTC_ZONE)
        except (KilledError, TransientError):
            died = True
        if len(line.calls) < number:
            break
        assert died

        store = MeasureStore(dynamodb, profiles_table)
        store.add("default", "ada", {SPENT: by_day([*first, *rest])}, UTC_ZONE)

        cells, stamps, versions = stored_cells(dynamodb, profiles_table, "ada", SPENT)
        assert stamps == versions, number
        expected = {str(day): fold_day(each) for day, each in by_day([*first, *rest]).items()}
        assert {day: cell_from_json(cell) for day, cell in cells.items()} == expected
    assert number > 5


def test_two_writers_at_once_lose_nothing_of_each_other(dynamodb, profiles_table, empty_profiles):
    for number in count(1):
        empty_profiles()

        def meanwhile(call, number=number):
            if call == number:
                store = MeasureStore(dynamodb, profiles_table)
                store.add(
                    "default", "ada", {SPENT: by_day([moment(1, 13), moment(2, 14)])}, UTC_ZONE
                )

        line = Line(hook=meanwhile)
        MeasureStore(line.around(dynamodb), profiles_table).add(
            "default", "ada", {SPENT: by_day([moment(0, 12), moment(1, 13)])}, UTC_ZONE
        )
        if len(line.calls) < number:
            break

        cells, stamps, versions = stored_cells(dynamodb, profiles_table, "ada", SPENT)
        assert cell_from_json(cells["2026-11-22"]).times == 3, number
        assert stamps == versions
    assert number > 3


def test_who_never_finds_the_day_unmoved_gives_up_for_now(dynamodb, profiles_table):
    others = count()

    def meanwhile(call):
        store = MeasureStore(dynamodb, profiles_table)
        store.add(
            "default", "ada", {SPENT: by_day([moment(1, next(others), f"x{call}")])}, UTC_ZONE
        )

    store = MeasureStore(Line(hook=meanwhile).around(dynamodb), profiles_table)

    with pytest.raises(TransientError):
        store.add("default", "ada", {SPENT: by_day([moment(0, 12)])}, UTC_ZONE)


def test_a_day_keeps_the_latest_moments_that_fit(store, dynamodb, profiles_table):
    seconds = [
        Moment(NOON + timedelta(seconds=second), short_id(str(second)), "汉" * 200)
        for second in range(MAX_MOMENTS_A_DAY + 5)
    ]
    store.add("default", "ada", {SPENT: by_day(seconds)}, UTC_ZONE)

    found = store.moments("default", ["ada"], SPENT, [Span(date.min)], UTC_ZONE)
    assert found[-1] == seconds[-1]
    assert 400 < len(found) < MAX_MOMENTS_A_DAY
    key = {
        "pk": keys.person("default", "ada"),
        "sk": keys.moments(rows_of(SPENT, UTC_ZONE), NOON.date()),
    }
    item = dynamodb.get_item(TableName=profiles_table, Key=to_item(key))["Item"]
    assert len(item["moments"]["S"].encode()) <= MAX_DAY_BYTES


# --- the timeline -------------------------------------------------------------------------------


def write(dynamodb, table, make_event, strand, *events):
    """Events as merge_identity stores them; gives them with their sort keys."""
    written = []
    for name, hours, properties in events:
        at = NOON + timedelta(hours=hours)
        event = make_event(name, at=at, properties=properties)
        item = event_item(strand, event)
        dynamodb.put_item(TableName=table, Item=item)
        written.append((item["sk"]["S"], event))
    return written


def test_rebuilding_finds_what_adding_would_have_found(store, dynamodb, profiles_table, make_event):
    written = write(
        dynamodb,
        profiles_table,
        make_event,
        "ada",
        ("order", 0, {"price": 12}),
        ("order", -700, {"price": 99.5}),
        ("order", 1, {"price": 5}),
        ("order", 2, {}),
        ("page", 3, {"price": 12}),
    )
    measures = [SPENT, ORDERS]

    store.add(
        "default",
        "ada",
        moments_by_day(written[:1], measures_by_event(measures), UTC_ZONE),
        UTC_ZONE,
    )
    for _ in range(2):
        store.rebuild("default", "ada", measures, UTC_ZONE)

    for measure, prices in ((SPENT, [99.5, 12]), (ORDERS, [None] * 4)):
        found = store.moments("default", ["ada"], measure, [Span(date.min)], UTC_ZONE)
        assert [each.value for each in found] == prices
        expected = moments_by_day(written, measures_by_event(measures), UTC_ZONE)[measure]
        assert found == unite_moments([sorted(each) for each in expected.values()])


def test_rebuilding_goes_page_by_page(dynamodb, profiles_table, make_event):
    write(
        dynamodb,
        profiles_table,
        make_event,
        "ada",
        *(("order", hour, {"price": 11 + hour}) for hour in range(7)),
    )

    class Small:
        """A table whose pages hold two rows."""

        pages = 0

        def __getattr__(self, name):
            return getattr(dynamodb, name)

        def query(self, **request):
            self.pages += 1
            return dynamodb.query(**request, Limit=2)

    small, reached = Small(), []
    store = MeasureStore(small, profiles_table)
    store.rebuild("default", "ada", [SPENT], UTC_ZONE, reached=reached.append)

    (cell,) = (
        MeasureStore(dynamodb, profiles_table)
        .cells("default", ["ada"], SPENT, None, UTC_ZONE)
        .values()
    )
    assert cell.times == 7
    assert (small.pages, len(reached)) == (4, 3)

    store.rebuild("default", "ada", [SPENT], UTC_ZONE, after=reached[1])
    assert small.pages == 4 + 2


def test_rebuilding_nothing_asks_nobody(profiles_table):
    MeasureStore(None, profiles_table).rebuild("default", "ada", [], UTC_ZONE)


def test_what_is_added_costs_the_same_however_much_happened_before(dynamodb, profiles_table):
    """A read, a day and a cell, after ten days of history and after two years of it."""
    costs = []
    for history in (10, 700):
        store = MeasureStore(dynamodb, profiles_table)
        strand = f"heavy{history}"
        past = [moment(-24 * day, 12) for day in range(1, history)]
        store.add("default", strand, {SPENT: by_day(past)}, UTC_ZONE)
        line = Line()
        MeasureStore(line.around(dynamodb), profiles_table).add(
            "default", strand, {SPENT: by_day([moment(0, 12)])}, UTC_ZONE
        )
        costs.append(line.calls)

    assert costs[0] == costs[1] == ["batch_get_item", "put_item", "update_item"]


def test_days_of_another_zone_are_rows_of_their_own(store, dynamodb, profiles_table, make_event):
    """Nothing is counted twice where a moment lies on another day."""
    shanghai = ZoneInfo("Asia/Shanghai")
    late = make_event("order", at=NOON + timedelta(hours=8), properties={"price": 70})
    dynamodb.put_item(TableName=profiles_table, Item=event_item("ada", late))
    for zone in (UTC_ZONE, shanghai, UTC_ZONE):
        store.rebuild("default", "ada", [SPENT], zone)
    for zone, day in ((UTC_ZONE, 22), (shanghai, 23)):
        cells = store.cells("default", ["ada"], SPENT, None, zone)
        assert {when.day: cell.times for when, cell in cells.items()} == {day: 1}
        assert len(store.moments("default", ["ada"], SPENT, [Span(date.min)], zone)) == 1
