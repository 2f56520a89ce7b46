"""A report and a preview as operators and the API are told of them."""

from typing import Final, Literal, cast

from shared.domain.backtests.report import NO_PROMISE, NO_PROMISE_ZH, Report, work_of
from shared.domain.costs.bill import CLOCKS, Work, delivery_usd, running_usd
from shared.domain.costs.preview import Bounds, Preview
from shared.domain.costs.prices import AS_OF, DELIVERY, Price
from shared.domain.journeys.definition import Journey
from shared.domain.journeys.money import MICROS_IN_DOLLAR
from shared.domain.workspace import backtest_answers as answers

_UNKNOWN: Final = Price(0.0, "no price is known", is_sure=False)
_CENTS: Final = 6  # places: what one person costs is a few millionths of a dollar


def told(report: Report) -> answers.BacktestReport:
    """The whole report."""
    return {
        "people": report.people,
        "events": report.events,
        "people_entered": report.people_entered,
        "enrolments": report.enrolments,
        "held_out": report.held_out,
        "inside": report.ends["active", ""],
        "goals": report.goals,
        "sent": report.sent,
        "entries": [{"day": day, "enrolments": n} for day, n in sorted(report.entries.items())],
        "turned_away": _named(report.turned_away),
        "ends": [
            {"status": cast("_Status", status), "reason": reason, "enrolments": n}
            for (status, reason), n in sorted(report.ends.items())
        ],
        "messages": [
            {"day": day, "channel": channel, "outcome": outcome, "messages": n}
            for (day, channel, outcome), n in sorted(report.messages.items())
        ],
        "deferrals": [
            {"day": day, "channel": channel, "reason": reason, "times": n}
            for (day, channel, reason), n in sorted(report.deferrals.items())
        ],
        "actions": _named(report.actions),
        "steps": [
            {"step": step, "decision": decision, "times": n}
            for (step, decision), n in sorted(report.steps.items())
        ],
        "cost": cost_of(work_of(report)),
        "samples": [report.samples[name] for name in sorted(report.samples)],
        "note": NO_PROMISE,
        "note_zh": NO_PROMISE_ZH,
    }


_Status = Literal["active", "completed", "exited"]


def cost_of(work: Work) -> answers.BacktestCost:
    """What was done, in dollars."""
    return {
        "clocks": [
            {"clock": clock, "usd": round(running_usd(work, clock), _CENTS)} for clock in CLOCKS
        ],
        "delivery": [
            {
                "channel": channel,
                "parts": work.parts[channel],
                "usd": round(usd, _CENTS),
                "source": price_of(channel).source,
                "is_sure": price_of(channel).is_sure,
            }
            for channel, usd in delivery_usd(work).items()
        ],
        "prices_as_of": AS_OF,
    }


def price_of(channel: str) -> Price:
    """The price of a channel, which may be none."""
    return next((price for name, price in DELIVERY.items() if name == channel), _UNKNOWN)


def told_cost(
    journey: Journey, version: int, preview: Preview, people: int, budget_usd: float | None
) -> answers.CostPreview:
    """Bounds for so many people, and whether the budget holds whatever ways they take."""
    running = preview.running[journey.clock]
    least = running.least + sum(each.least for each in preview.delivery.values())
    total = Bounds(least, preview.most_usd(journey.clock))
    return {
        "journey_id": journey.journey_id,
        "version": version,
        "people": people,
        "clock": journey.clock,
        "clocks": [
            {"clock": clock, "usd": _range(preview.running[clock], people)} for clock in CLOCKS
        ],
        "delivery": [
            {
                "channel": channel,
                "parts": _range(parts, people),
                "usd": _range(preview.delivery[channel], people),
                "source": price_of(channel).source,
                "is_sure": price_of(channel).is_sure,
            }
            for channel, parts in preview.parts.items()
        ],
        "templates": [
            {
                "template_id": one.template_id,
                "channel": one.channel or None,
                "parts": one.parts,
                "problem": one.problem,
            }
            for one in preview.templates
        ],
        "total_usd": _range(total, people),
        "budget_usd": budget_usd,
        "is_within_budget": None if budget_usd is None else total.most * people <= budget_usd,
        "own_budget": _own_budget(journey, preview, people),
        "prices_as_of": AS_OF,
    }


def _own_budget(journey: Journey, preview: Preview, people: int) -> answers.OwnBudget | None:
    budget = journey.budget
    if budget is None:
        return None
    most = people * sum(each.most for each in preview.delivery.values())
    lasts = round(most * MICROS_IN_DOLLAR) <= budget.micros if budget.per == "total" else None
    return {"usd": budget.micros / MICROS_IN_DOLLAR, "per": budget.per, "lasts": lasts}


def _range(bounds: Bounds, people: int) -> answers.Range:
    least, most = (round(one * people, _CENTS) for one in (bounds.least, bounds.most))
    return {"least": least, "most": most}


def _named(counts: dict[str, int]) -> list[answers.NamedCount]:
    return [{"name": name, "times": n} for name, n in sorted(counts.items())]
