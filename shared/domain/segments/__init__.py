"""Segments: saved conditions, and who matches them."""
