"""The HTTP API: one address for clients that send events and for operators."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_apigatewayv2_integrations as integrations
from constructs import Construct

from infra.constructs.function import PythonFunction

ADMIN_ROUTE: Final = "/v1/admin/{proxy+}"


class Api(Construct):
    """Everything goes to the ingest function, `/v1/admin/` to the admin function.

    The rest is a default route and not a list, because clients disagree about trailing slashes and
    the gateway takes `/batch` and `/batch/` for two paths; the function knows its paths itself.
    A more specific route wins over the default one.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        ingest: PythonFunction,
        admin: PythonFunction,
    ) -> None:
        """Browsers may call it from any page: a write key is public and only allows writing."""
        super().__init__(scope, construct_id)
        self.api = gateway.HttpApi(
            self,
            "Http",
            api_name="rapport",
            cors_preflight=gateway.CorsPreflightOptions(
                allow_origins=["*"],
                allow_methods=[gateway.CorsHttpMethod.ANY],
                # Browsers do not count `authorization` as covered by `*`.
                allow_headers=["authorization", "content-type", "*"],
                expose_headers=["retry-after"],
                max_age=Duration.days(1),
            ),
            default_integration=_to(ingest, "Ingest"),
        )
        self.api.add_routes(
            path=ADMIN_ROUTE, methods=[gateway.HttpMethod.ANY], integration=_to(admin, "Admin")
        )

    @property
    def url(self) -> str:
        """The address without a slash at its end, as SDKs want it."""
        return self.api.api_endpoint


def _to(function: PythonFunction, construct_id: str) -> integrations.HttpLambdaIntegration:
    return integrations.HttpLambdaIntegration(
        construct_id,
        function.function,
        payload_format_version=gateway.PayloadFormatVersion.VERSION_2_0,
    )
