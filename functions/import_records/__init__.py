"""Reads a file of a customer and applies its rows as events, a stretch at a time."""
