"""Serves the console: the page on which operators draw journeys."""
