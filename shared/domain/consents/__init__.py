"""Consents: what was decided, what of it is in force, and which words take a consent back."""
