"""Broadcasts: a segment is asked into a journey, at a pace, by local hour, or a sample first."""
