"""Reads the stream of profiles: folds counters and memberships, publishes what flipped."""
