"""Archives are closed and short-lived, and an erasure waits for whatever may still be running."""

from infra.app import DATA_STACK
from shared.aws.lake_eraser import LAG_SECONDS
from tests.infra.helpers import resources, target


def archives(data):
    return next(
        (name, made["Properties"])
        for name, made in resources(data, "S3::Bucket").items()
        if name.startswith("Archives")
    )


def test_archives_are_encrypted_never_public_and_gone_after_a_week(templates):
    name, bucket = archives(templates[DATA_STACK])
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert "VersioningConfiguration" not in bucket
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert {"ExpirationInDays": 7, "Status": "Enabled"} in rules
    policies = resources(templates[DATA_STACK], "S3::BucketPolicy").values()
    (closed,) = [p for p in policies if target(p["Properties"]["Bucket"]) == name]
    (statement,) = closed["Properties"]["PolicyDocument"]["Statement"]
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_archives_outlive_their_stack_like_the_tables(synthesize, data):
    thrown_away = synthesize(retain="false")[DATA_STACK]
    for template, policy in ((data, "Retain"), (thrown_away, "Delete")):
        buckets = resources(template, "S3::Bucket").values()
        assert {bucket["DeletionPolicy"] for bucket in buckets} == {policy}


def test_an_erasure_waits_longer_on_aws_than_any_work_may_take(engine):
    functions = resources(engine, "Lambda::Function").values()
    environments = [
        made["Properties"]["Environment"]["Variables"]
        for made in functions
        if "Environment" in made["Properties"]  # the console needs none
    ]
    (erase,) = [each for each in environments if "SETTLE_SECONDS" in each]
    settle = int(erase["SETTLE_SECONDS"])
    own = {"export_person", "erase_person", "import_records"}
    longest = max(
        made["Properties"]["Timeout"]
        for made in functions
        if not any(name in made["Properties"]["Handler"] for name in own)
    )
    # Five tries of a message of the queue of events, and the way of a row into the lake.
    assert settle > longest
    assert settle >= 5 * 180
    assert settle >= LAG_SECONDS


def test_the_secret_of_identities_is_kept_when_its_stack_goes(templates):
    (secret,) = resources(templates[DATA_STACK], "SecretsManager::Secret").values()
    assert secret["DeletionPolicy"] == "Retain"
    assert not resources(templates[DATA_STACK], "SecretsManager::RotationSchedule")
