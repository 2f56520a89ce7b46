"""Writes everything about a person into one archive."""
