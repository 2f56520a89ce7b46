"""Decides at the last instant, claims, sends once and records what became of a message."""
