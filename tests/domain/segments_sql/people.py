"""Random people of several strands, and the lake in which their events lie."""

from dataclasses import dataclass
from datetime import date, timedelta

from shared.domain.counters.fold import position_of
from shared.domain.days import day_start, natural_day
from shared.domain.lake.rows import erased_row, event_row, identity_row
from shared.domain.lake.tables import EVENTS as EVENTS_TABLE
from shared.domain.lake.tables import IDENTITIES
from tests.domain.segments.histories import Happening
from tests.domain.segments.strategies import ZONES, _jumps

WORKSPACE = "shop's"
WEIRD_NAME = "we\"ird 'na\\me[0].$ 茶"
EVENTS = ("page", "cart", "order", 'it\'s -- "odd"; 茶')
PLAIN = ("a", "b")  # what favourites and first values are of: engines write these as we do
PROPERTIES = (*PLAIN, "amount", "z", WEIRD_NAME, "tab\there", "nowhere")
TRAITS = ("city", "age", "tags", WEIRD_NAME)
ADDRESSES = ("ada@shop.cn", "ada@shop", "a@1.2", "+8613800138000", "13800138000", "", "x@y.cn\n")
SCOPES = tuple(f"marketing{half}" for half in ("", "/sale", "@email", "@sms", "/sale@sms"))
STANDINGS = ("granted", "refused", "none")
LONG = "长" * 150 + "tea" * 40

_TEXTS = (
    "", "a", "abc", "ab", "b", "A", "1", "1.5", "true", "null", "-", "xx", "é", "😀",
    "tea", "Tea 茶", "it's", 'say "x"', "[1]", '{"a":1}', "a%c", "a_c", "\\",
    LONG, LONG + "!", "2026-02-29",
)  # fmt: skip
_NUMBERS = (0, 1, -1, 2, 10, 0.5, 1.5, 2.5, 19.99, 0.1, 0.2, 100, 1.0, 12_345_678.25)
_WEIRD = (
    1e-5, 1e16, -0.0, 0.0001, 0.00012345678901234567, 0.001, 1e300, 5e-324,
    2**63, 10**18, 10**12, 999_999_999_999.5, 123_456_789_012_345.5, 9_007_199_254_740_993,
    "nul\x00l", "bell\x07", "\x1f", "line\nbreak", "a\nc", "tab\t", "\u2028", "\x7f",
)  # fmt: skip


def plain_value(random):
    return random.choice((random.choice(_TEXTS), random.choice(_NUMBERS), random.random() < 0.5))


def weird_value(random):
    return random.choice(_WEIRD)


def any_value(random, *, weird):
    roll = random.random()
    if roll < 0.08:
        return None
    if roll < 0.2:
        made = [any_value(random, weird=weird) for _ in range(random.randint(0, 3))]
        return made if random.random() < 0.8 else {"a": made}
    return weird_value(random) if weird and roll < 0.5 else plain_value(random)


def properties(random):
    made = {}
    for name in PROPERTIES[:-1]:
        if random.random() < 0.45:
            made[name] = any_value(random, weird=name not in PLAIN)
    if random.random() < 0.4:
        made["amount"] = random.choice(_NUMBERS)
    return made


@dataclass
class Person:
    profile_id: str
    strands: tuple[str, ...]
    history: tuple[Happening, ...]
    erased: bool


def moment(random):
    """(now, zone): often a few days around a change of clocks, in the middle of a millisecond."""
    zone = random.choice(ZONES)
    jump = random.choice(_jumps(zone))
    now = jump + timedelta(minutes=random.randint(-7 * 1440, 3 * 1440))
    return now + timedelta(microseconds=random.choice((0, 0, 1, 999_500, 1_000))), zone


def happened_at(random, now, zone):
    """An instant, often on the edge of a window or at the same millisecond as another one."""
    today = natural_day(now, zone)
    back = timedelta(days=random.choice((0, 1, 1, 2, 3, 6, 7, 14, 29, 30, 60, 90, 365, 366)))
    edge = random.choice((
        day_start(today - back + timedelta(days=1), zone),
        now - back,
        now - timedelta(seconds=random.choice((1, 60, 3_600, 86_400))),
        now - timedelta(seconds=random.randint(0, 200_000)),
        now - timedelta(seconds=random.randint(0, 7_000_000)),
        now - timedelta(minutes=random.randint(0, 8)),
    ))  # fmt: skip
    at = edge + timedelta(milliseconds=random.choice((-1, 0, 0, 1, 60_000, 0)))
    if random.random() < 0.03:  # long ago, for anniversaries
        day = today.replace(year=random.randint(1970, today.year - 1), day=min(today.day, 28))
        at = day_start(day + timedelta(days=random.randint(-3, 9)), zone) + timedelta(hours=1)
    return min(at, now + timedelta(hours=3)).replace(microsecond=at.microsecond // 1000 * 1000)


def born(random, today):
    if random.random() < 0.2:
        return any_value(random, weird=False)
    year = random.choice((1899, 1900, 1984, 1990, 2004, today.year, today.year + 1, 2095))
    near = today + timedelta(days=random.randint(-34, 34))
    text = f"{year:04d}-{near.month:02d}-{near.day:02d}"
    odd = (text + "T00:00:00Z", "2004-02-29", "2023-02-29", text[:9], "20040229", "2004-W09-7")
    return random.choice((text, text, text, random.choice(odd)))


def history(random, strands, now, zone):
    found = []
    shared = happened_at(random, now, zone)
    for number in range(random.choice((1, 3, 6, 10, 15))):
        at = shared if random.random() < 0.15 else happened_at(random, now, zone)
        common = {
            "at": at,
            "message_id": f"m{number}",
            "strand_id": random.choice(strands),
            "source_id": random.choice(("web", "web2", "crm")),
        }
        if random.random() < 0.25:
            claims = {t: any_value(random, weird=False) for t in TRAITS if random.random() < 0.5}
            claims["born"] = born(random, natural_day(now, zone))
            claims["email"], claims["phone"] = random.choices(ADDRESSES, k=2)
            found.append(Happening(name="$identify", traits=claims, **common))
        elif random.random() < 0.1:
            found.append(Happening(name="$tagged", properties={"a": "x"}, **common))
        elif random.random() < 0.2:
            scopes = random.sample(SCOPES, random.randint(1, len(SCOPES)))
            standing = {scope: random.choice(STANDINGS) for scope in scopes}
            found.append(Happening(name="$consent_changed", properties=standing, **common))
        else:
            name = random.choice(EVENTS)
            found.append(Happening(name=name, properties=properties(random), **common))
    return tuple(found)


def people(random, now, zone, number):
    """People, some of several strands, some erased."""
    found = []
    for each in range(number):
        strands = tuple(f"s{each}-{n}" for n in range(random.choice((1, 1, 1, 2, 3))))
        past = history(random, strands, now, zone)
        found.append(Person(strands[-1], strands, past, random.random() < 0.06))
    return found


def fill(lake, random, everybody, workspace_id=WORKSPACE):
    """Write what the lake would hold, some of it twice or overtaken, in any order."""
    events, identities = [], []
    for person in everybody:
        for each in person.history:
            row = event_row(each.strand_id, each.event(workspace_id).to_json())
            arrived = each.at.date()
            later = arrived + timedelta(days=random.choice((0, 0, 1, 40)))
            events.append((row, later))
            if random.random() < 0.1:
                events.append((row, later + timedelta(days=random.choice((0, 1)))))
        identities += identity_rows(random, person, workspace_id)
    random.shuffle(events)
    random.shuffle(identities)
    lake.add_many(EVENTS_TABLE, [(row, day.isoformat()) for row, day in events])
    lake.add_many(IDENTITIES, [(row, "2026-11-22") for row in identities])


def identity_rows(random, person, workspace_id):
    """Who is who: overtaken rows, chains of two, and erasures."""
    *others, root = person.strands

    def row(strand_id, profile_id, position):
        return identity_row(workspace_id, strand_id, profile_id, position_of(str(position)))

    for number, strand in enumerate(others):
        chained = number == 1 and random.random() < 0.5
        yield row(strand, others[0] if chained else root, 9)
        if random.random() < 0.3:
            yield row(strand, "somebody-else", 7)
    if random.random() < 0.3:
        yield row(root, root, 8)
    if person.erased:
        for strand in person.strands:
            yield erased_row(workspace_id, strand)


def birthdays(random, now, zone, number):
    """People of whom only a birthday is known, of any year, near today by either calendar."""
    today = natural_day(now, zone)
    found = []
    for each in range(number):
        year = random.randint(1898, today.year + 1)
        near = date(year, today.month, 1) + timedelta(days=random.randint(-45, 75))
        claim = Happening(now, "$identify", traits={"born": near.isoformat()}, strand_id=f"s{each}")
        found.append(Person(f"s{each}", (f"s{each}",), (claim,), erased=False))
    return found
