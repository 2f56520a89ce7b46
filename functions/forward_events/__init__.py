"""Brings events to systems of the customer's: a bus, a server, a bucket."""
