"""The HTTP API: one address for clients that send events, for operators, and for links."""

from collections.abc import Iterable
from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as gateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from constructs import Construct

from infra.constructs.function import PythonFunction
from shared.domain.messages.dress import PATHS

ADMIN_ROUTE: Final = "/v1/admin/{proxy+}"
OPERATOR_ROUTE: Final = "/v1/operator/{proxy+}"
CONSOLE_ROUTES: Final = ("/console", "/console/{proxy+}")
PAGE_ROUTES: Final = ("/v1/inbox", "/widget.js")
CALLBACK_ROUTES: Final = ("/v1/callbacks/{proxy+}",)
LINK_ROUTES: Final = tuple(f"/{path}/{{proxy+}}" for path in sorted(PATHS.values()))


class Api(Construct):
    """Everything goes to the ingest function, `/v1/admin/` and the links of messages do not.

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
                expose_headers=["retry-after", "etag"],
                max_age=Duration.days(1),
            ),
            default_integration=_to(ingest, "Ingest"),
        )

    def serve_operators(
        self, function: PythonFunction, authorizer: authorizers.HttpJwtAuthorizer
    ) -> None:
        """Hand the admin API to its function: with the admin key, or with a token that is checked.

        An authorizer refuses whatever has no token, so each of the two has a route of its own. The
        preflight of a browser has none, and is answered by the gateway.
        """
        self._route([ADMIN_ROUTE], function, "Admin")
        self.api.add_routes(
            path=OPERATOR_ROUTE,
            methods=[
                gateway.HttpMethod.GET,
                gateway.HttpMethod.PUT,
                gateway.HttpMethod.POST,
                gateway.HttpMethod.DELETE,
            ],
            integration=_to(function, "Operator"),
            authorizer=authorizer,
        )

    def answer_links(self, function: PythonFunction) -> None:
        """Hand the links of messages to their function."""
        self._route(LINK_ROUTES, function, "Links")

    def hear_providers(self, function: PythonFunction) -> None:
        """Hand the callbacks of providers to their function."""
        self._route(CALLBACK_ROUTES, function, "Callbacks")

    def serve_pages(self, function: PythonFunction) -> None:
        """Hand what pages and apps fetch to its function."""
        self._route(PAGE_ROUTES, function, "Pages")

    def serve_console(self, function: PythonFunction) -> None:
        """Hand the console's page to its function."""
        self._route(CONSOLE_ROUTES, function, "Console")

    def _route(self, paths: Iterable[str], function: PythonFunction, construct_id: str) -> None:
        integration = _to(function, construct_id)
        for path in paths:
            self.api.add_routes(
                path=path, methods=[gateway.HttpMethod.ANY], integration=integration
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
