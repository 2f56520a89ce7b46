"""What the admin API does with audiences, and with the builds of definitions."""

from typing import Final

from shared.domain.workspace import audience_answers as answers
from shared.domain.workspace.operation import AT, Operation, Query

_MEMBERS: Final = (
    AT,
    Query("limit", "how many ids: 1 to 200, 50 unless said otherwise"),
    Query("cursor", "from here on; taken from the answer before"),
)

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("list_builds", "GET", "/builds", "The latest builds, with how far they are.",
              answers.BuildList),
    Operation("get_build", "GET", "/builds/{build}",
              "One build: how far it is, and what came of it.", answers.BuildAnswer),
    Operation("begin_build", "POST", "/builds",
              "Judge everybody anew by everything, from their timelines, because something was "
              "lost on the way. Nobody is told of what that finds.", answers.BuildBegun),
    Operation("retry_build", "POST", "/builds/{build}/retry",
              "Begin a build again that failed: everybody is listed anew, and whoever was judged "
              "by it already is passed over.", answers.BuildAnswer),
    Operation("estimate_audience", "POST", "/segments/estimate",
              "Count exactly who matches a condition, before it is saved.",
              answers.EstimateAnswer, answers.Estimate),
    Operation("list_members", "GET", "/segments/{segment_id}/members",
              "Who is in a segment, or was at an instant, by what is known of it today.",
              answers.MembersAnswer, query=_MEMBERS),
    Operation("compare_audiences", "POST", "/audiences/overlap",
              "Count what two to six audiences have in common, exactly.",
              answers.OverlapAnswer, answers.Overlap),
    Operation("export_audience", "POST", "/audiences/export",
              "Write everybody in an audience into a file; ask for the audience until it is done.",
              answers.AudienceAnswer, answers.AudienceExport),
    Operation("snapshot_audience", "POST", "/lists/{list_id}/snapshot",
              "Put everybody who is in an audience now on a list.",
              answers.AudienceAnswer, answers.AudienceNamed),
    Operation("get_audience", "GET", "/audiences/{audience_id}",
              "An audience that was asked for, and the address of its file.",
              answers.AudienceAnswer),
)  # fmt: skip
