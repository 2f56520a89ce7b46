"""What the checkers of infrastructure find and we leave as it is, each with the reason.

Whatever else they find fails `tests/infra/test_findings.py`, and so does a reason that nothing
needs any more. Findings of cdk-nag are acknowledged in the app itself, so that a deployment that
adds its packs, or others, is told the same.
"""

from typing import Final, NamedTuple

import aws_cdk as cdk
from constructs import IConstruct

_DATA: Final = "RapportData"
_ENGINE: Final = "RapportEngine"
_FRONT: Final = "RapportFront"


class Accepted(NamedTuple):
    """A rule of cdk-nag, with its pack before it, that does not hold below some constructs."""

    rule: str
    where: tuple[str, ...]
    reason: str


class AcceptedCheck(NamedTuple):
    """A check of checkov that does not hold; `where` are beginnings of logical ids, or all."""

    check: str
    where: tuple[str, ...]
    reason: str


_NO_DEAD_LETTERS: Final = (
    "Only what is invoked without waiting has a use for it. What comes from queues and the stream "
    "has dead letters there; a look or sweep that fails is made up for by the next one"
)
_NO_TRACES: Final = (
    "Costs as much as the work traced, and a tracer as much start-up as boto3. Logs carry the "
    "gateway's name of a request from HTTP to the provider"
)
_RUNTIME: Final = (
    "Which Python runs is chosen in cdk.json, when all wheels of the layer exist for it; AWS "
    "supports 3.13 until October 2029"
)
_OBJECTS: Final = "Objects of one folder; what they are called is not known beforehand"
_EXECUTIONS: Final = "Executions of this one machine; each has a name of its own"
_ACCESS_LOGS: Final = (
    "Objects are named after people and builds, and a log of them could not be taken out again "
    "when somebody is erased; CloudTrail's data events show the same to whoever turns them on"
)
_HISTORY: Final = (
    "Input and output of executions name people, and a log of them could not be taken out again; "
    "Step Functions keeps the history of each execution for 90 days by itself"
)

_FRONT_LOGS: Final = (
    "It would write down addresses of people and paths that open things; the API's stage logs each "
    "request without them"
)
_FRONT_TLS: Final = (
    "CloudFront's own name comes with CloudFront's own certificate, for which it sets the versions "
    "of TLS; a name of the owner's brings TLS 1.2 and later"
)

_LAKE: Final = f"{_DATA}:ExportsOutputFnGetAttLakeBucketB1D32E10Arn6706D8FF"
_ARCHIVES: Final = f"{_DATA}:ExportsOutputFnGetAttArchives51DD1BB3Arn090B7FEE"
_IMPORTS: Final = f"{_DATA}:ExportsOutputFnGetAttImportsC5EA4F6FArnBBEA0D9A"
_ARN: Final = "arn:<AWS::Partition>:{}:<AWS::Region>:<AWS::AccountId>:{}"


def _any(resource: str, reason: str, *where: str) -> Accepted:
    """A permission on resources whose names end, or are, a wildcard."""
    rule = f"AwsSolutions::AwsSolutions-IAM5[Resource::{resource}]"
    return Accepted(rule, where or (_ENGINE,), reason)


def _states(resource: str, reason: str) -> Accepted:
    return _any(_ARN.format("states", resource), reason)


NAG: Final = (
    Accepted(
        "AwsSolutions::AwsSolutions-S1",
        (f"{_DATA}/Lake/Bucket", f"{_DATA}/Imports", f"{_DATA}/Archives"),
        _ACCESS_LOGS,
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-SMG4",
        (f"{_DATA}/IdentitySecret",),
        "Tombstones of the erased and user hashes are made with it; another one knows nobody",
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-SMG4",
        (f"{_ENGINE}/AdminKey",),
        "It is in the hands of people and scripts, who would be locked out at a time that nobody "
        "chose. Whoever puts a new value into the secret has rotated it within five minutes",
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-COG2",
        (f"{_DATA}/Operators",),
        "A second factor is offered to every operator and asked of none, so that the first one "
        "can sign in; the owner turns it on for all in the console",
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-COG8",
        (f"{_DATA}/Operators",),
        "The plan costs per user and month; operators are few, signed up by hand, and locked out "
        "after failed attempts on every plan",
    ),
    Accepted("AwsSolutions::AwsSolutions-L1", (_ENGINE,), _RUNTIME),
    Accepted("Serverless::Serverless-LambdaLatestVersion", (_ENGINE,), _RUNTIME),
    Accepted("Serverless::Serverless-LambdaTracing", (_ENGINE,), _NO_TRACES),
    Accepted("Serverless::Serverless-LambdaDLQ", (_ENGINE,), _NO_DEAD_LETTERS),
    Accepted(
        "Serverless::Serverless-LambdaAsyncFailureDestination",
        tuple(f"{_ENGINE}/{each}" for each in ("SweepDue", "MendWaits")),
        _NO_DEAD_LETTERS,
    ),
    Accepted(
        "Serverless::Serverless-LambdaEventSourceMappingDestination",
        (_ENGINE,),
        "Queues have a dead-letter queue themselves; readers of the stream have the destination",
    ),
    Accepted(
        "Serverless::Serverless-EventBusDLQ",
        tuple(
            f"{_ENGINE}/{rule}"
            for rule in (
                *("EveryMinute", "WakesEveryMinute", "MessagesEveryMinute"),
                *("SchedulesEveryMinute", "MendEveryHour"),
            )
        ),
        "What one go could not start the next one does; later it would only be in its way",
    ),
    Accepted(
        "Serverless::Serverless-EventBusDLQ",
        (f"{_ENGINE}/EveryWeek",),
        "EventBridge tries for a day; the function's alarm tells when it fails, and `rapport tag "
        "recompute` does the same by hand",
    ),
    Accepted(
        "Serverless::Serverless-SQSRedrivePolicy",
        (_ENGINE,),
        "These are the dead-letter queues; tests/infra/test_queues.py holds that the others end "
        "in one",
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-SQS3",
        (f"{_ENGINE}/ProfileChanges", f"{_ENGINE}/LakeRows"),
        "They are dead-letter queues, of readers of the stream",
    ),
    Accepted("AwsSolutions::AwsSolutions-SF1", (_ENGINE,), _HISTORY),
    Accepted("AwsSolutions::AwsSolutions-SF2", (_ENGINE,), _NO_TRACES),
    Accepted("Serverless::Serverless-StepFunctionStateMachineXray", (_ENGINE,), _NO_TRACES),
    Accepted(
        "AwsSolutions::AwsSolutions-APIG4",
        (f"{_ENGINE}/Api/Http/DefaultRoute",),
        "Clients show a write key, which ingest_events checks and limits: SDKs send it in places "
        "that no authorizer of an HTTP API reads",
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-APIG4",
        (f"{_ENGINE}/Api/Http/ANY--v1--admin--{{proxy+}}",),
        "Whoever shows no token shows the admin key, which manage_workspace compares in constant "
        "time; tokens come by routes of their own",
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-APIG4",
        (f"{_ENGINE}/Api/Http/ANY--v1--inbox",),
        "A user hash proves whose inbox it is, which serve_inbox checks",
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-APIG4",
        (f"{_ENGINE}/Api/Http/ANY--v1--callbacks--{{proxy+}}",),
        "Providers sign what they say, each in its own way, which receive_callbacks checks",
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-APIG4",
        tuple(f"{_ENGINE}/Api/Http/ANY--{path}--{{proxy+}}" for path in "fopru"),
        "Whoever holds a message may open its links; each is signed, which answer_links checks",
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-APIG4",
        tuple(
            f"{_ENGINE}/Api/Http/ANY--{path}"
            for path in ("widget.js", "console", "console--{proxy+}")
        ),
        "The same files for everybody, with no data in them",
    ),
    *(
        _any(f"<LakeBucketB1D32E10.Arn>/{folder}/*", _OBJECTS, f"{_DATA}/Lake/DeliveryRole")
        for folder in ("events", "identities", "refused")
    ),
    *(
        _any(f"{_LAKE}/{folder}/*", _OBJECTS)
        for folder in ("results", "events", "identities", "builds", "broadcasts")
    ),
    _any(f"{_ARCHIVES}/*", _OBJECTS),
    *(_any(f"{_IMPORTS}/{folder}", _OBJECTS) for folder in ("*", "uploads/*", "rejected/*")),
    _any(
        _ARN.format("glue", "table/rapport/*"),
        "Tables and views of this one database; Athena asks for those that a query names",
    ),
    _states(
        "stateMachine:rapport-*",
        "Machines of journeys, made and named when a journey is published",
    ),
    _states("execution:rapport-*:*", "Runs of people through journeys, named by the enrolment"),
    *(
        _states(f"execution:{machine}{part}", _EXECUTIONS)
        for machine in ("move-rapport", "build-rapport", "broadcast-rapport")
        for part in ("/*", ":*")
    ),
    _states("mapRun:build-rapport/*", _EXECUTIONS),
    _any(
        _ARN.format("secretsmanager", "secret:rapport/providers/*"),
        "Secrets of providers, which the owner makes under this name; Secrets Manager adds six "
        "characters to each",
    ),
    _any(
        "arn:<AWS::Partition>:events:*:*:event-bus/*",
        "Destinations of the customer's, in any account and region, each of which has to let this "
        "one in; the deployment's own bus is denied beside it",
        f"{_ENGINE}/ForwardEvents",
    ),
    _any(
        "arn:<AWS::Partition>:s3:::rapport-out-*/*",
        "Destinations of the customer's, under a name that no other bucket has",
        f"{_ENGINE}/ForwardEvents",
    ),
    _any(
        _ARN.format("ses", "identity/*"),
        "Senders are chosen in the settings; the configuration set says for which deployment",
        f"{_ENGINE}/DispatchMessage",
    ),
    _any(
        _ARN.format("sms-voice", "*"),
        "Numbers, sender ids and pools of the account, one of which is chosen in the settings",
        f"{_ENGINE}/DispatchMessage",
    ),
    _any(
        "*",
        "A telephone number is no resource; topics of the stack are denied beside it",
        f"{_ENGINE}/DispatchMessage",
    ),
    _any(
        "*",
        "The list of streams, which Lambda insists on before it reads one",
        *(f"{_ENGINE}/{reader}" for reader in ("UpdateTags", "WriteLake")),
    ),
    _any(
        "*",
        "Step Functions knows no resource for a task token",
        *(
            f"{_ENGINE}/{mover}"
            for mover in ("RunStep", "AdvanceJourneys", "MoveEnrolments", "MendWaits")
        ),
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-CFR1",
        (f"{_FRONT}/Distribution",),
        "Visitors come from everywhere; whom to turn away is the owner's to say",
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-CFR3",
        (f"{_FRONT}/Distribution",),
        _FRONT_LOGS,
    ),
    Accepted(
        "AwsSolutions::AwsSolutions-CFR4",
        (f"{_FRONT}/Distribution",),
        _FRONT_TLS,
    ),
)

_OWN_KEY: Final = "With `own_key: true`; else a key that AWS keeps, free of charge"

CHECKOV: Final = (
    AcceptedCheck("CKV_AWS_86", ("Distribution",), _FRONT_LOGS),
    AcceptedCheck("CKV_AWS_174", ("Distribution",), _FRONT_TLS),
    AcceptedCheck(
        "CKV_AWS_33",
        ("Key",),
        "Whom the key serves is whoever of this account may read the data, through the service "
        "that holds it; keys that AWS keeps say the same",
    ),
    AcceptedCheck("CKV_AWS_18", (), _ACCESS_LOGS),
    AcceptedCheck(
        "CKV_AWS_21",
        (),
        "An older version of an object would outlive an erasure; tables can be restored to any "
        "second, and the lake is made again from them",
    ),
    AcceptedCheck("CKV_AWS_26", (), _OWN_KEY),
    AcceptedCheck("CKV_AWS_27", (), f"{_OWN_KEY}: checkov knows none but KMS's"),
    AcceptedCheck("CKV_AWS_119", (), _OWN_KEY),
    AcceptedCheck("CKV_AWS_149", (), _OWN_KEY),
    AcceptedCheck("CKV_AWS_158", (), _OWN_KEY),
    AcceptedCheck("CKV_AWS_173", (), f"{_OWN_KEY}; no variable is a secret"),
    AcceptedCheck(
        "CKV_AWS_111",
        ("DispatchMessageRole",),
        "A telephone number is no resource; topics of the stack are denied beside it",
    ),
    AcceptedCheck(
        "CKV_AWS_115",
        (),
        "Who works on queues has a limit there; what is reserved for one function is taken from "
        "all others. The API has the limit of its stage",
    ),
    AcceptedCheck("CKV_AWS_116", (), _NO_DEAD_LETTERS),
    AcceptedCheck(
        "CKV_AWS_117",
        (),
        "No function reaches anything in a network of the owner's; inside one it would need a NAT "
        "gateway, which costs more a month than all of this at rest",
    ),
)

# A line that CDK writes: a function depends on its role, which its reference says already.
CFN_LINT: Final = {"W3005": "CDK writes down dependencies that references say already"}


def acknowledge(app: cdk.App) -> None:
    """Tell the validations of CDK what is meant to be as it is, wherever it is there."""
    for accepted in NAG:
        rule = cdk.Acknowledgment(id=accepted.rule, reason=accepted.reason)
        for construct in filter(None, (_find(app, path) for path in accepted.where)):
            cdk.Validations.of(construct).acknowledge(rule)


def _find(app: cdk.App, path: str) -> IConstruct | None:
    construct: IConstruct | None = app
    for name in path.split("/"):
        construct = construct and construct.node.try_find_child(name)
    return construct
