"""Replay: a run of the past through the interpreter again, from the facts that its trace holds."""
