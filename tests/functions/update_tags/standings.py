"""Where a person should stand, by what the stores know, and where the person does."""

import json

from shared.aws.person_reader import PersonReader
from shared.domain.instants import format_instant
from shared.domain.lifecycle.judging import stage_of
from shared.domain.segments.evaluate import evaluate
from shared.domain.tags.valuing import value_of
from tests.functions.update_tags.conftest import Wire
from tests.functions.update_tags.people import members


def expect_standing(bench, person_id):
    """Every segment, tag and stage is that of now, and judged again before it changes."""
    plan, now, rows = bench.plans().of("default"), bench.now, bench.rows(person_id)
    ports = bench.ports(Wire())
    person, profile = PersonReader(bench.dynamodb, bench.table).answering("default", person_id)
    whole = ports.states.whole(person)
    traits = {name: each["value"] for name, each in json.loads(profile["traits"]).items()}

    def view(name):
        asked = plan.index.references[name]
        strands, state = whole.seen, whole.state
        return ports.views.view(person, strands, traits, state, asked, now, plan.zone)

    turns = []
    for name, segment in plan.segments.items():
        verdict = evaluate(segment.condition, view(f"segment:{name}"), now, plan.zone)
        assert (name in members(rows)) is verdict.matches, name
        turns.append(verdict.changes_at)
    for name, tag in plan.tags.items():
        verdict = value_of(tag.tag, view(f"tag:{name}"), now, plan.zone)
        assert json.loads(rows.get(f"TAG#{name}", {}).get("value", "null")) == verdict.value, name
        turns.append(verdict.changes_at)
    stage = stage_of(plan.lifecycle.lifecycle, view("stage"), now, plan.zone)
    assert rows["STATE"]["stage"] == stage.stage
    turns.append(stage.changes_at)
    due_at = rows["STATE"].get("due_at", "~")
    assert all(due_at <= format_instant(turn) for turn in turns if turn), (due_at, turns)
    assert not any("untold" in row or "stage_before" in row for row in rows.values())
