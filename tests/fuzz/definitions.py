"""Valid documents of every kind: those of playbooks and demo, and a body for all others."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

_ROOT: Final = Path(__file__).parents[2]
_PLURALS: Final = {
    "segment": "segments",
    "template": "templates",
    "journey": "journeys",
    "tag": "tags",
    "list": "lists",
    "block": "blocks",
    "provider": "providers",
    "destination": "destinations",
}
_SINGLES: Final = {"settings": "/settings", "lifecycle": "/lifecycle"}


class Document(NamedTuple):
    """A request of the admin API that is taken."""

    kind: str
    method: str
    path: str
    body: Any


def written_definitions() -> Iterator[Document]:
    """What playbooks and demo put, in the order of their files."""
    for path in sorted([*_ROOT.glob("playbooks/*/*.yaml"), *_ROOT.glob("demo/workspace/*.yaml")]):
        if path.name == "tests.yaml":
            continue
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            kind = document.pop("kind")
            document.pop("publish", None)
            if kind in _SINGLES:
                yield Document(kind, "PUT", _SINGLES[kind], document)
            else:
                name = document.pop(f"{kind}_id")
                yield Document(kind, "PUT", f"/{_PLURALS[kind]}/{name}", document)


_FIRST: Final = {"type": "event", "event": "paid"}
_RULES: Final = {
    "kinds": [
        {"kind": "user_id", "strength": "strong"},
        {"kind": "member_no", "limit": 1, "window_days": 30, "blocked": ["0"]},
    ],
    "default_region": "CN",
    "blocked": ["unknown"],
    "blocked_patterns": ["test-.*"],
    "breaker": {"identifiers": 100, "links_a_day": 20},
}
BODIES: Final = (
    Document("settings", "PUT", "/settings", {
        "timezone": "Asia/Shanghai", "email_from": "shop@example.com", "rehearsal": True,
        "time_scale": 1.5, "consent_required": ["marketing"], "trait_history": ["level"],
        "quiet_hours": ["22:00-08:00"], "opt_out_words": ["stop"], "tracking": True,
        "trial_addresses": ["@example.com"],
        "contact_budget": [{"most": 2, "within": "P1D", "channel": "email"}],
        "resend_unknown_after": "PT1H", "public_url": "https://shop.example",
        "pause_at": {"bounces": 0.05, "complaints": 0.003, "messages": 100},
    }),
    Document("write key", "POST", "/write-keys", {"source_id": "web", "kind": "server"}),
    Document("estimate", "POST", "/segments/estimate", {"condition": _FIRST}),
    Document("overlap", "POST", "/audiences/overlap",
             {"audiences": [{"segment_id": "buyers"}, {"condition": _FIRST}]}),
    Document("audience", "POST", "/audiences/export", {"segment_id": "buyers"}),
    Document("consent", "PUT", "/profiles/p1/consents/marketing",
             {"granted": True, "topic": "sale", "channel": "email"}),
    Document("suppression", "PUT", "/suppressions/email/a@example.com", {"reason": "manual"}),
    Document("identity rules", "PUT", "/identity/rules", _RULES),
    Document("review", "POST", "/identity/reviews", {"rules": _RULES}),
    Document("unmerge", "POST", "/profiles/p1/unmerge",
             {"identifier": {"kind": "user_id", "value": "u"}}),
    Document("remerge", "POST", "/profiles/p1/remerge",
             {"links": [[{"kind": "user_id", "value": "u"}, {"kind": "user_id", "value": "v"}]]}),
    Document("import", "POST", "/imports", {
        "file_name": "people.csv", "dry_run": True, "definition": {
            "kind": "events", "source_id": "crm", "format": "csv", "encoding": "utf-8",
            "delimiter": ",", "header": True, "columns": {
                "user": {"to": "identifier", "kind": "user_id"}, "when": {"to": "at"},
            },
            "constants": {"event": "paid"}, "timezone": "Asia/Shanghai",
        },
    }),
    Document("lake query", "POST", "/lake/query", {"sql": "SELECT 1"}),
    Document("list", "PUT", "/lists/vips", {"title": "VIPs"}),
    Document("members", "POST", "/lists/vips/members", {
        "add": [{"kind": "user_id", "value": "u"}], "remove": [{"kind": "user_id", "value": "v"}],
    }),
    Document("block", "PUT", "/blocks/footer", {"title": "Footer", "html": "<p>{{ a }}</p>"}),
    Document("destination", "PUT", "/destinations/crm", {
        "title": "CRM", "events": ["paid"],
        "to": {"type": "webhook", "url": "https://crm.example/in"},
    }),
    Document("provider", "PUT", "/providers/wechat", {
        "type": "wechat", "app_id": "wx1", "secret_arn":
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:rapport/providers/wechat",
    }),
    Document("broadcast", "PUT", "/broadcasts/sale", {
        "journey_id": "cart-reminder", "segment_id": "buyers", "at": "2027-01-01T08:00:00Z",
        "rate": 100,
    }),
    Document("preview of a broadcast", "POST", "/broadcasts/preview", {
        "journey_id": "cart-reminder", "condition": _FIRST,
    }),
    Document("move", "POST", "/journeys/cart-reminder/moves", {"steps": {"a": "b"}}),
    Document("check of a journey", "POST", "/journeys/check", {
        "journey_id": "checked", "title": "Check", "entry": {"type": "event", "event": "paid"},
        "steps": [{"type": "wait", "name": "a day", "duration": "P1D"}],
    }),
    Document("cost", "POST", "/journeys/cart-reminder/cost", {"people": 1000}),
    Document("backtest", "POST", "/journeys/cart-reminder/backtests",
             {"first_day": "2026-10-01", "last_day": "2026-11-01", "runs": True}),
    Document("call", "POST", "/journeys/cart-reminder/calls",
             {"identifier": {"kind": "user_id", "value": "u"}, "call_id": "c-1",
              "properties": {"a": 1}}),
    Document("tag values", "POST", "/tags/offer/values",
             {"values": [{"kind": "user_id", "value": "u", "tag": "a"}]}),
    Document("done task", "POST", "/tasks/t1/done", {"note": "called", "outcome": "reached"}),
    Document("check of a template", "POST", "/templates/check", {
        "template_id": "checked", "channel": "email", "subject": "Hello",
        "html": "<p>Hello</p>",
    }),
    Document("preview of a template", "POST", "/templates/welcome/preview",
             {"kind": "user_id", "value": "u", "values": {"cart": 1}, "language": "en",
              "purpose": "marketing"}),
    Document("erasure", "POST", "/profiles/p1/erasure", {"reason": "asked"}),
    Document("export", "POST", "/profiles/p1/export", {"reason": "asked"}),
)  # fmt: skip
