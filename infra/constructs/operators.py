"""The operators: a user pool with one group for each role, and what checks their tokens.

Nobody signs up: an admin of the account creates users and puts them into groups. Which region has
user pools is AWS's to say; where there is none, the admin key is the only way in.
"""

from typing import Final

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_cognito as cognito
from constructs import Construct

from infra.constructs.options import Options
from shared.domain.access.operators import group_of
from shared.domain.access.roles import GRANTED
from shared.domain.workspace.model import DEFAULT_WORKSPACE

# Somebody who lost a role keeps it until the token that carries it ends: the gateway asks nobody.
ACCESS_TOKEN: Final = Duration.minutes(15)
REFRESH_TOKEN: Final = Duration.hours(12)
SHORTEST_PASSWORD: Final = 14


class Operators(Construct):
    """User pool, groups and the client that signs in; kept when the stack is deleted."""

    def __init__(self, scope: Construct, construct_id: str, *, options: Options) -> None:
        """Users, like tables, outlive every deployment."""
        super().__init__(scope, construct_id)
        removal = RemovalPolicy.RETAIN if options.retain else RemovalPolicy.DESTROY
        self.pool = cognito.UserPool(
            self,
            "Pool",
            self_sign_up_enabled=False,
            sign_in_aliases=cognito.SignInAliases(username=True, email=True),
            auto_verify=cognito.AutoVerifiedAttrs(email=True),
            account_recovery=cognito.AccountRecovery.EMAIL_ONLY,
            mfa=cognito.Mfa.OPTIONAL,
            mfa_second_factor=cognito.MfaSecondFactor(otp=True, sms=False),
            password_policy=cognito.PasswordPolicy(
                min_length=SHORTEST_PASSWORD,
                require_digits=True,
                require_lowercase=True,
                require_symbols=True,
                require_uppercase=True,
                temp_password_validity=Duration.days(3),
            ),
            deletion_protection=options.retain,
            removal_policy=removal,
        )
        # Whoever holds the account's own rights may ask for a token by password, as a script does;
        # from outside it takes the proof that never sends one.
        self.client = self.pool.add_client(
            "Client",
            auth_flows=cognito.AuthFlow(user_srp=True, admin_user_password=True),
            disable_o_auth=True,
            prevent_user_existence_errors=True,
            enable_token_revocation=True,
            access_token_validity=ACCESS_TOKEN,
            id_token_validity=ACCESS_TOKEN,
            refresh_token_validity=REFRESH_TOKEN,
        )
        for role in GRANTED:
            cognito.CfnUserPoolGroup(
                self,
                role.title(),
                user_pool_id=self.pool.user_pool_id,
                group_name=group_of(DEFAULT_WORKSPACE, role),
                description=f"{role} of the workspace {DEFAULT_WORKSPACE}",
            )

    def authorizer(self) -> authorizers.HttpJwtAuthorizer:
        """What lets tokens of this pool, made for this client, pass the gateway."""
        return authorizers.HttpJwtAuthorizer(
            "Operators",
            f"https://{self.pool.user_pool_provider_name}",
            jwt_audience=[self.client.user_pool_client_id],
        )
