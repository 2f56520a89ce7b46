"""What the admin API does with providers of channels."""

from typing import Final

from shared.domain.channels.providers import Provider
from shared.domain.workspace import provider_answers as answers
from shared.domain.workspace.operation import Operation
from shared.domain.workspace.tag_answers import Deleted

OPERATIONS: Final[tuple[Operation, ...]] = (
    Operation("list_providers", "GET", "/providers",
              "Who carries out which channel, as far as somebody has said.", answers.ProviderList),
    Operation("get_provider", "GET", "/providers/{provider_id}",
              "Who carries out a channel; the provider's id is the channel.",
              answers.ProviderAnswer),
    Operation("put_provider", "PUT", "/providers/{provider_id}",
              "Say who carries out a channel. It names secrets and holds none.",
              answers.ProviderChanged, Provider),
    Operation("delete_provider", "DELETE", "/providers/{provider_id}",
              "Let nobody in particular carry out a channel any more.", Deleted),
)  # fmt: skip
