"""Counts who is inside a journey, and moves them to a newer version or out of it."""
