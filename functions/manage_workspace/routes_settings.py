"""Settings: read and replaced as a whole."""

from typing import Any, Final

from pydantic import TypeAdapter

from functions.manage_workspace.building import build_desk
from functions.manage_workspace.judging import judge_by, last_built
from functions.manage_workspace.parsing import parse
from functions.manage_workspace.ports import Call, Ports
from functions.manage_workspace.publishing import compile_again
from shared.aws.catalog_writer import Definition, Edit
from shared.aws.meanings import Meanings
from shared.domain.text import to_text
from shared.domain.workspace import answers
from shared.domain.workspace.model import WorkspaceSettings

_SETTINGS: Final[TypeAdapter[WorkspaceSettings]] = TypeAdapter(WorkspaceSettings)


def get_settings(ports: Ports, call: Call) -> answers.SettingsAnswer:  # noqa: ARG001
    """The settings, or the defaults."""
    return {"success": True, "settings": _plain(ports.edit().settings() or WorkspaceSettings())}


def put_settings(ports: Ports, call: Call) -> answers.SettingsChanged:
    """Replace the settings; with a new time scale, journeys are compiled again first.

    In this order every crash can be repeated: nobody uses the new machines until the commit names
    them, and making them again makes nothing new. Conditions that ask who can be reached may mean
    something else under the new settings: then everybody is judged anew by them. When that could
    not be begun, the operator hears of it, puts the same settings again, and then it is. Another
    time zone has other natural days, so that everybody is judged anew by everything.
    """
    edit = ports.edit()
    before = edit.settings()
    kept = (before.email_from, before.public_url) if before else ()
    settings = parse(_SETTINGS, call.body, context=kept)
    if before == settings:
        _begin_build(ports, last_built(edit), edit.days_build)
        return {
            "success": True,
            "outcome": "unchanged",
            "settings": _plain(settings),
            "republished": [],
        }
    known = before or WorkspaceSettings()
    another_clock = settings.time_scale != known.time_scale
    republished = compile_again(ports, edit) if another_clock else []
    judged = judge_by(edit, settings)
    days_build = edit.next_version if _has_other_days(ports, edit, known, settings) else 0
    edit.put_settings(to_text(_plain(settings)), days_build)
    edit.commit()
    _begin_build(ports, judged, days_build)
    return {
        "success": True,
        "outcome": "updated" if before else "created",
        "settings": _plain(settings),
        "republished": republished,
    }


def _has_other_days(
    ports: Ports, edit: Edit, before: WorkspaceSettings, after: WorkspaceSettings
) -> bool:
    """Whether anything can have been counted by the days of another time zone.

    Whoever sets a workspace up, before anything can have come in, changes nothing for anybody.
    """
    if before.timezone == after.timezone:
        return False
    return bool(
        edit.days_build
        or Meanings.of(edit).rows
        or ports.write_keys.all(ports.workspace_id)
        or any(ports.importing.jobs.all(ports.workspace_id))
    )


def _begin_build(ports: Ports, judged: Definition | None, days_build: int) -> None:
    """One build does for all that got another meaning by the same version."""
    if days_build and days_build >= (judged.build if judged else 0):
        build_desk(ports).begin_all(ports.workspace_id, days_build, "timezone")
    elif judged:
        build_desk(ports).begin(ports.workspace_id, judged)


def _plain(settings: WorkspaceSettings) -> dict[str, Any]:
    return settings.model_dump(mode="json")
