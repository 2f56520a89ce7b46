"""An AWS account of answers that a test gives, each held against botocore's model of the service.

Services without answers of their own are those that moto plays.
"""

from types import SimpleNamespace
from typing import Any

import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator

from shared.aws import session
from shared.release import release

LAYER = "arn:aws:lambda:eu-central-1:123456789012:layer:Dependencies:7"


class UnknownError(Exception):
    """What a client raises for what it does not know."""


class Played:
    """A client whose answers are given: by operation, a mapping or a function of the request."""

    def __init__(self, service: str, answers: dict[str, Any]) -> None:
        self._model = botocore.session.get_session().get_service_model(service)
        self._names = {xform_name(name): name for name in self._model.operation_names}
        self._answers = answers
        self.exceptions = SimpleNamespace(NotFoundException=UnknownError)

    def __getattr__(self, name: str) -> Any:
        model = self._model.operation_model(self._names[name])

        def call(**request: Any) -> Any:
            _must_fit(request, model.input_shape)
            answer = self._answers[name]
            answer = answer(**request) if callable(answer) else answer
            _must_fit(answer, model.output_shape)
            return answer

        return call

    def get_paginator(self, name: str) -> Any:
        return SimpleNamespace(paginate=lambda **request: [getattr(self, name)(**request)])


def _must_fit(values: Any, shape: Any) -> None:
    report = ParamValidator().validate(values, shape)
    assert not report.has_errors(), report.generate_report()
    assert set(values) <= set(shape.members), set(values) - set(shape.members)


class PlayedAccount:
    """A deployment in which all is well; tests change what they are about."""

    def __init__(self, profiles_table: str, catalog_table: str) -> None:
        self.outputs = {
            "ProfilesTable": profiles_table,
            "CatalogTable": catalog_table,
            "Release": release(),
        }
        self.stacks = {"RapportData": "CREATE_COMPLETE", "RapportEngine": "UPDATE_COMPLETE"}
        self.layers = {"RapportEngine-a": LAYER, "RapportEngine-b": LAYER}
        self.alarms: list[dict[str, str]] = []
        self.ages: dict[str, float] = {}
        self.mail: dict[str, Any] = {
            "ProductionAccessEnabled": True,
            "SendingEnabled": True,
            "EnforcementStatus": "HEALTHY",
            "SendQuota": {"Max24HourSend": 50_000, "MaxSendRate": 14, "SentLast24Hours": 100},
        }
        self.identities: dict[str, dict[str, Any]] = {}
        self.texts_sandbox = False

    def client(self, service: str) -> Any:
        answers = getattr(self, f"_{service}", None)
        return Played(service, answers()) if answers else session.client(service)

    def _cloudformation(self) -> dict[str, Any]:
        outputs = [{"OutputKey": name, "OutputValue": text} for name, text in self.outputs.items()]

        def describe(StackName: str) -> Any:  # noqa: N803
            stack = {
                "StackName": StackName,
                "CreationTime": "2026-11-22T12:00:00Z",
                "StackStatus": self.stacks[StackName],
                "Outputs": outputs,
            }
            return {"Stacks": [stack]}

        return {"describe_stacks": describe}

    def _lambda(self) -> dict[str, Any]:
        functions = [
            {
                "FunctionName": name,
                "Handler": "functions.a.handler.handle",
                "Layers": [{"Arn": layer}],
                "State": "Active",
                "LastUpdateStatus": "Successful",
            }
            for name, layer in self.layers.items()
        ]
        return {"list_functions": {"Functions": functions}}

    def _cloudwatch(self) -> dict[str, Any]:
        def ages(MetricDataQueries: Any, **_: Any) -> Any:  # noqa: N803
            results = []
            for query in MetricDataQueries:
                (queue,) = query["MetricStat"]["Metric"]["Dimensions"]
                age = self.ages.get(queue["Value"])
                results.append({"Id": query["Id"], "Values": [] if age is None else [age]})
            return {"MetricDataResults": results}

        return {"get_metric_data": ages, "describe_alarms": {"MetricAlarms": self.alarms}}

    def _sesv2(self) -> dict[str, Any]:
        def identity(EmailIdentity: str) -> Any:  # noqa: N803
            if EmailIdentity not in self.identities:
                raise UnknownError(EmailIdentity)
            return self.identities[EmailIdentity]

        return {"get_account": self.mail, "get_email_identity": identity}

    def _sns(self) -> dict[str, Any]:
        return {
            "get_sms_sandbox_account_status": {"IsInSandbox": self.texts_sandbox},
            "get_sms_attributes": {"attributes": {"MonthlySpendLimit": "1"}},
        }
