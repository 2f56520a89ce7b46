"""Finds what stands still though it should have moved, and asks for it once more."""
