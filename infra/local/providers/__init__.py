"""Providers that are not there, for tests and the local stack: they keep the real ones' rules."""
