"""What the parts about speed, growth and peers measured, in Markdown."""

from typing import Any

from benchmarks.figure_tables import table


def start(it: dict[str, Any]) -> str:
    """Cold starts and packages."""
    bare = it["bare_cpu_seconds"]
    rows = [
        (
            row["function"],
            f"{'**' if row['ratio'] > row['budget'] else ''}{row['ratio']}"
            f"{'**' if row['ratio'] > row['budget'] else ''}",
            f"{row['budget']:g}",
            row["cpu_seconds"],
            row["peak_mb"],
            row["zip_kb"],
        )
        for row in it["functions"]
    ]
    layers = ", ".join(f"{name}: {kb:,} KB" for name, kb in it["layers_kb"].items())
    head = ("function", "× bare interpreter", "budget", "CPU seconds", "peak MB", "zip KB")
    return "\n\n".join(
        (
            "Importing the handler and making its clients, from the zips that ship, best of five,"
            f" beside an interpreter that does nothing ({bare} CPU seconds,"
            f" {it['bare_peak_mb']} MB):",
            table(head, rows),
            f"Layers, compressed: {layers}.",
        )
    )


def memory(it: dict[str, Any]) -> str:
    """Peaks."""
    rows = [(row["function"], row["peak_mb"], row["what"]) for row in it["peaks"]]
    return table(("function", "peak MB", "heaviest work"), rows)


def flip(it: dict[str, Any]) -> str:
    """From an event to a message."""
    rows = [(name, ms) for name, ms in it["ms"].items()]
    return "\n\n".join(
        (
            f"{it['people']} people, one event each, every function called for it alone:",
            table(("function", "CPU ms"), [*rows, ("**together**", f"**{it['cpu_ms']}**")]),
            f"They make {it['calls']} calls of AWS. A bare call takes {it['bare_call_ms']} ms"
            f" in the client alone: {it['calls'] * it['bare_call_ms']:.1f} ms in all.",
        )
    )


_GREW = {
    "history": "events of the person before",
    "segments": "segments published, five of them touched",
    "people": "people in the table",
}


def growth(it: dict[str, Any]) -> str:
    """By what was there before."""
    told = [f"{it['events']} events in batches of 10 of one person, as in the bill above:"]
    for what, words in _GREW.items():
        rows = [
            (
                f"{row['size']:,}",
                row["read_units"],
                row["write_units"],
                f"{row['usd_per_million']:.2f}",
                row["cpu_us"],
            )
            for row in it.get(what, ())
        ]
        head = (words, "read units", "write units", "dollars a million events", "CPU µs an event")
        if rows:
            told.append(table(head, rows))
    return "\n\n".join(told)


def live_segments(it: dict[str, Any]) -> str:
    """Judging alone."""
    rows = [
        *((f"of {n} published", us) for n, us in it["us_an_event_by_published"].items()),
        *(
            (f"of the most published, {int(n):,} events before", us)
            for n, us in it["us_an_event_by_history"].items()
        ),
    ]
    return table((f"one event, {it['touched']} segments touched", "CPU µs"), rows)


def million_wakes(it: dict[str, Any]) -> str:
    """A crowd that is due at once."""
    crowds = it["crowds"]
    rows = [
        ("partitions", *(one["partitions"] for one in crowds)),
        ("write units a second in the fullest, of 1,000", *(o["writes_a_second"] for o in crowds)),
        ("sweeps, one a minute", *(one["sweeps"] for one in crowds)),
        ("messages of SQS", *(f"{one['messages']:,}" for one in crowds)),
        ("CPU seconds of all sweeps", *(one["cpu_seconds"] for one in crowds)),
        ("seconds with the calls, as assumed", *(one["seconds"] for one in crowds)),
        ("peak MB of a sweep", *(one["peak_mb"] for one in crowds)),
    ]
    head = [f"{one['people']:,}, {one['together']} to a row" for one in crowds]
    return table(("waits that end in one minute", *head), rows)


def ten_steps(it: dict[str, Any]) -> str:
    """The interpreter and its peers."""
    ours = it["steps_a_second"]
    mine = "decides and writes the trace, in memory; nothing is kept"
    rows = [
        ("Rapport's interpreter", f"{ours:,}", "1.0", mine),
        *(
            (
                peer["name"],
                f"{peer['steps_a_second']:,}",
                f"{ours / peer['steps_a_second']:,.1f}",
                peer["difference"],
            )
            for peer in it["peers"]
        ),
    ]
    return table(("ten steps", "steps a CPU second", "Rapport is, times", "what it does"), rows)


def decisions(it: dict[str, Any]) -> str:
    """Who is who."""
    floor = it["peers_links_a_second"]["union-find in Python"]
    ours = {
        "whole history at once": it["bulk_decisions_a_second"],
        "one call at a time, people change": it["one_at_a_time_decisions_a_second"],
        "one call at a time, all is known": it["known_already_decisions_a_second"],
    }
    rates = {
        **{f"Rapport, {name}": rate for name, rate in ours.items()},
        **{f"connects only: {name}": rate for name, rate in it["peers_links_a_second"].items()},
    }
    rows = [(name, f"{rate:,}", f"{floor / rate:.2f}") for name, rate in rates.items()]
    head = (f"{it['links']:,} identify and alias calls", "a CPU second", "union-find in Python = 1")
    return table(head, rows)


def rebuilt_segments(it: dict[str, Any]) -> str:
    """Segments in SQL."""
    ways = list(it["seconds"])
    rows = [
        (row["name"], *(f"{row['seconds'][way]:.2f}" for way in ways)) for row in it["segments"]
    ]
    rows.append(("**together**", *(f"**{it['seconds'][way]:.2f}**" for way in ways)))
    ratios = [it["generated_to"].get(way) for way in ways]
    rows.append(("generated to it", *("" if one is None else str(one) for one in ratios)))
    head = f"CPU seconds, {it['events']:,} events of {it['people']:,} people"
    return table((head, *ways), rows)


def rendering(it: dict[str, Any]) -> str:
    """Emails and bombs."""
    ours = it["renderers"][0]["us_per_email"]
    rows = [
        (one["name"], one["us_per_email"], f"{one['us_per_email'] / ours:.2f}", one["difference"])
        for one in it["renderers"]
    ]
    bombs = [(one["bomb"], one["milliseconds"]) for one in it["bombs"]]
    return "\n\n".join(
        (
            table(("one email", "CPU µs", "Rapport = 1", "what is different"), rows),
            table(("a template that never ends, by", "CPU ms until it is refused"), bombs),
        )
    )


def backtest(it: dict[str, Any]) -> str:
    """A replay."""
    return (
        f"{it['events']:,} events of {it['people']:,} people in {it['cpu_seconds']} CPU seconds:"
        f" {it['enrolments']:,} runs, {it['messages']:,} messages, {it['peak_mb']} MB at most."
    )


def check(it: dict[str, Any]) -> str:
    """The fast gate."""
    return f"`make check` took {it['seconds']} seconds on {it['cores']} cores: {it['said']}."
