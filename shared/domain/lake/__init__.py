"""The event history in S3: what its rows hold, and the SQL that reads it."""
