"""A backtest of today is what the live stack did today: the same runs with the same traces."""

import json
from datetime import UTC, datetime
from uuid import uuid4

import httpx
import pytest

from tests.scenarios.admin import PATIENCE_SECONDS
from tests.scenarios.people import pace_of

pytestmark = pytest.mark.stack

MARK = uuid4().hex[:8]
CART, PAID, LOOKED, LEFT = (f"{name} {MARK}" for name in ("cart", "paid", "looked", "left"))
SHOPPERS = 6
WATCHED = 90  # seconds on a quiet machine: in them some are to pay or to leave
# Time goes as it goes, so that what happens during a wait happens then.
SETTINGS = {"kind": "settings", "rehearsal": True, "time_scale": 1, "email_from": "a@example.com"}
TEMPLATES = [
    {
        "kind": "template",
        "template_id": f"past-mail-{MARK}",
        "channel": "email",
        "subject": "Your cart",
        "html": "<p>{{ profile.first_name }}</p>",
    },
    {
        "kind": "template",
        "template_id": f"past-text-{MARK}",
        "channel": "sms",
        "text": "{{ profile.first_name }}，购物车还在",
    },
]
KNOWN_IN_ULM = {"type": "trait", "trait": "city", "operator": "equals", "value": "Ulm"}
OFTEN = {"type": "event", "event": LOOKED, "times": 2}


def journey(clock: str, seconds: int) -> dict:
    """Waits for events and for time, looks at the person, and lets people in again."""
    return {
        "kind": "journey",
        "journey_id": named(clock),
        "title": "Cart",
        "clock": clock,
        "entry": {"type": "event", "event": CART},
        "reentry": {"policy": "always"},
        "exit_on": [{"event": LEFT, "where": {"cart": {"entry": "cart"}}}],
        "goal": {"event": PAID, "within": "P1D"},
        "steps": [
            {
                "type": "wait_for",
                "name": "watch",
                "events": [{"event": PAID}],
                "timeout": f"PT{seconds}S",
                "on_event": "end",
                "on_timeout": "where from",
            },
            {
                "type": "branch",
                "name": "where from",
                "arms": [
                    {"when": KNOWN_IN_ULM, "next": "mail"},
                    {"when": OFTEN, "next": "rest"},
                ],
                "otherwise": "text",
            },
            {"type": "send", "name": "mail", "template_id": f"past-mail-{MARK}"},
            {"type": "wait", "name": "rest", "duration": "PT20S"},
            {"type": "send", "name": "text", "template_id": f"past-text-{MARK}"},
        ],
    }


def named(clock: str) -> str:
    return f"past-{clock.replace('_', '-')}-{MARK}"


CLOCKS = ("due_index", "step_functions")
JOURNEYS = tuple(map(named, CLOCKS))


@pytest.fixture(scope="module")
def watched(person) -> int:
    """For how many seconds the journeys wait for a payment, on this machine as busy as it is."""
    return round(WATCHED * pace_of(person))


@pytest.fixture(scope="module")
def workspace(admin, watched):
    admin.apply(SETTINGS, *TEMPLATES, *(journey(clock, watched) for clock in CLOCKS))
    return admin


class Shoppers:
    """Several people, and how many events they sent."""

    def __init__(self, stack, write_key):
        self.url, self.key, self.sent = stack.api_url, write_key, 0
        self.user_ids = [f"past-{MARK}-{number}" for number in range(SHOPPERS)]

    def say(self, *events):
        body = [{"messageId": uuid4().hex, **event} for event in events]
        answer = httpx.post(
            f"{self.url}/v1/batch", json={"batch": body}, auth=(self.key, ""), timeout=60
        )
        assert answer.json()["accepted"] == len(body), answer.text
        self.sent += len(body)

    def introduce(self):
        """Some agreed to marketing and some did not; some live in Ulm."""
        for number, user_id in enumerate(self.user_ids):
            traits = {
                "first_name": "Ann",
                "email": f"{user_id}@example.com",
                "phone": f"+1212555{100 + number:04d}",
                **({"city": "Ulm"} if number % 2 else {}),
            }
            consent = {"categoryPreferences": {"marketing": number != 3}}
            self.say(
                {
                    "type": "identify",
                    "userId": user_id,
                    "traits": traits,
                    "context": {"consent": consent},
                }
            )

    def do(self, name, *numbers, **properties):
        now = datetime.now(UTC).isoformat()
        self.say(
            *(
                {
                    "type": "track",
                    "event": name,
                    "userId": self.user_ids[number],
                    "timestamp": now,
                    "properties": properties,
                }
                for number in numbers
            )
        )


def live_a_day(workspace, shoppers):
    """Entries, payments in time, exits, a second cart, and people who do nothing more."""
    shoppers.introduce()
    workspace.until(lambda: all(workspace.known("user_id", one) for one in shoppers.user_ids))
    shoppers.do(LOOKED, 2, 4)
    shoppers.do(LOOKED, 4)
    shoppers.do(CART, *range(SHOPPERS), cart=1)
    # What crosses within the seconds of a queue can be taken either way, so nothing does here.
    workspace.until(lambda: len(waiting(workspace, shoppers)) == 2 * SHOPPERS)
    shoppers.do(PAID, 0)
    shoppers.do(LEFT, 5, cart=1)
    shoppers.do(LEFT, 2, cart=2)
    workspace.until(lambda: len(waiting(workspace, shoppers)) == 2 * (SHOPPERS - 2))
    shoppers.do(CART, 0, cart=3)


def waiting(workspace, shoppers):
    """The runs that wait for a payment."""
    runs = (run for one in shoppers.user_ids for run in runs_of(workspace, one).values())
    return [run for run in runs if run["status"] == "active" and run["trace"][-1].get("due")]


def runs_of(workspace, user_id):
    """Every run of a person in these journeys, by its id."""
    runs = workspace.profile("user_id", user_id)["enrolments"]
    return {one["enrolment_id"]: one for one in runs if one["journey_id"] in JOURNEYS}


def finished(workspace, backtest):
    def done():
        nonlocal backtest
        path = f"/backtests/{backtest['backtest_id']}"
        backtest = workspace.call("GET", path)["backtest"]
        assert backtest["status"] != "failed", backtest["reason"]
        return backtest["status"] == "done"

    workspace.until(done)
    return backtest


def lines(urls):
    return [json.loads(one) for url in urls for one in httpx.get(url, timeout=60).text.splitlines()]


def trace(run):
    return [
        (each["step"], each["decision"], each["at"], each.get("due"), each.get("fact"))
        for each in run["trace"]
    ]


def test_a_backtest_of_today_tells_what_the_live_stack_did(stack, workspace, write_key, watched):
    shoppers = Shoppers(stack, write_key)
    day = datetime.now(UTC).date().isoformat()
    live_a_day(workspace, shoppers)
    expected = 2 * (SHOPPERS + 1)

    def everything():
        return {k: v for one in shoppers.user_ids for k, v in runs_of(workspace, one).items()}

    def is_over():
        runs = everything().values()
        return len(runs) == expected and all(run["status"] != "active" for run in runs)

    workspace.until(is_over, PATIENCE_SECONDS + watched)
    live = everything()
    counted = (
        "SELECT count(*) AS n FROM people_events"
        f" WHERE user_id LIKE 'past-{MARK}-%' AND source_id <> 'rapport'"
    )

    def in_the_lake():
        rows = workspace.call("POST", "/lake/query", {"sql": counted})["rows"]
        return int(rows[0]["n"]) >= shoppers.sent

    workspace.until(in_the_lake)
    told, sent = {}, 0
    for each in JOURNEYS:
        asked = {"first_day": day, "last_day": datetime.now(UTC).date().isoformat(), "runs": True}
        path = f"/journeys/{each}/backtests"
        backtest = finished(workspace, workspace.call("POST", path, asked)["backtest"])
        report = backtest["report"]
        assert report["enrolments"] == SHOPPERS + 1
        assert report["people_entered"] == SHOPPERS
        assert "does not predict lift" in report["note"]
        sent += report["sent"]
        told |= {run["enrolment_id"]: run for run in lines(backtest["runs_urls"])}
    assert told.keys() == live.keys(), "the very same runs, by their ids"
    for name, run in live.items():
        assert trace(told[name]) == trace(run)
        assert (told[name]["status"], told[name]["reason"]) == (run["status"], run["reason"])

    def messages():
        return [m for one in shoppers.user_ids for m in workspace.messages(one)]

    workspace.until(lambda: all(m["settled_at"] for m in messages()))
    assert sent == sum(m["status"] == "sent" for m in messages())
    decided = {m["reason"] for m in messages() if m["status"] == "suppressed"}
    assert decided == {"no_consent"}


def test_the_price_of_a_journey_is_told_before_anybody_is_in_it(workspace):
    asked = {"people": 1_000, "traits": {"first_name": "Ann"}, "budget_usd": 1}
    path = f"/journeys/{JOURNEYS[0]}/cost"
    cost = workspace.call("POST", path, asked)["cost"]
    assert [one["parts"] for one in cost["templates"]] == [1, 1]
    assert cost["is_within_budget"] is False
    by_clock = {one["clock"]: one["usd"]["most"] for one in cost["clocks"]}
    assert by_clock["step_functions"] > by_clock["due_index"]
