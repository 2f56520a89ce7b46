"""Athena over a lake in memory: the same SQL on DuckDB, its results as CSV in a mocked S3."""

import csv
import io
from itertools import count

from shared.aws import session
from tests.domain.lake.conftest import Lake

BUCKET = "lake"


class LakeAthena:
    """Answers every query out of a lake of the test."""

    def __init__(self):
        self.lake = Lake()
        self.asked = []
        self.s3 = session.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)
        self._numbers = count()

    def query(self, sql, *, max_rows, patience):
        assert patience > 0
        self.asked.append(sql)
        rows = self.lake.query(sql)
        assert len(rows) <= max_rows
        return [{n: None if v is None else str(v) for n, v in row.items()} for row in rows]

    def result_of(self, sql, *, patience):
        rows = self.query(sql, max_rows=10**9, patience=patience)
        text = io.StringIO()
        names = list(rows[0]) if rows else ["profile_id"]
        writer = csv.DictWriter(text, names, quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(rows)
        key = f"results/{next(self._numbers)}.csv"
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=text.getvalue().encode())
        return f"s3://{BUCKET}/{key}"
