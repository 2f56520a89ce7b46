"""What providers say finds its way into the queue of feedback, and nobody else's words do."""

from tests.infra.helpers import listed, resources, statements, target


def feedback_queue(engine):
    (name,) = [name for name in resources(engine, "SQS::Queue") if name.startswith("FeedbackQueue")]
    return name


def test_ses_tells_the_default_bus_of_everything_but_what_our_links_know_better(engine):
    (made,) = resources(engine, "SES::ConfigurationSetEventDestination").values()
    destination = made["Properties"]["EventDestination"]
    assert destination["Enabled"] is True
    assert sorted(destination["MatchingEventTypes"]) == [
        *("bounce", "complaint", "delivery", "deliveryDelay"),
        *("reject", "renderingFailure"),
    ]
    assert "event-bus/default" in str(destination["EventBridgeDestination"]["EventBusArn"])


def test_only_the_mail_of_this_deployment_is_heard(engine):
    (rule,) = [
        one["Properties"]
        for one in resources(engine, "Events::Rule").values()
        if one["Properties"].get("EventPattern", {}).get("source") == ["aws.ses"]
    ]
    (named,) = rule["EventPattern"]["detail"]["mail"]["tags"]["ses:configuration-set"]
    assert target(named) in resources(engine, "SES::ConfigurationSet")
    assert rule["EventBusName"] == "default"
    (to,) = rule["Targets"]
    assert target(to["Arn"]) == feedback_queue(engine)
    assert "DeadLetterConfig" in to


def test_the_topic_leads_to_the_same_queue_with_its_signatures(engine):
    (subscription,) = resources(engine, "SNS::Subscription").values()
    properties = subscription["Properties"]
    assert target(properties["Endpoint"]) == feedback_queue(engine)
    assert not properties.get("RawMessageDelivery")
    assert "RedrivePolicy" in properties


def test_who_may_speak_on_the_topic_speaks_for_this_account(engine):
    for policy in resources(engine, "SNS::TopicPolicy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                condition = statement["Condition"]["StringEquals"]["aws:SourceAccount"]
                assert condition == {"Ref": "AWS::AccountId"}


def test_emails_go_out_by_the_configuration_set_and_by_no_other(engine):
    (allowed,) = [
        listed(statement["Resource"])
        for _, statement in statements(engine)
        if "ses:SendEmail" in listed(statement["Action"])
    ]
    (name,) = resources(engine, "SES::ConfigurationSet")
    assert [":identity/*" in str(arn) or name in str(arn) for arn in allowed] == [True, True]


def test_a_journey_that_is_paused_by_itself_raises_an_alarm(engine):
    names = {
        alarm["Properties"].get("MetricName")
        for alarm in resources(engine, "CloudWatch::Alarm").values()
    }
    assert "JourneysPaused" in names
