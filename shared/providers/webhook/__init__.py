"""Signed calls of a customer's own server."""
