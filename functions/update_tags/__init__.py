"""Reads the stream of profiles: folds counters, lifecycle and segment memberships, and publishes what flipped."""
