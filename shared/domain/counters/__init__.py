"""Counters: running facts that are folded from the stream of a person's events, exactly once."""
