"""What the admin API does with templates and blocks."""

from typing import Final

from shared.domain.messages.blocks import Block
from shared.domain.messages.model import Template
from shared.domain.workspace import template_answers as answers
from shared.domain.workspace.operation import Operation, Query
from shared.domain.workspace.tag_answers import Deleted
from shared.domain.workspace.template_bodies import TemplateLook, TemplateTest

_VERSION: Final = (Query("version", "a version of the template; the newest unless said otherwise"),)

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("list_templates", "GET", "/templates", "All templates.", answers.TemplateList),
    Operation("check_template", "POST", "/templates/check",
              "Say what saving a template would say, and store nothing.",
              answers.TemplateChecked, Template),
    Operation("get_template", "GET", "/templates/{template_id}", "One template.",
              answers.TemplateAnswer, query=_VERSION),
    Operation("put_template", "PUT", "/templates/{template_id}",
              "Create a template, or a new version of it, which goes out from then on wherever a "
              "journey pins no other one.", answers.TemplateChanged, Template),
    Operation("delete_template", "DELETE", "/templates/{template_id}",
              "Delete a template, unless something refers to it.", Deleted),
    Operation("get_template_history", "GET", "/templates/{template_id}/versions",
              "The latest versions of a template.", answers.TemplateHistory),
    Operation("preview_template", "POST", "/templates/{template_id}/preview",
              "Show a template, or a draft of it, as one person would see it.",
              answers.TemplatePreviewed, TemplateLook, body_required=False),
    Operation("test_template", "POST", "/templates/{template_id}/test",
              "Send a template, or a draft of it, to a few addresses, marked as a test; an "
              "editor, to those of the setting trial_addresses alone.",
              answers.TemplateTested, TemplateTest),
    Operation("list_blocks", "GET", "/blocks", "All content blocks.", answers.BlockList),
    Operation("get_block", "GET", "/blocks/{block_id}", "One content block.",
              answers.BlockAnswer),
    Operation("put_block", "PUT", "/blocks/{block_id}",
              "Create or replace a content block; templates that show it get a new version.",
              answers.BlockChanged, Block),
    Operation("delete_block", "DELETE", "/blocks/{block_id}",
              "Delete a content block, unless a template or another block shows it.", Deleted),
)  # fmt: skip
