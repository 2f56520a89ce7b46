"""Deploys a synthesized app through the CloudFormation API, as the CDK CLI would."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from infra.local.emulator import ACCOUNT, REGION

Client = Callable[[str], Any]

_QUALIFIER: Final = "hnb659fds"  # CDK's default name for what its bootstrap makes
_BETWEEN_STACKS: Final = "ExportsOutput"  # what CDK calls values that only the next stack reads
_POLL_SECONDS: Final = 0.1
_DEPLOY_SECONDS: Final = 300
_PLACEHOLDERS: Final = {
    "${AWS::AccountId}": ACCOUNT,
    "${AWS::Region}": REGION,
    "${AWS::Partition}": "aws",
}


class DeploymentError(Exception):
    """A stack could not be created; the message has the reason of each resource that failed."""


def deploy(assembly: Path, client: Client) -> dict[str, str]:
    """Create all stacks of the assembly in order; returns their outputs, by name."""
    _bootstrap(client)
    outputs: dict[str, str] = {}
    for name in _stacks(assembly):
        _upload_assets(assembly, name, client)
        outputs |= _create(assembly, name, client)
        _keep_history(assembly, name, client)
    return outputs


def _bootstrap(client: Client) -> None:
    """Make what `cdk bootstrap` would have made and templates ask for."""
    client("s3").create_bucket(Bucket=_bucket())
    client("ssm").put_parameter(
        Name=f"/cdk-bootstrap/{_QUALIFIER}/version", Value="30", Type="String"
    )


def _bucket() -> str:
    return f"cdk-{_QUALIFIER}-assets-{ACCOUNT}-{REGION}"


def _stacks(assembly: Path) -> list[str]:
    """Names of the stacks, each after those that it depends on."""
    artifacts = json.loads((assembly / "manifest.json").read_text())["artifacts"]
    stacks = {k: v for k, v in artifacts.items() if v["type"] == "aws:cloudformation:stack"}
    ordered: list[str] = []

    def visit(name: str) -> None:
        for needed in stacks[name].get("dependencies", []):
            if needed in stacks:
                visit(needed)
        if name not in ordered:
            ordered.append(name)

    for name in stacks:
        visit(name)
    return ordered


def _upload_assets(assembly: Path, stack: str, client: Client) -> None:
    for source, destination in _files(assembly, stack):
        client("s3").put_object(
            Bucket=_resolved(destination["bucketName"]),
            Key=_resolved(destination["objectKey"]),
            Body=(assembly / source["path"]).read_bytes(),
        )


def _files(assembly: Path, stack: str) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    manifest = json.loads((assembly / f"{stack}.assets.json").read_text())
    for file in manifest["files"].values():
        for destination in file["destinations"].values():
            yield file["source"], destination


def _resolved(text: str) -> str:
    for placeholder, value in _PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    return text


def _create(assembly: Path, stack: str, client: Client) -> dict[str, str]:
    template = f"{stack}.template.json"
    key = next(
        destination["objectKey"]
        for source, destination in _files(assembly, stack)
        if source["path"] == template
    )
    cloudformation = client("cloudformation")
    cloudformation.create_stack(
        StackName=stack,
        TemplateURL=f"https://s3.{REGION}.amazonaws.com/{_bucket()}/{_resolved(key)}",
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        OnFailure="DO_NOTHING",
    )
    deadline = time.monotonic() + _DEPLOY_SECONDS
    while time.monotonic() < deadline:
        description = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
        status = description["StackStatus"]
        if status == "CREATE_COMPLETE":
            return {
                output["OutputKey"]: output["OutputValue"]
                for output in description.get("Outputs", [])
                if not output["OutputKey"].startswith(_BETWEEN_STACKS)
            }
        if not status.endswith("_IN_PROGRESS"):
            break
        time.sleep(_POLL_SECONDS)
    raise DeploymentError(f"{stack} ended as {status}\n{_reasons(cloudformation, stack)}")


def _keep_history(assembly: Path, stack: str, client: Client) -> None:
    """Let tables be restored to a point in time where the template says so.

    The emulator knows how, but leaves it out of what it reads in templates.
    """
    resources = json.loads((assembly / f"{stack}.template.json").read_text())["Resources"]
    wanted = {
        name: resource["Properties"]["PointInTimeRecoverySpecification"]
        for name, resource in resources.items()
        if "PointInTimeRecoverySpecification" in resource.get("Properties", {})
    }
    made = client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    for resource in made:
        if specification := wanted.get(resource["LogicalResourceId"]):
            client("dynamodb").update_continuous_backups(
                TableName=resource["PhysicalResourceId"],
                PointInTimeRecoverySpecification=specification,
            )


def _reasons(cloudformation: Any, stack: str) -> str:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    failed = [e for e in reversed(events) if e["ResourceStatus"].endswith("_FAILED")]
    return "\n".join(
        f"  {e['LogicalResourceId']} ({e.get('ResourceType', '')}): "
        f"{e.get('ResourceStatusReason', 'no reason given')}"
        for e in failed
    )
