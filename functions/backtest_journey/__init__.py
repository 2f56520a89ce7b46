"""Replays the events of a past period through a journey, and reports what came of it."""
