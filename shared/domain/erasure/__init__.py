"""Erasing a person: its stages, its receipt, and what it looks for in queues."""
