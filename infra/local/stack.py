"""The whole of Rapport on this machine: emulator, deployed app and front door, as one object."""

import json
import os
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.request import urlopen

import botocore.session
from botocore.config import Config

from infra.app import ENGINE_STACK
from infra.constructs.bundle import ROOT
from infra.local import assembly, deployment, observed_calls
from infra.local.emulator import ACCOUNT, DEFAULT_COPIES, REGION, Emulator
from infra.local.front_door import FrontDoor
from infra.local.providers.server import ProviderServer
from infra.local.providers.shown import SIMULATED, email_shown, pulled_shown, text_shown
from infra.local.providers.world import Providers
from shared.aws import keys
from shared.aws.items import from_item
from shared.domain.channels.providers import SECRETS_PREFIX

DEFAULT_PORT: Final = 8787
SENDER_DOMAIN: Final = "example.com"  # verified, so that SES takes mail from any address in it
_LOCAL: Final = ROOT / ".local"
_STATE_FILE: Final = _LOCAL / "stack.json"
_KEPT_LOGS: Final = 5


class LocalStack:
    """A running stack: where it is, what is in it, and what came out of it."""

    def __init__(
        self,
        api_url: str,
        aws_endpoint: str,
        outputs: Mapping[str, str],
        providers_url: str = "",
    ) -> None:
        """Speak to a stack that runs already; `start` and `running` are the usual ways."""
        self.api_url = api_url
        self.aws_endpoint = aws_endpoint
        self.outputs = dict(outputs)
        self.providers_url = providers_url
        self.provider_secret = ""
        self.providers: Providers | None = None  # of a stack that was started here
        self._owned: list[Emulator | FrontDoor | ProviderServer] = []
        self._clients: dict[str, Any] = {}
        self._announced = False

    @classmethod
    def start(
        cls,
        *,
        port: int = 0,
        announce: bool = False,
        copies: int = DEFAULT_COPIES,
        permissions: bool = True,
    ) -> "LocalStack":
        """Start one; port 0 takes a free one; with `announce` other processes can find it.

        `copies` is how many copies of one function may run at once; with `permissions` every call
        is checked against the policies of its role. Raises PortBusyError, EmulatorError or
        DeploymentError, and leaves nothing behind then.
        """
        door = FrontDoor(port)
        emulator = Emulator.start(_new_log(), copies=copies, permissions=permissions)
        stack = cls(door.url, emulator.endpoint, {})
        stack._owned = [emulator, door]
        try:
            with ThreadPoolExecutor(1) as beside:
                synthesized = beside.submit(assembly.synthesize)
                emulator.wait()
                stack.outputs = deployment.deploy(synthesized.result(), stack.client)
            stack.client("sesv2").create_email_identity(EmailIdentity=SENDER_DOMAIN)
            stack._simulate_providers()
            door.open(stack._api_base())
            if announce:
                stack._announce()
        except BaseException:
            stack.stop()
            raise
        return stack

    @classmethod
    def running(cls) -> "LocalStack | None":
        """The announced stack of this checkout, if it still runs."""
        try:
            state = json.loads(_STATE_FILE.read_text())
            with urlopen(f"{state['aws_endpoint']}/_ministack/health", timeout=5):
                return cls(
                    state["api_url"],
                    state["aws_endpoint"],
                    state["outputs"],
                    state.get("providers_url", ""),
                )
        except (OSError, ValueError, KeyError):
            return None

    @property
    def is_running(self) -> bool:
        """Whether the emulator that `start` began still runs; false for a stack found running."""
        return any(isinstance(it, Emulator) and it.process.poll() is None for it in self._owned)

    def client(self, service: str) -> Any:
        """A client of the emulated account."""
        if service not in self._clients:
            self._clients[service] = botocore.session.get_session().create_client(
                service,
                endpoint_url=self.aws_endpoint,
                region_name=REGION,
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 1}, read_timeout=60),
            )
        return self._clients[service]

    def admin_key(self) -> str:
        """The key of the admin API."""
        secret = self.client("secretsmanager").get_secret_value(
            SecretId=self.outputs["AdminKeySecretArn"]
        )
        key: str = secret["SecretString"]
        return key

    def emails(self) -> list[dict[str, Any]]:
        """All mail that SES took, oldest first."""
        messages: list[dict[str, Any]] = self._look("ses/messages")["messages"].get(ACCOUNT, [])
        return messages

    def texts(self) -> list[dict[str, Any]]:
        """All SMS that SNS took; each has its number as `PhoneNumber`."""
        by_number = self._look("sns/sms-messages")["sms_messages"]
        return [
            {**text, "PhoneNumber": number} for number, texts in by_number.items() for text in texts
        ]

    def logs(self, function: str) -> list[str]:
        """The log lines of a function, given by the name of its folder, oldest first."""
        resources = self.client("cloudformation").describe_stack_resources(StackName=ENGINE_STACK)
        start = function.replace("_", " ").title().replace(" ", "") + "Logs"
        group = next(
            resource["PhysicalResourceId"]
            for resource in resources["StackResources"]
            if resource["LogicalResourceId"].startswith(start)
        )
        pages = self.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group)
        return [event["message"] for page in pages for event in page["events"]]

    def calls(self) -> list[dict[str, Any]]:
        """Which calls of which roles were allowed or denied, each once, and by which statements."""
        emulators = [one for one in self._owned if isinstance(one, Emulator)]
        return [call for one in emulators for call in observed_calls.read(one.folder)]

    def stop(self) -> None:
        """End everything that `start` began; safe to call twice."""
        if self._announced:
            _STATE_FILE.unlink(missing_ok=True)
            self._announced = False
        while self._owned:
            self._owned.pop().stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def outbox(self) -> list[dict[str, Any]]:
        """Every message of every channel as the person sees it, the oldest first."""
        with urlopen(f"{self.providers_url}/outbox", timeout=30) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found

    def _simulate_providers(self) -> None:
        """Let the function that sends find simulated providers, and a secret that fits them."""
        server = ProviderServer(self._by_aws)
        self._owned.append(server)
        self.providers, self.providers_url = server.providers, server.url
        secret = self.client("secretsmanager").create_secret(
            Name=f"{SECRETS_PREFIX}simulated", SecretString=json.dumps(SIMULATED)
        )
        self.provider_secret = secret["ARN"]
        # Links of messages lead to the front door, since the emulated API has no name that others
        # can look up.
        self._tell(
            "dispatch_message", PROVIDER_BASES=json.dumps(server.bases()), API_URL=self.api_url
        )

    def _tell(self, folder: str, **variables: str) -> None:
        """Change some of the environment of the function of a folder."""
        named, client = self._function(folder), self.client("lambda")
        known = client.get_function_configuration(FunctionName=named)["Environment"]["Variables"]
        client.update_function_configuration(
            FunctionName=named, Environment={"Variables": {**known, **variables}}
        )

    def _by_aws(self) -> list[dict[str, Any]]:
        """Emails and text messages that the emulator took, and what lies in inboxes."""
        emails, texts = map(email_shown, self.emails()), map(text_shown, self.texts())
        return [*emails, *texts, *map(pulled_shown, self._inboxes())]

    def _inboxes(self) -> Iterator[dict[str, Any]]:
        """The rows of all inboxes: a table on this machine is small enough to be looked through."""
        pages = (
            self.client("dynamodb")
            .get_paginator("scan")
            .paginate(
                TableName=self.outputs["ProfilesTable"],
                FilterExpression="begins_with(sk, :inbox)",
                ExpressionAttributeValues={":inbox": {"S": keys.INBOX_PREFIX}},
            )
        )
        return (from_item(item) for page in pages for item in page["Items"])

    def _function(self, folder: str) -> str:
        """The name of the function of a folder."""
        start = folder.replace("_", " ").title().replace(" ", "") + "Function"
        resources = self.client("cloudformation").describe_stack_resources(StackName=ENGINE_STACK)
        return next(
            str(resource["PhysicalResourceId"])
            for resource in resources["StackResources"]
            if resource["LogicalResourceId"].startswith(start)
            and resource["ResourceType"] == "AWS::Lambda::Function"
        )

    def _api_base(self) -> str:
        api_id = self.outputs["ApiUrl"].split("//")[1].split(".")[0]
        return f"{self.aws_endpoint}/_aws/execute-api/{api_id}/$default"

    def _look(self, path: str) -> Any:
        with urlopen(f"{self.aws_endpoint}/_ministack/{path}", timeout=30) as answer:
            return json.load(answer)

    def _announce(self) -> None:
        self._announced = True
        _STATE_FILE.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(f"{_STATE_FILE}.part")
        unfinished.write_text(
            json.dumps(
                {
                    "pid": os.getpid(),
                    "api_url": self.api_url,
                    "aws_endpoint": self.aws_endpoint,
                    "outputs": self.outputs,
                    "providers_url": self.providers_url,
                },
                indent=2,
            )
        )
        unfinished.replace(_STATE_FILE)


def _new_log() -> Path:
    """Where the emulator of this process logs; of the others, the latest are kept."""
    folder = _LOCAL / "logs"
    logs = sorted(folder.glob("emulator-*.log"), key=lambda path: path.stat().st_mtime)
    for old in logs[:-_KEPT_LOGS]:
        old.unlink(missing_ok=True)
    return folder / f"emulator-{os.getpid()}.log"
