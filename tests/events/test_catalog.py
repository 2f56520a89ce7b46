import json
from typing import get_args

import pytest

from events.catalog import EVENTS, SAMPLES, SCHEMAS, schema, schema_text, write_schemas
from events.model import DOMAIN_EVENT, DomainEvent


def test_the_catalog_holds_the_whole_union_under_the_names_of_its_classes():
    union = get_args(get_args(DomainEvent)[0])

    assert {model.__name__: model for model in union} == EVENTS


def test_the_committed_schemas_are_the_generated_ones():
    committed = {path.stem: path.read_text() for path in SCHEMAS.glob("*.json")}

    assert committed == {name: schema_text(name) for name in EVENTS}, "run `make schemas`"


def test_writing_schemas_gives_the_committed_files(tmp_path):
    write_schemas(tmp_path)

    for path in SCHEMAS.iterdir():
        assert (tmp_path / path.name).read_text() == path.read_text()


def test_every_event_has_one_sample():
    assert {path.stem for path in SAMPLES.glob("*.json")} == set(EVENTS)


@pytest.mark.parametrize("name", EVENTS)
def test_a_sample_is_read_as_its_event_and_written_back_unchanged(name):
    text = (SAMPLES / f"{name}.json").read_text()

    event = DOMAIN_EVENT.validate_json(text)

    assert type(event) is EVENTS[name]
    assert json.loads(event.model_dump_json()) == json.loads(text)


@pytest.mark.parametrize("name", EVENTS)
def test_what_is_published_always_has_every_field_that_the_schema_requires(name):
    sample = json.loads((SAMPLES / f"{name}.json").read_text())
    described = schema(name)

    assert described["additionalProperties"] is False
    assert set(described["required"]) == set(described["properties"]) == set(sample)


@pytest.mark.parametrize("name", EVENTS)
def test_an_unknown_field_is_refused(name):
    sample = json.loads((SAMPLES / f"{name}.json").read_text())

    with pytest.raises(ValueError, match="Extra inputs"):
        DOMAIN_EVENT.validate_python({**sample, "colour": "blue"})
