"""Lifecycle stages: where a person stands between the first visit and being lost."""
