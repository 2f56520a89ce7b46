"""Providers of channels: put, get, list and delete."""

from functions.manage_workspace import definitions
from functions.manage_workspace.ports import Call, Ports
from shared.aws.catalog_writer import Definition
from shared.domain.channels.providers import PROVIDER
from shared.domain.workspace import provider_answers as answers
from shared.domain.workspace.tag_answers import Deleted


def list_providers(ports: Ports, call: Call) -> answers.ProviderList:  # noqa: ARG001
    """All providers."""
    return {"success": True, "providers": [_provider(one) for one in ports.edit().all("PROVIDER")]}


def get_provider(ports: Ports, call: Call) -> answers.ProviderAnswer:
    """Who carries out a channel."""
    found = definitions.find(ports.edit(), "PROVIDER", call.path["provider_id"])
    return {"success": True, **_provider(found)}


def put_provider(ports: Ports, call: Call) -> answers.ProviderChanged:
    """Say who carries out a channel."""
    provider = definitions.read(PROVIDER, call, "provider_id")
    wanted = Definition(kind="PROVIDER", definition_id=provider.provider_id, body="")
    outcome, after = definitions.put(ports.edit(), PROVIDER, wanted, provider)
    return {"success": True, "outcome": outcome, **_provider(after)}


def delete_provider(ports: Ports, call: Call) -> Deleted:
    """Let nobody in particular carry out a channel."""
    edit = ports.edit()
    found = definitions.find(edit, "PROVIDER", call.path["provider_id"])
    edit.delete(found)
    edit.commit()
    return {"success": True, "outcome": "deleted"}


def _provider(definition: Definition) -> answers.ProviderState:
    return {
        "provider": definitions.content(definition),
        "version": definition.version,
        "updated_at": definition.updated_at,
    }
