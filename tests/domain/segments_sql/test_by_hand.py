"""Ten ordinary segments have the people whom SQL written by hand finds; `make bench` times both."""

from benchmarks import segments_sql


def test_generated_sql_finds_whom_sql_by_hand_finds():
    figures = segments_sql.measure(events=20_000, people=600, runs=1, clickhouse=False)
    assert all(0 < row["members"] < 600 for row in figures["segments"])
