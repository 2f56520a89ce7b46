"""Writes down who is in an audience: as a file, or on a list."""
