"""The least role that each operation of the admin API needs: here and nowhere else.

Looking is a viewer's. An editor prepares whatever reaches nobody yet, corrects what is known of one
person, and may stop anything; what a published journey uses is an approver's to change, which
`functions/manage_workspace/minding.py` sees to. What lets messages reach people, what changes many
people at once, what hands personal data out as a file and what erases needs an approver. Who gets
in, where data goes and by which rules people are told apart is an admin's. An operation that is not
named here is an admin's too.

`READS` are the operations that change nothing although they are not a GET; all others that are not
a GET leave a line in the audit trail. Those of `DISCLOSES` leave one when they hand out a secret or
a file of people (`hands_out`), and none while somebody waits for the file.
"""

from collections.abc import Mapping
from typing import Any, Final

from shared.domain.access.roles import Role

_LADDER: Final[tuple[tuple[Role, str], ...]] = (
    (
        "viewer",
        """
        get_settings list_write_keys list_segments get_segment list_journeys get_journey
        check_journey check_stored_journey get_profile get_figures get_journey_figures
        list_builds get_build estimate_audience list_members compare_audiences
        list_broadcasts preview_broadcast get_broadcast get_backtest preview_cost
        get_consents list_suppressions get_group get_identity_rules get_review explain_profile
        list_imports list_lists get_list list_moves get_move
        explain_journey replay_enrolment list_erasures get_erasure
        list_providers get_provider list_destinations get_destination
        list_tags get_tag get_tag_history list_tag_holders get_tag_values get_lifecycle
        list_replays get_replay list_tasks list_templates check_template get_template
        get_template_history preview_template list_blocks get_block
        """,
    ),
    (
        "editor",
        """
        put_segment delete_segment put_journey pause_journey pause_broadcast cancel_broadcast
        begin_build retry_build backtest_journey put_consent put_suppression
        unmerge_profile remerge_profile query_lake put_list delete_list change_members plan_move
        put_tag delete_tag recompute_tag set_tag_values finish_task
        put_template delete_template test_template put_block delete_block
        """,
    ),
    (
        "approver",
        """
        put_lifecycle publish_journey resume_journey archive_journey delete_journey
        run_move retry_move
        call_journey start_broadcast resume_broadcast delete_suppression
        export_audience snapshot_audience get_audience create_import get_import start_import
        create_export get_export create_erasure
        """,
    ),
    (
        "admin",
        """
        put_settings create_write_key rotate_write_key limit_write_key disable_write_key
        put_identity_rules create_review start_replay get_user_hash_key
        put_provider delete_provider put_destination delete_destination list_audit
        """,
    ),
)

NEEDS: Final[Mapping[str, Role]] = {name: role for role, names in _LADDER for name in names.split()}

READS: Final = frozenset(
    {"check_journey", "check_stored_journey", "estimate_audience", "compare_audiences"}
    | {"preview_broadcast", "preview_cost", "check_template", "preview_template"}
)
DISCLOSES: Final = frozenset(
    {"get_user_hash_key", "get_export", "get_audience", "get_import", "get_backtest"}
)
# The fields of answers that are a secret, or lead to a file of people.
HANDED_OUT: Final = frozenset({"user_hash_key", "url", "rejected_url", "runs_urls"})


def needed_for(operation: str) -> Role:
    """The least role for an operation."""
    return NEEDS.get(operation, "admin")


def changes(operation: str, method: str) -> bool:
    """Whether the operation changes something, and so leaves a line in the audit trail."""
    return method != "GET" and operation not in READS


def is_audited(operation: str, method: str) -> bool:
    """Whether the operation leaves lines in the audit trail, always or when it hands out."""
    return changes(operation, method) or operation in DISCLOSES


def hands_out(answer: Mapping[str, Any]) -> bool:
    """Whether an answer has a secret or a link to a file of people, itself or in its one thing."""
    things = [answer, *(one for one in answer.values() if isinstance(one, Mapping))]
    return any(one.get(name) for one in things for name in HANDED_OUT)
