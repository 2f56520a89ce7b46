"""What each part of the bench measured, as text in Markdown: pure functions of its figures."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks import month
from benchmarks.budgets import Figures, Verdict

NAMES = {
    "cloudwatch_logs_gb": "logs",
    "dynamodb_read_unit": "DynamoDB, read units",
    "dynamodb_write_unit": "DynamoDB, write units",
    "eventbridge_event_64kb": "EventBridge",
    "firehose_gb": "Firehose",
    "http_api_request": "HTTP API",
    "lambda_gb_second_arm64": "Lambda, computing",
    "lambda_request": "Lambda, requests",
    "s3_put": "S3, puts of Firehose",
    "ses_message": "SES",
    "sqs_request_64kb": "SQS",
    "step_functions_transition": "Step Functions, transitions",
}

_WORDS = re.compile("[a-z]{6}")


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; columns of words begin on the left, those of figures end on the right."""
    found = [[str(cell) for cell in row] for row in rows]
    words = [any(map(_WORDS.search, column)) for column in zip(*found, strict=True)]
    lines = [head, ["---" if word else "---:" for word in [True, *words[1:]]], *found]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def budgets(verdicts: Iterable[Verdict]) -> str:
    """Every budget, and whether it holds."""
    return table(
        ("what", "budget", "measured", "verdict"),
        [
            (
                each.budget.what,
                f"{'≥' if each.budget.is_least else '≤'} {each.budget.limit:,g} {each.budget.unit}",
                "–" if each.measured is None else f"{each.measured:,.5g}",
                _verdict(each),
            )
            for each in verdicts
        ],
    )


def _verdict(each: Verdict) -> str:
    if each.measured is None:
        return "not measured"
    if each.holds:
        return "holds"
    return f"**missed by {each.missed_by:.1%}**: {each.budget.reason or 'nobody knows why yet'}"


# --- the bill -----------------------------------------------------------------------------------


def events(it: dict[str, Any]) -> str:
    """Dollars of a million events, and processor time of one."""
    bills = [*it["ways"], it["many_segments"]]
    words = [way(bill) for bill in it["ways"]]
    words.append(f"{words[1]}, {it['many_segments']['published']} segments more")
    functions = list(bills[0]["cpu_us"])
    cpu = [
        (word, *(bill["cpu_us"][name] for name in functions), round(sum(bill["cpu_us"].values())))
        for word, bill in zip(words, bills, strict=True)
    ]
    empty = [""] * len(functions)
    bare = [
        (f"bare handler: {name}, a call", *empty, us)
        for name, us in it["bare_cpu_us_per_call"].items()
    ]
    return "\n\n".join(
        (
            "Dollars a million events of people who are known already, from HTTP to counters,"
            " segments and the lake:",
            _by_price(words, bills),
            "CPU microseconds an event in each function, beside a handler that only decodes and"
            " makes one call of AWS:",
            table(("", *functions, "together"), [*cpu, *bare]),
        )
    )


def way(bill: dict[str, Any]) -> str:
    """How events were sent."""
    if bill["batch"] == 1:
        return "one event a request"
    return f"batches of {bill['batch']}, {bill['people']}"


def journeys(it: dict[str, Any]) -> str:
    """A million people in ten steps."""
    bills = it["clocks"]
    words = [f"{bill['clock']}, {bill['arrivals']}" for bill in bills]
    shared = [
        (each["name"], each["partitions"], each["writes_a_person"], f"{each['writes_a_second']:,}")
        for each in it["partitions"]
    ]
    return "\n\n".join(
        (
            "Dollars a million people through ten steps (three messages asked for, three branches,"
            " three waits, an exit); delivery of the messages is left out:",
            _by_price(words, bills),
            "Partitions that its people share by the due index, when a million write at once (a"
            " partition takes 1,000 writes a second):",
            table(("partition", "of them", "writes a person", "writes a second each"), shared),
        )
    )


def messages(it: dict[str, Any]) -> str:
    """A million emails."""
    cpu = [(name, us) for name, us in it["cpu_us"].items()]
    return "\n\n".join(
        (
            f"Dollars a million emails, from the queue to “delivered” ({it['emails']} were sent);"
            f" computing is {it['compute_share']:.2%} of the SES bill:",
            _by_price(["emails"], [it]),
            f"CPU microseconds an email; dispatch_message sends {it['per_second']} a CPU second:",
            table(("function", "CPU µs"), [*cpu, ("bare call of SES", it["bare_cpu_us"])]),
        )
    )


def identity(it: dict[str, Any]) -> str:
    """Knowing a person."""
    rows = [
        (
            cost["what"],
            f"{cost['events_before']:,}",
            cost["read_units"],
            cost["write_units"],
            cost["usd_per_million"],
        )
        for cost in it["costs"]
    ]
    head = ("one of", "events before", "read units", "write units", "dollars a million")
    return table(head, rows)


def example_month(figures: Figures) -> str:
    """The month, ours and theirs."""
    lines = month.ours(figures)
    slower = sum(line.usd for line in month.ours(figures, "step_functions"))
    rows = [(line.what, f"{line.usd:,.2f}") for line in lines]
    total = sum(line.usd for line in lines)
    rows.append(("**Rapport, all that AWS charges**", f"**{total:,.2f}**"))
    rows.append(("the same with Step Functions as the clock", f"{slower:,.2f}"))
    others = [
        (each["name"], f"{month.theirs(each):,.0f}", f"{month.theirs(each) / total:,.1f}")
        for each in month.PEERS["services"]
    ]
    sources = [
        f"- {each['name']}: {each['covers']}. {each['source']} ({each['quality']},"
        f" {each['dated']})."
        for each in month.PEERS["services"]
    ]
    return "\n\n".join(
        (
            "A million people who are known already, ten million events, one journey of ten steps"
            " and its three million emails; dollars, free tiers and storage of profiles left out:",
            table(("", "dollars"), rows),
            "List prices of others for the same numbers:",
            table(("", "dollars", "times as much"), others),
            "\n".join(sources),
        )
    )


def in_china(figures: Figures) -> str:
    """A million events in cn-north-1, as far as prices were found."""
    units = next(bill for bill in figures["events"]["ways"] if bill["batch"] == 10)["units"]
    yuan, unpriced = month.in_currency(units, "cn-north-1")
    prices = month.PRICES["cn-north-1"]["prices"]
    rows = [
        (
            NAMES[name],
            f"{units[name]:.4g}",
            "–" if name in unpriced else f"{_price(prices[name]):g}",
            prices[name].get("note", ""),
        )
        for name in sorted(units)
    ]
    return "\n\n".join(
        (
            f"A million events in batches of 10 cost at most {yuan:,.2f} yuan for what has a price"
            f" here; {len(unpriced)} of {len(units)} prices could not be found, and none was made"
            " up:",
            table(("", "units an event", "yuan a million, or a GB", "where it is from"), rows),
        )
    )


def _price(entry: dict[str, Any]) -> float:
    return float(entry.get("per_gb") or entry["per_million"])


def _by_price(words: Sequence[str], bills: Sequence[dict[str, Any]]) -> str:
    names = sorted({name for bill in bills for name in bill["usd_by_price"]})
    rows = [
        (NAMES[name], *(f"{bill['usd_by_price'].get(name, 0):.3f}" for bill in bills))
        for name in names
    ]
    totals = [f"**{bill['usd_per_million']:.2f}**" for bill in bills]
    return table(("", *words), [*rows, ("**together**", *totals)])
