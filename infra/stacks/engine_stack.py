"""What works on the data: functions, queues, the event rule, the role of journeys and the API."""

from string import punctuation
from typing import Final

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from events.model import SOURCE
from functions.manage_workspace.settings import Settings as ManageWorkspace
from infra.constructs.api import Api
from infra.constructs.bundle import Bundles
from infra.constructs.consumer import Inbox
from infra.constructs.function import WORKSPACE_ROWS, PythonFunction, Workshop
from infra.constructs.journeys import Journeys
from infra.constructs.move_machine import MoveMachine
from infra.constructs.options import Options
from infra.constructs.stage import guard
from infra.stacks import forwarding, importing, intake, journeying
from infra.stacks.backtesting import Backtesting
from infra.stacks.broadcasting import Broadcasting
from infra.stacks.building import Building
from infra.stacks.data_stack import DataStack
from infra.stacks.due import Due
from infra.stacks.listening import Listening
from infra.stacks.mending import mend_waits
from infra.stacks.recovering import Recovering
from infra.stacks.reviewing import Reviewing
from infra.stacks.rights import Rights
from infra.stacks.showing import show
from infra.stacks.site import INTERACTIVE, READ, WRITE, Site
from infra.stacks.watching import watch
from shared.aws import keys
from shared.release import release

JOURNEY_FACTS: Final = (
    *("EventMatched", "SegmentEntered", "SegmentExited"),
    *("LifecycleChanged", "ProfileMerged"),
)


class EngineStack(Stack):
    """Stateless: deleting and deploying it again loses nothing but what stands in the queues."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        options: Options,
        data: DataStack,
        bundles: Bundles,
    ) -> None:
        """Make everything that reads or writes `data`."""
        super().__init__(scope, construct_id)
        # Imported, so that nothing here writes into the policy of a key of another stack.
        key = kms.Key.from_key_arn(self, "Key", data.key.key_arn) if data.key else None
        workshop = Workshop.open(self, options, bundles, key)
        self._site = site = Site.open(self, options, data, workshop)
        self._admin_key = secrets.Secret(
            self,
            "AdminKey",
            description="The key of the admin API",
            encryption_key=key,
            generate_secret_string=secrets.SecretStringGenerator(
                password_length=40, exclude_characters=punctuation
            ),
        )

        ingest = intake.ingest_events(site)
        api = Api(self, "Api", ingest=ingest)
        api.serve_pages(intake.serve_inbox(site))
        api.serve_console(intake.serve_console(site))
        intake.merge_identity(site)
        due = Due(site)
        judge = intake.update_tags(site, due)
        intake.write_lake(site)
        forwarding.forward_events(site)
        run_step = journeying.run_step(site)
        journeys = Journeys(self, "Journeys", run_step=run_step)
        # Registering a wait can find that what it waits for, or an exit, has happened already.
        journeys.let_move(run_step)
        journeying.advance_journeys(site, journeys, due)
        journeying.wake_enrolments(site, due)
        listening = Listening(site)
        api.answer_links(listening.links)
        api.hear_providers(intake.receive_callbacks(site, listening.inbox))
        dispatch = journeying.dispatch_message(site, listening, options.public_url or api.url)
        journeying.perform_action(site)
        moves = journeying.move_enrolments(site, journeys, due)
        rights = Rights.open(site, journeys)
        imports = importing.import_records(site)
        reviewing = Reviewing(site)
        recovering = Recovering(site)
        mend_waits(site, due, journeys, run_step)
        building = Building(site, judge)
        backtesting = Backtesting(site)
        broadcasting = Broadcasting(site)
        admin = self._manage_workspace(
            *(run_step, dispatch, journeys, moves, rights, imports, reviewing, building),
            *(backtesting, broadcasting, recovering),
        )
        self._route_facts_to_journeys()
        api.serve_operators(admin, data.operators.authorizer())
        guard(self, api, options, key)
        watch(site, api, listening.configuration_set)
        show(site, api, listening.configuration_set)
        self._output(api)

    def _manage_workspace(
        self,
        run_step: PythonFunction,
        dispatch: PythonFunction,
        journeys: Journeys,
        moves: MoveMachine,
        rights: Rights,
        imports: Inbox,
        reviewing: Reviewing,
        building: Building,
        backtesting: Backtesting,
        broadcasting: Broadcasting,
        recovering: Recovering,
    ) -> PythonFunction:
        data = self._site.data
        function = self._site.function(
            "manage_workspace",
            purpose="The admin API: definitions, and people with the reasons for what happened",
            settings=ManageWorkspace,
            values={
                **self._site.tables,
                "admin_key_secret_arn": self._admin_key.secret_arn,
                "identity_secret_arn": data.identity_secret.secret_arn,
                "journey_role_arn": journeys.role.role_arn,
                "dispatch_message_arn": dispatch.function.function_arn,
                "run_step_arn": run_step.function.function_arn,
                "archive_bucket": data.archives.bucket_name,
                "imports_bucket": data.imports.bucket_name,
                "imports_queue_url": imports.queue.queue_url,
                "export_queue_url": rights.exports.queue.queue_url,
                "erasure_queue_url": rights.erasures.queue.queue_url,
                "events_queue_url": self._site.events.queue.queue_url,
                "lake_workgroup": data.lake.workgroup.name,
                "review_queue_url": reviewing.inbox.queue.queue_url,
                "audience_queue_url": building.inbox.queue.queue_url,
                "backtest_queue_url": backtesting.inbox.queue.queue_url,
                "replay_queue_url": recovering.inbox.queue.queue_url,
                "broadcast_machine_arn": broadcasting.machine.machine.state_machine_arn,
                "build_machine_arn": building.machine.machine.state_machine_arn,
                "move_machine_arn": moves.machine.state_machine_arn,
            },
            timeout=INTERACTIVE,
        )
        self._site.may_use_people(function)
        function.may(*READ, *WRITE, on=[data.catalog.table_arn])
        # A key is written in one transaction with the catalog and the trail: both in one statement,
        # so that it holds whether AWS judges the items of a transaction alone or together.
        function.may(
            *("dynamodb:PutItem", "dynamodb:UpdateItem"),
            on=[data.catalog.table_arn],
            rows=[*WORKSPACE_ROWS, keys.write_key("*").pk],
        )
        known = [self._admin_key.secret_arn, data.identity_secret.secret_arn]
        function.may("secretsmanager:GetSecretValue", on=known)
        function.may("lambda:InvokeFunction", on=[dispatch.function.function_arn])
        journeys.let_publish(function)
        moves.let_start(function)
        rights.let_ask(function)
        reviewing.let_ask(function)
        recovering.let_ask(function)
        building.let_ask(function)
        broadcasting.let_ask(function)
        backtesting.let_ask(function)
        data.archives.let_hand_out(function)
        data.lake.let_query(function)
        data.imports.let_hand_out(function)
        queues = [imports.queue.queue_arn, self._site.events.queue.queue_arn]
        function.may("sqs:SendMessage", on=queues)
        return function

    def _route_facts_to_journeys(self) -> None:
        facts = self._site.facts
        events.Rule(
            self,
            "FactsForJourneys",
            event_bus=self._site.data.bus,
            description="Facts that can enrol, wake or end somebody",
            event_pattern=events.EventPattern(source=[SOURCE], detail_type=list(JOURNEY_FACTS)),
            targets=[targets.SqsQueue(facts.queue, dead_letter_queue=facts.dead_letters)],
        )

    def _output(self, api: Api) -> None:
        CfnOutput(self, "ApiUrl", value=api.url)
        CfnOutput(self, "Release", value=release())
        CfnOutput(self, "AdminKeySecretArn", value=self._admin_key.secret_arn)
        CfnOutput(self, "AlarmTopicArn", value=self._site.workshop.alarms.topic.topic_arn)
