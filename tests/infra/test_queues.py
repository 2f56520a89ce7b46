"""Every queue ends in a dead-letter queue, every consumer answers for each message alone."""

import json

from tests.infra.helpers import resources, target, watched_by

FORTNIGHT_SECONDS = 14 * 24 * 3600


def dead_letter_queues(engine):
    queues = resources(engine, "SQS::Queue")
    of_queues = {
        target(queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in queues.values()
        if "RedrivePolicy" in queue["Properties"]
    }
    of_streams = {
        target(source["Properties"]["DestinationConfig"]["OnFailure"]["Destination"])
        for source in resources(engine, "Lambda::EventSourceMapping").values()
        if "DestinationConfig" in source["Properties"]
    }
    return of_queues | of_streams


def mappings(engine):
    return [
        mapping["Properties"]
        for mapping in resources(engine, "Lambda::EventSourceMapping").values()
    ]


def test_every_queue_has_one_consumer_unless_it_is_for_dead_letters(engine):
    dead = dead_letter_queues(engine)
    living = resources(engine, "SQS::Queue").keys() - dead
    consumed = [
        target(m["EventSourceArn"]) for m in mappings(engine) if "StartingPosition" not in m
    ]
    assert sorted(consumed) == sorted(living)
    assert len(dead) == len(mappings(engine))


def test_whoever_is_fed_by_a_queue_may_come_back_to_it_as_often_as_it_takes(engine):
    """A task is looked at for days, a replay takes hours: sixteen rounds are few."""
    functions = resources(engine, "Lambda::Function")
    fed = {target(m["FunctionName"]) for m in mappings(engine) if "StartingPosition" not in m}
    assert fed
    allowed = {
        name for name, one in functions.items() if one["Properties"].get("RecursiveLoop") == "Allow"
    }
    assert allowed == fed


def test_every_queue_has_a_dead_letter_queue_of_its_own(engine):
    queues, dead = resources(engine, "SQS::Queue"), dead_letter_queues(engine)
    living = {name: queue for name, queue in queues.items() if name not in dead}
    targets = [
        target(queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
        for queue in living.values()
    ]
    assert len(set(targets)) == len(living)


def test_dead_letters_are_kept_longer_than_their_queue_keeps_messages(engine):
    queues = resources(engine, "SQS::Queue")
    for name in dead_letter_queues(engine):
        assert queues[name]["Properties"]["MessageRetentionPeriod"] == FORTNIGHT_SECONDS
    for name in queues.keys() - dead_letter_queues(engine):
        assert queues[name]["Properties"]["MessageRetentionPeriod"] < FORTNIGHT_SECONDS


def test_every_queue_is_encrypted_and_refuses_plain_connections(engine):
    closed = {
        target(queue)
        for policy in resources(engine, "SQS::QueuePolicy").values()
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        if statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for queue in policy["Properties"]["Queues"]
    }
    queues = resources(engine, "SQS::Queue")
    assert closed == queues.keys()
    assert all(queue["Properties"]["SqsManagedSseEnabled"] for queue in queues.values())


def test_every_dead_letter_queue_and_every_late_queue_raises_an_alarm(engine):
    watched = {
        (queue, name)
        for alarm in resources(engine, "CloudWatch::Alarm").values()
        for namespace, name, queue in watched_by(alarm)
        if namespace == "AWS/SQS"
    }
    dead = dead_letter_queues(engine)
    assert watched == {(name, "ApproximateNumberOfMessagesVisible") for name in dead} | {
        (name, "ApproximateAgeOfOldestMessage")
        for name in resources(engine, "SQS::Queue").keys() - dead
    }


def test_every_consumer_answers_for_each_message_alone(engine):
    for mapping in mappings(engine):
        assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_a_message_stays_hidden_six_times_as_long_as_its_consumer_may_run(engine):
    functions, queues = resources(engine, "Lambda::Function"), resources(engine, "SQS::Queue")
    for mapping in mappings(engine):
        queue = queues.get(target(mapping["EventSourceArn"]))
        if queue:
            timeout = functions[target(mapping["FunctionName"])]["Properties"]["Timeout"]
            assert queue["Properties"]["VisibilityTimeout"] >= 6 * timeout


def test_the_number_of_copies_of_a_queue_consumer_is_a_context_value(synthesize):
    engine = synthesize(consumer_concurrency=3)["RapportEngine"]
    limits = [m["ScalingConfig"] for m in mappings(engine) if "ScalingConfig" in m]
    assert len(limits) == len(mappings(engine)) - len(streams(engine))
    assert all(limit == {"MaximumConcurrency": 3} for limit in limits)


def streams(engine):
    """Batch size -> the mapping of a reader of the stream."""
    return {m["BatchSize"]: m for m in mappings(engine) if "StartingPosition" in m}


def test_the_stream_brings_new_events_and_changed_profiles_in_order(engine):
    """To the lake, and to whoever judges and counts enrolments too; there is no third reader.

    AWS lets two read a shard at the same time.
    """
    assert streams(engine)[100]["ParallelizationFactor"] == 1
    assert len([m for m in mappings(engine) if "StartingPosition" in m]) == 2
    changed = ["INSERT", "MODIFY"]
    enrolments = {"eventName": changed, "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "ENR#"}]}}}}
    ends = [*changed, "REMOVE"]
    facts = ["I", {"prefix": "AGREED#"}, {"prefix": "DSP#"}]
    of_people = {"eventName": ends, "dynamodb": {"Keys": {"sk": {"S": facts}}}}
    of_addresses = {
        "eventName": ends,
        "dynamodb": {"Keys": {"pk": {"S": [{"prefix": "default#S#"}]}}},
    }
    for size, stream in streams(engine).items():
        assert stream["StartingPosition"] == "TRIM_HORIZON"
        assert stream["BisectBatchOnFunctionError"] is True
        patterns = [json.loads(one["Pattern"]) for one in stream["FilterCriteria"]["Filters"]]
        assert patterns == [
            {"eventName": ["INSERT"], "dynamodb": {"Keys": {"sk": {"S": [{"prefix": "EVT#"}]}}}},
            {"eventName": changed, "dynamodb": {"Keys": {"sk": {"S": ["PROFILE"]}}}},
            *([enrolments] if size == 100 else [of_people, of_addresses]),
        ]


def rules(engine, kind):
    return [r for r in resources(engine, "Events::Rule").values() if kind in r["Properties"]]


def test_facts_go_from_the_bus_to_the_queue_of_journeys(engine):
    (rule,) = [
        one
        for one in rules(engine, "EventPattern")
        if one["Properties"]["EventPattern"]["source"] != ["aws.ses"]
    ]
    assert rule["Properties"]["EventPattern"] == {
        "source": ["rapport"],
        "detail-type": [
            *("EventMatched", "SegmentEntered", "SegmentExited"),
            *("LifecycleChanged", "ProfileMerged"),
        ],
    }
    (destination,) = rule["Properties"]["Targets"]
    queues = resources(engine, "SQS::Queue")
    queue = queues[target(destination["Arn"])]
    assert (
        destination["DeadLetterConfig"]["Arn"]
        == (queue["Properties"]["RedrivePolicy"]["deadLetterTargetArn"])
    )
