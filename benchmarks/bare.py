"""The least that a handler could do: decode, and make one AWS call for each request."""

import json
import time
from typing import Any

from benchmarks.emulated_aws import CATALOG, EmulatedAws

ROUNDS = 200


def cpu_us_per_call(aws: EmulatedAws) -> dict[str, float]:
    """Microseconds of processor time for one bare call of each kind, in this very run."""
    sqs, dynamodb = aws.client("sqs"), aws.client("dynamodb")
    url = aws.client("sqs").create_queue(QueueName="bare")["QueueUrl"]
    body = json.dumps({"batch": [{"type": "track", "event": "catalog", "n": "x" * 400}]})

    def send() -> Any:  # noqa: ANN401
        json.loads(body)
        return sqs.send_message(QueueUrl=url, MessageBody=body)

    def put() -> Any:  # noqa: ANN401
        json.loads(body)
        item = {"pk": {"S": "bare"}, "sk": {"S": "bare"}, "body": {"S": body}}
        return dynamodb.put_item(TableName=CATALOG, Item=item)

    figures = {}
    for name, call in (("decode and sqs:SendMessage", send), ("decode and dynamodb:PutItem", put)):
        call()
        start = time.process_time()
        for _ in range(ROUNDS):
            call()
        figures[name] = round((time.process_time() - start) / ROUNDS * 1e6, 1)
    return figures
