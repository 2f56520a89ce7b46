"""Measured figures: what an event costs in imports, in processor time and in dollars."""
