"""The `rapport` command: a thin client of the admin API."""
